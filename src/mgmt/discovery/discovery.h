// Keeps the objects of discovery (Mesh, DiscoveredGateway) as the cluster is.
#pragma once

#include <string>

#include "mgmt/objects/applier.h"
#include "mgmt/objects/live_kinds.h"
#include "mgmt/objects/statuses.h"

namespace meshka::mgmt {

class Discovery final : private KindHandler {
 public:
  // Before kinds.start().
  Discovery(io::World world, client::ApiClient& client, LiveKinds& kinds, StatusWriter& statuses,
            std::string cluster, std::string ns);
  ~Discovery() override;

  size_t meshes() const { return meshes_; }

 private:
  void onObject(const LiveKind& kind, const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override;
  void onSynced() override { timer_.armAfter(Duration{}); }
  void run();

  io::World world_;
  LiveKinds& kinds_;
  StatusWriter& statuses_;
  const std::string cluster_;
  const std::string namespace_;
  Applier applier_;
  io::Timer timer_;
  size_t meshes_ = 0;
};

}  // namespace meshka::mgmt
