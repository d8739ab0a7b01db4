// One proxy from its start to its end: the agent's servers, its certificate, and Envoy as its
// child.
#pragma once

#include <memory>

#include "io/async.h"
#include "mesh/agent/agent_config.h"

namespace meshka::mesh::agent {

class Agent {
 public:
  // `app_network` connects from 127.0.0.6; both outlive the agent.
  Agent(io::World world, io::Network& app_network, AgentConfig config);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Envoy's exit code; 0 after `stop` (or /quitquitquit) and the drain. Errors: what could not be
  // started, naming it.
  io::Task<Result<int>> run(io::Event& stop);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Reads the files of a pod; those that are not there are "".
io::Task<PodFiles> readPodFiles(io::Disk& disk, const Layout& layout);

}  // namespace meshka::mesh::agent
