#include "mesh/istiod/collections.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::mesh {

namespace {

struct CustomKind {
  std::string_view definition;  // its name
  std::vector<doc::Doc> Objects::* list;
};
constexpr CustomKind kCustomKinds[] = {
    {"virtualservices.networking.istio.io", &Objects::virtual_services},
    {"destinationrules.networking.istio.io", &Objects::destination_rules},
    {"serviceentries.networking.istio.io", &Objects::service_entries},
    {"workloadentries.networking.istio.io", &Objects::workload_entries},
    {"gateways.networking.istio.io", &Objects::gateways},
    {"sidecars.networking.istio.io", &Objects::sidecars},
    {"envoyfilters.networking.istio.io", &Objects::envoy_filters},
    {"peerauthentications.security.istio.io", &Objects::peer_authentications},
    {"authorizationpolicies.security.istio.io", &Objects::authorization_policies},
    {"requestauthentications.security.istio.io", &Objects::request_authentications},
};

// Versions that may be read, the preferred first: only spec and metadata matter, and those are the
// same in all of them.
constexpr std::string_view kVersions[] = {"v1", "v1beta1", "v1alpha3", "v1alpha1"};

bool established(doc::Value crd) {
  for (const doc::Value condition : crd["status"]["conditions"].elements()) {
    if (condition["type"].text() == "Established") return condition["status"].text() == "True";
  }
  return false;
}

std::string servedVersion(doc::Value crd) {
  for (const std::string_view wanted : kVersions) {
    for (const doc::Value version : crd["spec"]["versions"].elements()) {
      if (version["name"].text() == wanted && version["served"].boolean(true))
        return std::string(wanted);
    }
  }
  return {};
}

void addAddresses(doc::Value slice, std::set<std::string>& to) {
  for (const doc::Value endpoint : slice["endpoints"].elements()) {
    for (const doc::Value address : endpoint["addresses"].elements()) to.emplace(address.text());
  }
}

// What the configuration of others, or its own, is made of.
bool samePod(doc::Value a, doc::Value b) {
  return a["metadata"]["labels"] == b["metadata"]["labels"] &&
         a["metadata"]["deletionTimestamp"].exists() ==
             b["metadata"]["deletionTimestamp"].exists() &&
         a["status"]["podIP"] == b["status"]["podIP"] &&
         a["status"]["phase"] == b["status"]["phase"] &&
         a["spec"]["nodeName"] == b["spec"]["nodeName"];
}

}  // namespace

