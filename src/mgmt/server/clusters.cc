#include "mgmt/server/clusters.h"

#include "base/strings.h"
#include "mgmt/translate/translate.h"

namespace meshka::mgmt {

using client::ObjectKey;
using doc::Doc;

Clusters::Clusters(io::World world, LiveKinds& kinds, std::string ns, ClusterEvents& events)
    : world_(world),
      kinds_(kinds),
      namespace_(std::move(ns)),
      events_(events),
      changed_(world.loop) {
  kinds_.addHandler(*this);
}

Clusters::~Clusters() = default;

std::shared_ptr<ClusterState> Clusters::find(std::string_view name) const {
  const auto found = all_.find(canonicalClusterName(name));
  return found == all_.end() ? nullptr : found->second;
}

std::string Clusters::unregistered(std::string_view name) const {
  if (!kinds_.hasSynced()) return "the management server is starting";
  return cat("cluster \"", name, "\" is not registered: there is no KubernetesCluster ", namespace_,
             "/", name, " in the management cluster (meshctl cluster register)");
}

void Clusters::onObject(const LiveKind& kind, const ObjectKey& key, const Doc&, const Doc& after) {
  if (kind.name != kKubernetesClusters || key.ns != namespace_) return;
  const std::string name = canonicalClusterName(key.name);
  const auto found = all_.find(name);
  if (!after.exists()) {
    if (found == all_.end()) return;
    const std::shared_ptr<ClusterState> gone = found->second;
    all_.erase(found);
    gone->gone = true;
    world_.log.info("cluster deregistered", {{"cluster", gone->name}});
    events_.onClusterGone(*gone);
    pulse(gone->outputs_changed);
    return pulse(changed_);
  }
  std::shared_ptr<ClusterState>& state = all_[name];
  const bool is_new = state == nullptr;
  if (is_new) {
    state = std::make_shared<ClusterState>(world_.loop);
    world_.log.info("cluster registered", {{"cluster", key.name}});
  }
  state->name = key.name;
  state->cluster_domain = after["spec"]["clusterDomain"].text("cluster.local");
  if (const auto alias = after["metadata"]["annotations"]["mesh.alias"].text(); !alias.empty())
    state->given_name = alias;
  else if (state->given_name.empty())
    state->given_name = key.name;
  events_.onClusterChanged(*state);
  if (is_new) pulse(changed_);
}

// Who waits hears a better reason than before.
void Clusters::onSynced() {
  pulse(changed_);
}

}  // namespace meshka::mgmt
