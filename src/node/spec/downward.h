// The downward API: values of a pod's own fields, for environment variables and volumes.
#pragma once

#include <string>
#include <string_view>

#include "doc/doc.h"
#include "node/config.h"

namespace meshka::node {

// What the status does not say yet while the first container is prepared.
struct PodAddresses {
  std::string pod_ip;
};

// metadata.name, .namespace, .uid, .labels, .annotations (all as key="value" lines), .labels['k'],
// .annotations['k'], spec.nodeName, spec.serviceAccountName, status.hostIP(s), status.podIP(s).
// Errors: kInvalid.
Result<std::string> fieldValue(const NodeConfig& config, doc::Value pod,
                               const PodAddresses& addresses, std::string_view path);

// limits.cpu, requests.memory ... over the divisor, rounded up. A missing limit is the node's
// allocatable. `container` is used when the reference names none. Errors: kInvalid.
Result<std::string> resourceValue(const NodeConfig& config, doc::Value pod, doc::Value container,
                                  doc::Value reference);

}  // namespace meshka::node
