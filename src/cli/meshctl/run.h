// What the commands of meshctl share: one invocation, its progress, its cluster.
#pragma once

#include <vector>

#include "cli/command_context.h"
#include "cli/flags.h"
#include "cli/host_access.h"
#include "mgmt/lifecycle/progress.h"

namespace meshka::cli::meshctl {

struct Invocation {
  CommandContext context;
  Parsed flags;
};

class ConsoleProgress final : public mgmt::Progress {
 public:
  explicit ConsoleProgress(Console& console) : console_(console) {}
  void step(const std::string& line) override;
  void done(const std::string& line, Duration took) override;
  void warn(const std::string& line) override;

 private:
  Console& console_;
};

// By --kubeconfig and --kubecontext (or its old name --mgmt-context).
io::Task<Result<ClusterAccess>> accessManagement(io::World& world, Parsed flags);

// An error of something that took long may come from a cluster that went away or from what was
// waited for; which of them does not answer is found out by asking.
io::Task<Error> explain(io::World& world, std::vector<const ClusterAccess*> clusters, Error error);

io::Task<Result<int>> install(Invocation run);          // install.cc
io::Task<Result<int>> uninstall(Invocation run);        // install.cc
io::Task<Result<int>> registerCluster(Invocation run);  // cluster.cc
io::Task<Result<int>> deregisterCluster(Invocation run);
io::Task<Result<int>> listClusters(Invocation run);
io::Task<Result<int>> check(Invocation run);    // check.cc
io::Task<Result<int>> version(Invocation run);  // version.cc

}  // namespace meshka::cli::meshctl
