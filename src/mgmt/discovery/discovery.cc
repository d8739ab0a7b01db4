#include "mgmt/discovery/discovery.h"

#include "base/strings.h"
#include "mgmt/discovery/discover.h"
#include "mgmt/limits.h"

namespace meshka::mgmt {

using client::ObjectKey;
using doc::Doc;
using doc::Draft;

namespace {

bool isInput(const std::string& kind) {
  return kind == "deployments.apps" || kind == "services" || kind == "pods" || kind == "nodes" ||
         kind == "configmaps";
}

// Pods and nodes change all the time; what is read of them does not.
bool matters(const std::string& kind, const Doc& before, const Doc& after) {
  if (!before.exists() || !after.exists()) return true;
  if (kind == "nodes") {
    return !(before["metadata"]["labels"] == after["metadata"]["labels"]) ||
           !(before["status"]["addresses"] == after["status"]["addresses"]);
  }
  if (kind == "pods") {
    return !(before["metadata"]["labels"] == after["metadata"]["labels"]) ||
           !(before["spec"]["nodeName"] == after["spec"]["nodeName"]);
  }
  if (kind == "deployments.apps") {
    return !(before["metadata"]["labels"] == after["metadata"]["labels"]) ||
           !(before["spec"] == after["spec"]);
  }
  return true;
}

}  // namespace

Discovery::Discovery(io::World world, client::ApiClient& client, LiveKinds& kinds,
                     StatusWriter& statuses, std::string cluster, std::string ns)
    : world_(world),
      kinds_(kinds),
      statuses_(statuses),
      cluster_(std::move(cluster)),
      namespace_(std::move(ns)),
      applier_(world, client, kinds, kDiscoveryReconciler,
               [this](const std::string& reference, const std::string&, std::string error) {
                 if (!error.empty())
                   world_.log.warn("a found object cannot be written",
                                   {{"object", reference}, {"error", error}});
               }),
      timer_(world.loop, [this] { run(); }) {
  kinds_.addHandler(*this);
}

Discovery::~Discovery() = default;

void Discovery::onObject(const LiveKind& kind, const ObjectKey&, const Doc& before,
                         const Doc& after) {
  if (!kinds_.hasSynced() || !isInput(kind.name) || !matters(kind.name, before, after)) return;
  if (!timer_.armed()) timer_.armAfter(kTranslateDelay);
}

void Discovery::run() {
  const DiscoveryInput input{cluster_,
                             namespace_,
                             kinds_.list("deployments.apps"),
                             kinds_.list("configmaps"),
                             kinds_.list("services"),
                             kinds_.list("pods"),
                             kinds_.list("nodes")};
  std::vector<Doc> objects = discoverMeshes(input);
  if (meshes_ != objects.size()) world_.log.info("meshes found", {{"count", cat(objects.size())}});
  meshes_ = objects.size();
  for (Doc& gateway : discoverGateways(input)) {
    const bool reachable = !gateway["spec"]["externalAddresses"].empty();
    statuses_.set(
        "discoveredgateways.internal.gloo.solo.io", ObjectKey::of(gateway),
        Draft::object({{"generic", Draft::object({{"state", reachable ? "ACCEPTED" : "WARNING"},
                                                  {"message", reachable ? ""
                                                                        : "gateway has no "
                                                                          "address"}})}})
            .finish());
    objects.push_back(std::move(gateway));
  }
  applier_.replaceAll(objects);
}

}  // namespace meshka::mgmt
