// Names to addresses. What a client needs of DNS; who has a DNS client or a service table
// implements it.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "io/task.h"

namespace meshka::net {

class Resolver {
 public:
  virtual ~Resolver() = default;
  // Numeric addresses in the order to try; at least one. Errors: kNotFound, kTimeout, kUnavailable.
  virtual io::Task<Result<std::vector<std::string>>> resolve(std::string name,
                                                             Instant deadline) = 0;
};

}  // namespace meshka::net
