// What the server knows of each registered cluster: its agent's streams, its snapshot, what it
// should have and what came of that. A KubernetesCluster makes one appear, its deletion ends it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "io/async.h"
#include "mgmt/objects/live_kinds.h"
#include "mgmt/relay/messages.h"
#include "mgmt/relay/snapshot.h"

namespace meshka::mgmt {

inline constexpr std::string_view kKubernetesClusters = "kubernetesclusters.admin.gloo.solo.io";

struct ClusterState {
  explicit ClusterState(io::Loop& loop) : outputs_changed(loop) {}
  std::string name;  // of the KubernetesCluster
  std::string given_name;
  std::string cluster_domain = "cluster.local";
  std::string agent_version;
  std::string agent_address;
  Snapshot snapshot;
  bool restored = false;     // the snapshot was kept from an earlier life of this server
  bool warm = false;         // its agent has sent everything to this life of the server
  bool gone = false;         // no longer registered
  uint64_t push_stream = 0;  // 0: not connected
  uint64_t pull_stream = 0;
  std::string trouble;  // why the last stream ended, for people

  // What should be there, as the last translation said.
  std::map<std::string, RelayOutput> outputs;  // by reference
  std::map<std::string, StatusOutput> statuses;
  uint64_t translation = 0;                     // 0: none has been made
  io::Event outputs_changed;                    // pulsed
  std::map<std::string, RelayResult> failures;  // by reference: the agent's answer for this hash

  bool usable() const { return warm || restored; }
};

class ClusterEvents {
 public:
  virtual ~ClusterEvents() = default;
  virtual void onClusterChanged(ClusterState& cluster) = 0;  // connection, name, warmth
  virtual void onClusterGone(ClusterState& cluster) = 0;
};

class Clusters final : private KindHandler {
 public:
  // `ns` is where KubernetesClusters count. Before kinds.start().
  Clusters(io::World world, LiveKinds& kinds, std::string ns, ClusterEvents& events);
  ~Clusters() override;

  // By canonical form; null: not registered.
  std::shared_ptr<ClusterState> find(std::string_view name) const;
  const std::map<std::string, std::shared_ptr<ClusterState>>& all() const { return all_; }
  // Why a cluster of this name is not served, for people.
  std::string unregistered(std::string_view name) const;
  // Pulsed when a cluster is registered or goes.
  io::Event& changed() { return changed_; }
  bool hasSynced() const { return kinds_.hasSynced(); }

 private:
  void onObject(const LiveKind& kind, const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override;
  void onSynced() override;

  io::World world_;
  LiveKinds& kinds_;
  const std::string namespace_;
  ClusterEvents& events_;
  std::map<std::string, std::shared_ptr<ClusterState>> all_;  // by canonical name
  io::Event changed_;
};

// Wakes who waits now, and nobody later.
inline void pulse(io::Event& event) {
  event.set();
  event.reset();
}

}  // namespace meshka::mgmt
