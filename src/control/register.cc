#include "control/register.h"

#include <vector>

#include "control/accounts.h"
#include "control/cleanup/garbage.h"
#include "control/cleanup/namespaces.h"
#include "control/network/endpoints.h"
#include "control/schedule/scheduler.h"
#include "control/workload/deployment.h"
#include "control/workload/replica_set.h"
#include "control/workload/stateful_set.h"

namespace meshka::control {

struct Controllers::Parts {
  Parts(io::World& world, client::ApiClient& client) : context(world, client) {}
  Context context;
  std::vector<std::unique_ptr<Controller>> controllers;  // before the context goes, they go
};

Controllers::Controllers(io::World& world, client::ApiClient& client, Options options)
    : parts_(std::make_unique<Parts>(world, client)) {
  Context& context = parts_->context;
  auto& list = parts_->controllers;
  if (options.workloads) {
    list.push_back(startServiceAccounts(context));
    if (!options.ca_pem.empty()) list.push_back(startRootCaPublisher(context, options.ca_pem));
    list.push_back(startNamespaces(context));
    list.push_back(startReplicaSets(context));
    list.push_back(startDeployments(context));
    list.push_back(startStatefulSets(context));
    list.push_back(startEndpoints(context));
    list.push_back(startGarbageCollector(context));
  }
  if (options.scheduler) list.push_back(startScheduler(context));
}

Controllers::~Controllers() = default;

bool Controllers::hasSynced() const {
  return parts_->context.hasSynced();
}

}  // namespace meshka::control
