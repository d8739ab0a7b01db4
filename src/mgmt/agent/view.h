// Fills the journal from the cluster: every object that the server is told of, in the form it is
// told.
#pragma once

#include "mgmt/objects/live_kinds.h"
#include "mgmt/relay/journal.h"

namespace meshka::mgmt {

class ClusterView final : private KindHandler {
 public:
  // `changed` is called for each change. Before kinds.start().
  ClusterView(io::World world, LiveKinds& kinds, Journal& journal, Callback changed);
  ~ClusterView() override;

  // From other sources than the live kinds: Secrets, by name and hash. `told` missing: gone.
  void tell(const std::string& resource, const client::ObjectKey& key, const doc::Doc& told);

 private:
  void onObject(const LiveKind& kind, const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override;
  void onSynced() override;
  // Root certificates lie in every namespace; those beside a mesh configuration count.
  void tellRoots(const std::string& ns);

  io::World world_;
  LiveKinds& kinds_;
  Journal& journal_;
  Callback changed_;
};

}  // namespace meshka::mgmt
