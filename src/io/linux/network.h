// Sockets: TCP over IPv4 and IPv6, Unix stream sockets, UDP. Endpoints are numeric: nothing here
// resolves names.
#pragma once

#include <memory>
#include <string>

#include "io/linux/fd.h"
#include "io/linux/loop.h"
#include "io/network.h"

namespace meshka::io {

class LinuxNetwork final : public Network {
 public:
  explicit LinuxNetwork(LinuxLoop& loop) : loop_(loop) {}

  // The same, but its sockets are born in another network namespace (and stay there): `netns` is a
  // descriptor of /proc/PID/ns/net, of which a duplicate is kept. Unix sockets go by path and are
  // not affected by it. Errors: kForbidden.
  Result<std::unique_ptr<LinuxNetwork>> inNamespace(int netns) const;

  // The same, but its connections leave from this local address ("127.0.0.6"), of the family of
  // what they go to.
  std::unique_ptr<LinuxNetwork> fromAddress(std::string source) const;

  Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to, Instant deadline) override;
  // A Unix socket's file is made with mode 0600; what a dead process left in its place is replaced.
  Result<std::unique_ptr<Listener>> listen(const Endpoint& at, AcceptHandler& handler) override;
  Result<std::unique_ptr<DatagramSocket>> bindDatagram(const Endpoint& at) override;

  // Takes over a connected or listening socket that somebody else made (passed by descriptor).
  Result<std::unique_ptr<Stream>> adoptStream(Fd socket);
  Result<std::unique_ptr<Listener>> adoptListener(Fd socket, AcceptHandler& handler);

 private:
  Result<Fd> makeSocket(int family, int type) const;
  LinuxLoop& loop_;
  std::string source_;
  Fd netns_;
  Fd own_netns_;
};

}  // namespace meshka::io
