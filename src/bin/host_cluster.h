// The host cluster, put together on the ground of its node: API server, DNS, node agent.
#pragma once

#include <memory>
#include <string>

#include "cli/command_context.h"
#include "cli/host/ground.h"
#include "io/task.h"

namespace meshka::bin {

struct HostOptions {
  Instance instance;
  int64_t cpu_overcommit = 10;
  int64_t memory_overcommit = 4;
};

class HostCluster {
 public:
  virtual ~HostCluster() = default;
  // Ends when requests are served; writes the kubeconfig.
  virtual io::Task<Result<void>> startApi() = 0;
  // Ends when the node is Ready and DNS answers. containerd runs and has its images.
  virtual io::Task<Result<void>> startNode() = 0;
};

// All outlive the cluster.
std::unique_ptr<HostCluster> makeHostCluster(cli::CommandContext& context,
                                             cli::host::Ground& ground, HostOptions options);

}  // namespace meshka::bin
