// The relay's door: looks at the first byte of each connection. A TLS hello goes to the TLS server,
// an HTTP/2 preface to the plain one where plain text is allowed; else it is refused, and the log
// names the peer.
#pragma once

#include <list>
#include <memory>

#include "base/log.h"
#include "io/loop.h"
#include "io/network.h"
#include "net/server.h"

namespace meshka::mgmt {

// A stream whose first bytes were read already. They are read again from here.
std::unique_ptr<io::Stream> withEarlyBytes(std::unique_ptr<io::Stream> stream, std::string early);

class RelayListener final : private io::AcceptHandler {
 public:
  // `tls` may be null (no certificates: plain text only), `plain` may be null (secure).
  RelayListener(io::World world, net::HttpServer* tls, net::HttpServer* plain);
  ~RelayListener() override;

  Result<io::Endpoint> listen(const io::Endpoint& at);
  uint64_t refused() const { return refused_; }

 private:
  class Sniffer;
  void onAccept(std::unique_ptr<io::Stream> stream) override;
  void decide(Sniffer& sniffer);

  io::World world_;
  net::HttpServer* const tls_;
  net::HttpServer* const plain_;
  std::unique_ptr<io::Listener> listener_;
  std::list<std::unique_ptr<Sniffer>> sniffers_;
  std::list<std::unique_ptr<Sniffer>> done_;
  io::Timer reaper_;
  uint64_t refused_ = 0;
};

}  // namespace meshka::mgmt
