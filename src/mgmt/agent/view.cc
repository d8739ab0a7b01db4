#include "mgmt/agent/view.h"

#include "base/strings.h"
#include "mgmt/agent/watched.h"
#include "mgmt/limits.h"

namespace meshka::mgmt {

using client::ObjectKey;
using doc::Doc;

ClusterView::ClusterView(io::World world, LiveKinds& kinds, Journal& journal, Callback changed)
    : world_(world), kinds_(kinds), journal_(journal), changed_(std::move(changed)) {
  kinds_.addHandler(*this);
}

ClusterView::~ClusterView() = default;

void ClusterView::tell(const std::string& resource, const ObjectKey& key, const Doc& told) {
  if (told.exists() && told.memoryBytes() > kMaxRelayObject) {
    world_.log.error("an object is too large for the relay: the server does not see it",
                     {{"resource", resource}, {"object", key.toString()}});
    return journal_.set(resource, key, Doc());
  }
  const uint64_t before = journal_.version();
  journal_.set(resource, key, told);
  if (journal_.version() != before) changed_();
}

void ClusterView::onObject(const LiveKind& kind, const ObjectKey& key, const Doc&,
                           const Doc& after) {
  if (kind.name == "configmaps/root") return tellRoots(key.ns);
  tell(kind.name, key, after.exists() ? toldObject(kind, after) : Doc());
  if (kind.name == "configmaps") tellRoots(key.ns);
}

void ClusterView::tellRoots(const std::string& ns) {
  const ObjectKey key{ns, "istio-ca-root-cert"};
  const Doc* root = kinds_.get("configmaps/root", key);
  const bool beside = kinds_.get("configmaps", {ns, "istio"}) != nullptr;
  if (root == nullptr || !beside) return tell("configmaps", key, Doc());
  doc::Draft typed(*root);
  typed["apiVersion"] = "v1";
  typed["kind"] = "ConfigMap";
  tell("configmaps", key, toldObject(*kinds_.info("configmaps/root"), typed.finish()));
}

void ClusterView::onSynced() {
  changed_();
}

}  // namespace meshka::mgmt
