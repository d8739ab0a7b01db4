// Driver of the endpoints controller.
#include "control/network/endpoints.h"

#include <set>

#include "api/selectors.h"
#include "base/digest.h"
#include "base/strings.h"

namespace meshka::control {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

constexpr const char* kServiceLabel = "kubernetes.io/service-name";
constexpr const char* kManagedByLabel = "endpointslice.kubernetes.io/managed-by";
constexpr const char* kSkipMirror = "endpointslice.kubernetes.io/skip-mirror";
constexpr const char* kByService = "service";
constexpr const char* kFromPods = "endpointslice-controller.k8s.io";
constexpr const char* kMirrored = "endpointslicemirroring-controller.k8s.io";

client::Resource slicesResource() {
  return {"discovery.k8s.io", "v1", "endpointslices"};
}

class EndpointsController final : public Controller {
 public:
  explicit EndpointsController(Context& context)
      : context_(context),
        services_(context.collection(core("services"))),
        endpoints_(context.collection(core("endpoints"))),
        slices_(context.collection(slicesResource())),
        pods_(context.collection(core("pods"))),
        queue_(context.world.loop, context.world.rng, context.world.log,
               {.name = "endpoints", .workers = kWorkers},
               [this](std::string key) { return sync(std::move(key)); }),
        service_feed_(services_, [this](const client::ObjectKey& key, const doc::Doc&,
                                        const doc::Doc&) { queue_.add(key.toString()); }),
        endpoints_feed_(endpoints_, [this](const client::ObjectKey& key, const doc::Doc&,
                                           const doc::Doc&) { queue_.add(key.toString()); }),
        slice_feed_(
            slices_,
            [this](const client::ObjectKey& key, const doc::Doc& before, const doc::Doc& after) {
              const std::string_view service =
                  (after.exists() ? after : before)["metadata"]["labels"][kServiceLabel].text();
              if (!service.empty()) queue_.add(cat(key.ns, "/", service));
            }),
        pod_feed_(pods_, [this](const client::ObjectKey& key, const doc::Doc& before,
                                const doc::Doc& after) { onPod(key, before, after); }) {
    slices_.addIndex(kByService, [](Value slice) {
      return std::vector<std::string>{cat(slice["metadata"]["namespace"].text(), "/",
                                          slice["metadata"]["labels"][kServiceLabel].text())};
    });
  }

 private:
  void onPod(const client::ObjectKey& key, const doc::Doc& before, const doc::Doc& after) {
    for (const doc::Doc& service : services_.list(key.ns)) {
      const auto selector = api::LabelSelector::fromMap(service["spec"]["selector"]);
      if ((before.exists() && selector.matches(before["metadata"]["labels"])) ||
          (after.exists() && selector.matches(after["metadata"]["labels"]))) {
        queue_.add(client::ObjectKey::of(service).toString());
      }
    }
  }

  Task<Result<void>> sync(std::string text) {
    const client::ObjectKey key = client::ObjectKey::parse(text);
    const doc::Doc* service = services_.get(key.ns, key.name);
    const doc::Doc* endpoints = endpoints_.get(key.ns, key.name);
    if (service == nullptr || (*service)["spec"]["type"].text() == "ExternalName") {
      MESHKA_CO_CHECK(co_await writeSlices(key, doc::Doc(), {}, kFromPods));
      MESHKA_CO_CHECK(co_await writeSlices(key, doc::Doc(), {}, kMirrored));
      if (endpoints == nullptr || service != nullptr) co_return Result<void>();
      co_return settled(co_await context_.client.remove(core("endpoints"), key.ns, key.name, {},
                                                        context_.deadline()));
    }
    if ((*service)["spec"]["selector"].size() == 0) {
      const bool skip =
          endpoints == nullptr || (*endpoints)["metadata"]["labels"][kSkipMirror].text() == "true";
      const std::vector<doc::Doc> slices =
          skip ? std::vector<doc::Doc>() : mirroredSlices(*endpoints);
      co_return co_await writeSlices(key, *service, slices, kMirrored);
    }
    const auto selector = api::LabelSelector::fromMap((*service)["spec"]["selector"]);
    std::vector<doc::Doc> selected;
    for (const doc::Doc& pod : pods_.list(key.ns)) {
      if (selector.matches(pod["metadata"]["labels"])) selected.push_back(pod);
    }
    const doc::Doc owner = *service;
    MESHKA_CO_CHECK(co_await writeEndpoints(owner, endpoints == nullptr ? doc::Doc() : *endpoints,
                                            endpointSubsets(owner, selected)));
    co_return co_await writeSlices(key, owner, endpointSlices(owner, selected), kFromPods);
  }