class Collections::Handler final : public client::CollectionHandler {
 public:
  using Change = void (*)(Collections& owner, const client::ObjectKey& key, const doc::Doc& before,
                          const doc::Doc& after);
  Handler(Collections& owner, client::Collection& collection, Change change)
      : owner_(owner), collection_(collection), change_(change) {
    collection_.addHandler(*this);
  }
  ~Handler() override { collection_.removeHandler(*this); }
  void onChange(const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override {
    change_(owner_, key, before, after);
  }
  void onSynced() override { owner_.listener_.onProgress(); }

 private:
  Collections& owner_;
  client::Collection& collection_;
  Change change_;
};

Collections::Collections(io::World& world, client::ApiClient& api, std::string root_namespace,
                         CollectionsListener& listener)
    : world_(world),
      api_(api),
      root_namespace_(std::move(root_namespace)),
      listener_(listener),
      namespaces_(make({"", "v1", "namespaces"})),
      nodes_(make({"", "v1", "nodes"})),
      services_(make({"", "v1", "services"})),
      slices_(make({"discovery.k8s.io", "v1", "endpointslices"})),
      pods_(make({"", "v1", "pods"})),
      config_maps_(make({"", "v1", "configmaps"}, {.ns = root_namespace_})),
      secrets_(make({"", "v1", "secrets"})),
      definitions_(make({"apiextensions.k8s.io", "v1", "customresourcedefinitions"})) {
  const auto handle = [this](client::Collection& collection, Handler::Change change) {
    handlers_.push_back(std::make_unique<Handler>(*this, collection, change));
  };
  const auto config = [](Collections& c, const client::ObjectKey&, const doc::Doc&,
                         const doc::Doc&) { c.listener_.onConfigChange(); };
  const auto labels = [](Collections& c, const client::ObjectKey&, const doc::Doc& before,
                         const doc::Doc& after) {
    // Nodes report their health all the time.
    if (before["metadata"]["labels"] == after["metadata"]["labels"]) return;
    c.listener_.onConfigChange();
  };
  handle(*namespaces_, labels);
  handle(*nodes_, labels);
  handle(*services_, config);
  handle(*slices_, [](Collections& c, const client::ObjectKey&, const doc::Doc& before,
                      const doc::Doc& after) { c.onSlice(before, after); });
  handle(*pods_, [](Collections& c, const client::ObjectKey&, const doc::Doc& before,
                    const doc::Doc& after) { c.onPod(before, after); });
  handle(*config_maps_, [](Collections& c, const client::ObjectKey& key, const doc::Doc&,
                           const doc::Doc&) { c.listener_.onConfigMap(key.name); });
  handle(*secrets_, [](Collections& c, const client::ObjectKey&, const doc::Doc&, const doc::Doc&) {
    c.listener_.onSecretChange();
  });
  handle(*definitions_, [](Collections& c, const client::ObjectKey& key, const doc::Doc&,
                           const doc::Doc& after) { c.follow(key.name, after); });
}

Collections::~Collections() {
  handlers_.clear();
  for (auto& [name, followed] : followed_) followed.handler.reset();
}

Collections::Pointer Collections::make(client::Resource resource,
                                       client::CollectionOptions options) {
  return client::makeCollection(world_.loop, world_.rng, world_.log, api_, std::move(resource),
                                std::move(options));
}

void Collections::follow(const std::string& crd_name, doc::Value crd) {
  const bool known = std::ranges::any_of(
      kCustomKinds, [&](const CustomKind& kind) { return crd_name == kind.definition; });
  if (!known) return;
  const std::string version = crd.exists() && established(crd) ? servedVersion(crd) : std::string();
  const auto found = followed_.find(crd_name);
  if (found != followed_.end()) {
    if (found->second.version == version) return;
    found->second.handler.reset();
    followed_.erase(found);
    listener_.onConfigChange();
  }
  if (version.empty()) return;
  const size_t dot = crd_name.find('.');
  Followed followed;
  followed.version = version;
  followed.collection = make({crd_name.substr(dot + 1), version, crd_name.substr(0, dot)});
  followed.handler = std::make_unique<Handler>(
      *this, *followed.collection,
      [](Collections& c, const client::ObjectKey&, const doc::Doc& before, const doc::Doc& after) {
        // Only a status was written.
        if (before.exists() && after.exists() && before["spec"] == after["spec"] &&
            before["metadata"]["labels"] == after["metadata"]["labels"] &&
            before["metadata"]["annotations"] == after["metadata"]["annotations"]) {
          return;
        }
        c.listener_.onConfigChange();
      });
  followed_.emplace(crd_name, std::move(followed));
}

bool Collections::hasSynced() const {
  for (const Pointer* p : {&namespaces_, &nodes_, &services_, &slices_, &pods_, &config_maps_,
                           &secrets_, &definitions_}) {
    if (!(*p)->hasSynced()) return false;
  }
  return std::ranges::all_of(
      followed_, [](const auto& entry) { return entry.second.collection->hasSynced(); });
}

Objects Collections::objects() const {
  Objects out;
  out.namespaces = namespaces_->list();
  out.nodes = nodes_->list();
  out.services = services_->list();
  out.endpoint_slices = slices_->list();
  out.pods = pods_->list();
  for (const auto& [name, list] : kCustomKinds) {
    const auto found = followed_.find(name);
    if (found != followed_.end()) out.*list = found->second.collection->list();
  }
  return out;
}

const doc::Doc* Collections::secret(std::string_view ns, std::string_view name) const {
  return secrets_->get(ns, name);
}
const doc::Doc* Collections::configMap(std::string_view name) const {
  return config_maps_->get(root_namespace_, name);
}

// Proxies have listeners for each endpoint of a headless service.
bool Collections::isHeadless(doc::Value slice) const {
  const std::string_view service = slice["metadata"]["labels"]["kubernetes.io/service-name"].text();
  const doc::Doc* found = services_->get(slice["metadata"]["namespace"].text(), service);
  return found != nullptr && (*found)["spec"]["clusterIP"].text() == "None";
}

void Collections::onSlice(const doc::Doc& before, const doc::Doc& after) {
  if (before.exists() && after.exists() && before["endpoints"] == after["endpoints"] &&
      before["ports"] == after["ports"] &&
      before["metadata"]["labels"] == after["metadata"]["labels"]) {
    return;
  }
  if (isHeadless(after.exists() ? after : before)) return listener_.onConfigChange();
  std::set<std::string> addresses;
  addAddresses(before, addresses);
  addAddresses(after, addresses);
  listener_.onEndpointChange(addresses);
}

void Collections::onPod(const doc::Doc& before, const doc::Doc& after) {
  if (before.exists() && after.exists() && samePod(before, after)) return;
  std::set<std::string> addresses;
  for (const doc::Doc* pod : {&before, &after}) {
    const std::string_view ip = (*pod)["status"]["podIP"].text();
    if (!ip.empty()) addresses.emplace(ip);
  }
  if (!addresses.empty()) listener_.onEndpointChange(addresses);
}

}  // namespace meshka::mesh
