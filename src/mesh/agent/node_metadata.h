// How a proxy introduces itself to the control plane: id, cluster and metadata of Envoy's node.
#pragma once

#include <map>
#include <string>

#include "mesh/agent/agent_config.h"

namespace meshka::mesh::agent {

std::string nodeId(const AgentConfig& config);
// "app.ns" after the pod's labels, unless a flag or the configuration names it.
std::string nodeCluster(const AgentConfig& config,
                        const std::map<std::string, std::string>& labels);

// The members of the pod, then ISTIO_META_X=text as X, then ISTIO_METAJSON_X: an object whose
// members are added (to LABELS and ANNOTATIONS when X is one of these). Errors: kInvalid naming the
// variable.
Result<doc::Doc> nodeMetadata(const AgentConfig& config, const Environment& environment,
                              const std::map<std::string, std::string>& labels,
                              const std::map<std::string, std::string>& annotations);

}  // namespace meshka::mesh::agent
