// What a DNS server answers from: the names of a cluster (zone.h), or of a mesh (mesh/agent).
#pragma once

#include <optional>

#include "dns/message.h"

namespace meshka::dns {

class Names {
 public:
  virtual ~Names() = default;
  // nullopt: the name is none of ours; ask an upstream.
  virtual std::optional<Answer> resolve(const Question& question) const = 0;
};

}  // namespace meshka::dns
