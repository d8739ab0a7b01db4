// Answers DNS by UDP and TCP from what it is given, and passes other names to upstreams. Without
// upstreams those are NXDOMAIN at once: a program that looks up its own name at start must not wait
// for a timeout.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dns/names.h"
#include "io/loop.h"
#include "io/network.h"

namespace meshka::dns {

struct ServerConfig {
  std::vector<io::Endpoint> listen;     // each by UDP and TCP
  std::vector<io::Endpoint> upstreams;  // asked in this order
};

struct ServerCounters {
  uint64_t queries = 0, malformed = 0, forwarded = 0, refused_by_limit = 0, upstream_failures = 0;
};

class Server final {
 public:
  // `names` outlives the server and may change at any time between turns.
  Server(io::World world, const Names& names, ServerConfig config);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Errors: as Network::listen and bindDatagram.
  Result<void> start();
  const ServerCounters& counters() const;
  // Where the first listen address really is (port 0 in tests).
  io::Endpoint local() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshka::dns
