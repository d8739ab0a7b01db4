// The file that Envoy starts from: who it is, where the agent's sockets are, and the two listeners
// that exist before the control plane has said anything.
#pragma once

#include "mesh/agent/agent_config.h"

namespace meshka::mesh::agent {

// Paths of what the agent puts into its working directory.
std::string bootstrapPath(const AgentConfig& config);
std::string adsSocket(const AgentConfig& config);
std::string sdsSocket(const AgentConfig& config);

// envoy.config.bootstrap.v3.Bootstrap as JSON. Errors: kInvalid (an address in the configuration).
Result<doc::Doc> makeBootstrap(const AgentConfig& config);

// Envoy's command line behind the program's name.
std::vector<std::string> envoyArguments(const AgentConfig& config);

}  // namespace meshka::mesh::agent
