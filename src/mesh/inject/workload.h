// The workload that a pod under creation belongs to, as far as its own metadata tells.
#pragma once

#include <string>
#include <string_view>

#include "doc/doc.h"

namespace meshka::mesh {

struct WorkloadRef {
  std::string api_version;
  std::string kind;
  std::string name;
};
WorkloadRef workloadOf(doc::Value pod);
// "kubernetes://apis/apps/v1/namespaces/NS/deployments/NAME"
std::string ownerUri(const WorkloadRef& workload, std::string_view ns);

}  // namespace meshka::mesh
