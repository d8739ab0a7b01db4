// The node agent: runs the pods that the API server binds to this node, keeps the node registered,
// its service rules and LoadBalancer addresses current, and serves logs and exec. It lives in the
// node's own network, mount and pid namespaces, on one loop; it knows the API server only by an
// ApiClient and the runtime only by a CriClient.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/api_client.h"
#include "client/collection.h"
#include "io/loop.h"
#include "node/config.h"
#include "node/cri/cri.h"
#include "node/volumes/volume_host.h"

namespace meshka::node {

class PodStreams;

struct AgentCounters {
  size_t pods = 0;
  size_t starting = 0;
  uint64_t rule_transactions = 0;
};

class NodeAgent final {
 public:
  // `config.images`, the clients and `volumes` outlive the agent.
  NodeAgent(io::World world, client::ApiClient& api, cri::CriClient& cri, VolumeHost& volumes,
            NodeConfig config);
  ~NodeAgent();
  NodeAgent(const NodeAgent&) = delete;
  NodeAgent& operator=(const NodeAgent&) = delete;

  // Registers the node, adopts what runs already, removes what no pod owns any more, and goes on
  // until destroyed. Pods keep running when the agent ends.
  void start();
  // The node is registered and Ready, and the service rules are loaded.
  bool ready() const;
  AgentCounters counters() const;
  // The runtime's images changed (an import): the node's status follows.
  void imagesChanged();

  // Logs, exec and attach of this node's pods; see node/streams/pod_streams.h.
  PodStreams& streams();
  // For the cluster's DNS: v1 services and discovery.k8s.io/v1 endpointslices of all namespaces.
  client::Collection& services();
  client::Collection& endpointSlices();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshka::node
