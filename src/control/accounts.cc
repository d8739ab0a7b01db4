#include "control/accounts.h"

namespace meshka::control {

using doc::Draft;

namespace {

constexpr const char* kDefaultAccount = "default";
constexpr const char* kRootCa = "kube-root-ca.crt";

// Keeps one object of a fixed name in every active namespace.
class PerNamespace final : public Controller {
 public:
  PerNamespace(Context& context, client::Resource resource, doc::Doc wanted)
      : context_(context),
        resource_(std::move(resource)),
        wanted_(std::move(wanted)),
        namespaces_(context.collection(core("namespaces"))),
        objects_(context.collection(resource_)),
        queue_(context.world.loop, context.world.rng, context.world.log,
               {.name = resource_.name, .workers = kWorkers},
               [this](std::string ns) { return sync(std::move(ns)); }),
        namespace_feed_(namespaces_, [this](const client::ObjectKey& key, const doc::Doc&,
                                            const doc::Doc&) { queue_.add(key.name); }),
        object_feed_(objects_,
                     [this](const client::ObjectKey& key, const doc::Doc&, const doc::Doc&) {
                       if (key.name == wanted_["metadata"]["name"].text()) queue_.add(key.ns);
                     }) {}

 private:
  io::Task<Result<void>> sync(std::string ns) {
    const doc::Doc* found = namespaces_.get("", ns);
    if (found == nullptr || (*found)["metadata"]["deletionTimestamp"].exists())
      co_return Result<void>();
    const doc::Doc* object = objects_.get(ns, wanted_["metadata"]["name"].text());
    if (object == nullptr)
      co_return settled(
          co_await context_.client.create(resource_, ns, wanted_, context_.deadline()));
    if (!wanted_["data"].exists() || (*object)["data"] == wanted_["data"]) co_return Result<void>();
    Draft changed(*object);
    changed["data"] = wanted_["data"];
    co_return settled(
        co_await context_.client.update(resource_, ns, changed.finish(), context_.deadline()));
  }

  Context& context_;
  const client::Resource resource_;
  const doc::Doc wanted_;
  client::Collection& namespaces_;
  client::Collection& objects_;
  client::WorkQueue queue_;
  Feed namespace_feed_;
  Feed object_feed_;
};

}  // namespace

std::unique_ptr<Controller> startServiceAccounts(Context& context) {
  const Draft account = Draft::object({{"apiVersion", "v1"},
                                       {"kind", "ServiceAccount"},
                                       {"metadata", Draft::object({{"name", kDefaultAccount}})}});
  return std::make_unique<PerNamespace>(context, core("serviceaccounts"), account.finish());
}

std::unique_ptr<Controller> startRootCaPublisher(Context& context, std::string ca_pem) {
  const Draft map = Draft::object({{"apiVersion", "v1"},
                                   {"kind", "ConfigMap"},
                                   {"metadata", Draft::object({{"name", kRootCa}})},
                                   {"data", Draft::object({{"ca.crt", ca_pem}})}});
  return std::make_unique<PerNamespace>(context, core("configmaps"), map.finish());
}

}  // namespace meshka::control
