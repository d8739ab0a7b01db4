// Requests and limits: quality of service, and what the kernel is told.
#pragma once

#include <string>
#include <string_view>

#include "doc/doc.h"
#include "node/config.h"
#include "node/cri/cri.h"

namespace meshka::node {

// "Guaranteed", "Burstable" or "BestEffort", as the API server computes it.
std::string_view qosClass(doc::Value pod);

// CPU in thousandths, memory in bytes; a request that is missing equals the limit; 0: none.
struct Amounts {
  int64_t cpu_request_m = 0, cpu_limit_m = 0, memory_request = 0, memory_limit = 0;
};
Amounts amountsOf(doc::Value container);

cri::Resources containerResources(const NodeConfig& config, doc::Value pod, doc::Value container);

}  // namespace meshka::node
