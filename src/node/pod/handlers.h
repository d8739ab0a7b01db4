// The actions that probes and lifecycle hooks share: exec, httpGet, tcpSocket, sleep.
#pragma once

#include <string>

#include "node/pod/context.h"

namespace meshka::node {

struct HandlerResult {
  bool ok = false;
  std::string output;  // why not; cut at limits.h
};

struct HandlerTarget {
  doc::Value pod;
  doc::Value container;  // of the spec: named ports
  std::string container_id;
  std::string pod_ip;
};

// `handler` holds exactly one of exec, httpGet, tcpSocket, sleep. Ends by `deadline` at the latest.
io::Task<HandlerResult> runHandler(const NodeContext& context, HandlerTarget target,
                                   doc::Doc handler, Instant deadline);

// A number, or the name of one of the container's ports; 0 when it is neither.
uint16_t resolvePort(doc::Value port, doc::Value container);

}  // namespace meshka::node
