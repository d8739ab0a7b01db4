// Names to addresses. What a client needs of DNS; who has a DNS client or a service table
// implements it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "io/loop.h"
#include "io/task.h"

namespace meshka::net {

class Resolver {
 public:
  virtual ~Resolver() = default;
  // Numeric addresses in the order to try; at least one. Errors: kNotFound, kTimeout, kUnavailable.
  virtual io::Task<Result<std::vector<std::string>>> resolve(std::string name,
                                                             Instant deadline) = 0;
};

// As the machine's files say: /etc/hosts first, then the name servers and search list of /etc/resolv.conf, A before AAAA.
// The static program has no getaddrinfo. The files are read at each call: connects to names are rare.
std::shared_ptr<Resolver> newSystemResolver(io::World world, std::string hosts_path = "/etc/hosts",
                                            std::string resolv_path = "/etc/resolv.conf");

}  // namespace meshka::net
