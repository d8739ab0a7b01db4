// A network in memory. A Fabric joins hosts; each host's SimNetwork is what the components there
// are given. Latency, refusals, cuts, partitions, split reads and short writes come from the seed,
// so a failing run can be repeated.
//
// 127.x.y.z, ::1 and Unix sockets belong to one host; any other address is looked up among all
// hosts.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/rng.h"
#include "io/loop.h"
#include "io/network.h"

namespace meshka::sim {

class SimNetwork;

struct LinkFaults {
  Duration min_latency;  // of each write, connection or datagram; order within a connection is kept
  Duration max_latency;
  double refuse = 0;  // of connections
  double lose_datagrams = 0;
  double cut_on_write = 0;  // a write breaks its connection instead
  bool split = false;       // reads and writes take a random part; writes sometimes would block
};

class Fabric final {
 public:
  Fabric(io::Loop& loop, Rng& rng);
  ~Fabric();
  Fabric(const Fabric&) = delete;
  Fabric& operator=(const Fabric&) = delete;

  // Made at the first call.
  SimNetwork& host(const std::string& address);

  LinkFaults faults;  // of all links; may be changed at any time
  // Nothing passes between the two until heal(); what is under way arrives afterwards.
  void partition(const std::string& a, const std::string& b);
  void heal();
  // Breaks all connections between the two hosts (or of one host with itself).
  void cut(const std::string& a, const std::string& b);

 private:
  friend class SimNetwork;
  friend struct Pipe;
  friend struct Flight;
  friend class SimStream;
  friend class SimListener;
  friend class SimDatagramSocket;
  bool separated(const std::string& a, const std::string& b) const;
  Duration latency();
  bool chance(double p) { return p > 0 && rng_.unit() < p; }
  // The host that owns `address` as seen from `from`; nullptr: nobody.
  SimNetwork* route(SimNetwork& from, const io::Endpoint& to);

  io::Loop& loop_;
  Rng& rng_;
  std::map<std::string, std::unique_ptr<SimNetwork>> hosts_;
  std::set<std::pair<std::string, std::string>> partitions_;
  std::list<std::unique_ptr<struct Flight>> flights_;
  std::list<struct Pipe*> pipes_;
};

class SimNetwork final : public io::Network {
 public:
  SimNetwork(Fabric& fabric, std::string address);
  ~SimNetwork() override;
  const std::string& address() const { return address_; }

  io::Task<Result<std::unique_ptr<io::Stream>>> connect(io::Endpoint to, Instant deadline) override;
  Result<std::unique_ptr<io::Listener>> listen(const io::Endpoint& at,
                                               io::AcceptHandler& handler) override;
  Result<std::unique_ptr<io::DatagramSocket>> bindDatagram(const io::Endpoint& at) override;

 private:
  friend class Fabric;
  friend class SimListener;
  friend class SimDatagramSocket;
  friend struct Flight;
  template <class T>
  static T* find(const std::map<std::string, T*>& bound, const io::Endpoint& to);
  uint16_t freePort() { return next_port_++; }

  Fabric& fabric_;
  std::string address_;
  uint16_t next_port_ = 40'000;
  std::map<std::string, class SimListener*> listeners_;
  std::map<std::string, class SimDatagramSocket*> datagrams_;
};

}  // namespace meshka::sim