  Task<Result<void>> writeEndpoints(doc::Doc service, doc::Doc have, doc::Doc subsets) {
    const client::ObjectKey key = client::ObjectKey::of(service);
    const Value labels = service["metadata"]["labels"];
    if (have.exists()) {
      const bool same = have["subsets"] == subsets.value() ||
                        (have["subsets"].size() == 0 && subsets.value().size() == 0);
      if (same && have["metadata"]["labels"] == labels) co_return Result<void>();
      Draft changed(have);
      changed["subsets"] = subsets;
      if (labels.exists())
        changed["metadata"]["labels"] = labels;
      else
        changed["metadata"].erase("labels");
      co_return settled(co_await context_.client.update(core("endpoints"), key.ns, changed.finish(),
                                                        context_.deadline()));
    }
    Draft object =
        Draft::object({{"apiVersion", "v1"}, {"kind", "Endpoints"}, {"subsets", subsets}});
    object["metadata"] = Draft::object({{"name", key.name}, {"namespace", key.ns}});
    if (labels.exists()) object["metadata"]["labels"] = labels;
    co_return settled(co_await context_.client.create(core("endpoints"), key.ns, object.finish(),
                                                      context_.deadline()));
  }

  // Slices have names that follow from the service and their number, so two rounds never make two
  // of one.
  Task<Result<void>> writeSlices(client::ObjectKey key, doc::Doc service,
                                 std::vector<doc::Doc> wanted, std::string manager) {
    std::set<std::string> names;
    for (size_t i = 0; i < wanted.size(); ++i) {
      const std::string name = cat(key.name.substr(0, 57), "-",
                                   sha256Hex(cat(key.toString(), "#", manager, i)).substr(0, 5));
      names.insert(name);
      const doc::Doc* have = slices_.get(key.ns, name);
      if (have == nullptr) {
        MESHKA_CO_CHECK(settled(co_await context_.client.create(
            slicesResource(), key.ns, newSlice(service, name, wanted[i], manager),
            context_.deadline())));
      } else if (!((*have)["endpoints"] == wanted[i]["endpoints"] &&
                   (*have)["ports"] == wanted[i]["ports"])) {
        Draft changed(*have);
        changed["endpoints"] = wanted[i]["endpoints"];
        changed["ports"] = wanted[i]["ports"];
        MESHKA_CO_CHECK(settled(co_await context_.client.update(
            slicesResource(), key.ns, changed.finish(), context_.deadline())));
      }
    }
    for (const doc::Doc& slice : slices_.byIndex(kByService, key.toString())) {
      const std::string name(slice["metadata"]["name"].text());
      if (slice["metadata"]["labels"][kManagedByLabel].text() != manager || names.contains(name))
        continue;
      MESHKA_CO_CHECK(settled(co_await context_.client.remove(slicesResource(), key.ns, name, {},
                                                              context_.deadline())));
    }
    co_return Result<void>();
  }

  static doc::Doc newSlice(Value service, const std::string& name, Value content,
                           const std::string& manager) {
    Draft slice = Draft::object({{"apiVersion", "discovery.k8s.io/v1"},
                                 {"kind", "EndpointSlice"},
                                 {"addressType", "IPv4"}});
    Draft labels(service["metadata"]["labels"]);
    if (!labels.isObject()) labels = Draft::object();
    labels[kServiceLabel] = service["metadata"]["name"];
    labels[kManagedByLabel] = manager;
    if (service["spec"]["clusterIP"].text() == "None")
      labels["service.kubernetes.io/headless"] = "";
    slice["metadata"] = Draft::object({{"name", name},
                                       {"namespace", service["metadata"]["namespace"]},
                                       {"labels", std::move(labels)}});
    slice["metadata"]["ownerReferences"] =
        Draft::array({controllerReference(service, "v1", "Service")});
    slice["endpoints"] = content["endpoints"];
    slice["ports"] = content["ports"];
    return slice.finish();
  }

  Context& context_;
  client::Collection& services_;
  client::Collection& endpoints_;
  client::Collection& slices_;
  client::Collection& pods_;
  client::WorkQueue queue_;
  Feed service_feed_;
  Feed endpoints_feed_;
  Feed slice_feed_;
  Feed pod_feed_;
};

}  // namespace

std::unique_ptr<Controller> startEndpoints(Context& context) {
  return std::make_unique<EndpointsController>(context);
}

}  // namespace meshka::control
