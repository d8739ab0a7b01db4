#include "apiserver/bootstrap.h"

#include "apiserver/admission/service_addresses.h"
#include "apiserver/auth/bootstrap_policy.h"
#include "apiserver/limits.h"
#include "base/strings.h"
#include "doc/json.h"
#include "io/async.h"

namespace meshka::apiserver {

namespace {

constexpr size_t kAtOnce = 64;

constexpr std::string_view kFresh[] = {
    R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}})",
    R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-system"}})",
    R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-public"}})",
    R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-node-lease"}})",
    R"({"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"system-cluster-critical"},)"
    R"("value":2000000000,"description":"Used for system critical pods that must run in the cluster, but can be moved )"
    R"(to another node if necessary."})",
    R"({"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"system-node-critical"},)"
    R"("value":2000001000,"description":"Used for system critical pods that must not be moved from their current )"
    R"(node."})",
};

struct ApiVersion {
  std::string group, version;
};
ApiVersion splitApiVersion(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {"", std::string(text)};
  return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

io::Task<void> createOne(client::ApiClient& client, client::Resource resource, std::string ns,
                         doc::Doc object, Instant deadline, std::optional<Error>& failed) {
  const std::string name(object["metadata"]["name"].text());
  auto there = co_await client.get(resource, ns, name, deadline);
  if (there) co_return;
  auto made = co_await client.create(resource, ns, std::move(object), deadline);
  if (!made && made.error().code() != Code::kAlreadyExists) {
    failed = made.error().with(cat("creating ", resource.name, " \"", name, "\""));
  }
}

doc::Doc kubernetesService(std::string_view address, uint16_t port) {
  doc::Draft out = doc::Draft::object();
  out["apiVersion"] = "v1";
  out["kind"] = "Service";
  out["metadata"]["name"] = "kubernetes";
  out["metadata"]["namespace"] = "default";
  out["metadata"]["labels"]["component"] = "apiserver";
  out["metadata"]["labels"]["provider"] = "kubernetes";
  doc::Draft& spec = out["spec"];
  spec["type"] = "ClusterIP";
  spec["clusterIP"] = address;
  doc::Draft p = doc::Draft::object();
  p["name"] = "https";
  p["port"] = 443;
  p["protocol"] = "TCP";
  p["targetPort"] = int64_t{port == 0 ? uint16_t{6443} : port};
  spec["ports"].push(std::move(p));
  return out.finish();
}

doc::Doc kubernetesEndpoints(const io::Endpoint& at) {
  doc::Draft out = doc::Draft::object();
  out["apiVersion"] = "v1";
  out["kind"] = "Endpoints";
  out["metadata"]["name"] = "kubernetes";
  out["metadata"]["namespace"] = "default";
  out["metadata"]["labels"]["endpointslice.kubernetes.io/skip-mirror"] = "true";
  doc::Draft subset = doc::Draft::object();
  subset["addresses"].push(doc::Draft::object({{"ip", at.host}}));
  subset["ports"].push(
      doc::Draft::object({{"name", "https"}, {"port", int64_t{at.port}}, {"protocol", "TCP"}}));
  out["subsets"].push(std::move(subset));
  return out.finish();
}

doc::Doc kubernetesSlice(const io::Endpoint& at, std::string_view api_version) {
  doc::Draft out = doc::Draft::object();
  out["apiVersion"] = api_version;
  out["kind"] = "EndpointSlice";
  out["metadata"]["name"] = "kubernetes";
  out["metadata"]["namespace"] = "default";
  out["metadata"]["labels"]["kubernetes.io/service-name"] = "kubernetes";
  out["addressType"] = "IPv4";
  doc::Draft endpoint = doc::Draft::object();
  endpoint["addresses"] = doc::Draft::strings({at.host});
  endpoint["conditions"]["ready"] = true;
  out["endpoints"].push(std::move(endpoint));
  out["ports"].push(
      doc::Draft::object({{"name", "https"}, {"port", int64_t{at.port}}, {"protocol", "TCP"}}));
  return out.finish();
}

// Creates or replaces: the address of the server may have changed since the last start.
io::Task<Result<void>> put(client::ApiClient& client, client::Resource resource, doc::Doc object,
                           Instant deadline) {
  const std::string name(object["metadata"]["name"].text());
  auto there = co_await client.get(resource, "default", name, deadline);
  Result<doc::Doc> done = fail(Code::kInternal, "not tried");
  if (there) {
    done = co_await client.update(resource, "default", std::move(object), deadline);
  } else {
    done = co_await client.create(resource, "default", std::move(object), deadline);
  }
  if (!done) co_return fail(done.error().with(cat("writing ", resource.name, " \"", name, "\"")));
  co_return Result<void>();
}

io::Task<void> reconcileOne(client::ApiClient& client, client::Resource resource, std::string ns,
                            doc::Doc object, Instant deadline, std::optional<Error>& failed) {
  auto done = co_await client.update(resource, ns, std::move(object), deadline);
  if (!done && done.error().code() != Code::kConflict)
    failed = done.error().with(cat("updating ", resource.name));
}

// The default roles and bindings: created when absent, and brought up to date when an older version
// wrote them.
io::Task<Result<void>> writePolicy(io::World world, client::ApiClient& client,
                                   const Objects& objects) {
  MESHKA_CO_TRY(const std::vector<doc::Doc> policy, defaultPolicy());
  MESHKA_CO_CHECK(co_await createAbsent(world, client, objects.registry(), policy));
  std::optional<Error> failed;
  io::Group group(world.loop, kAtOnce);
  for (const doc::Doc& wanted : policy) {
    const ApiVersion gv = splitApiVersion(wanted["apiVersion"].text());
    const api::KindRef kind =
        objects.registry().findKind(gv.group, gv.version, wanted["kind"].text());
    if (!kind) continue;
    const std::string ns(wanted["metadata"]["namespace"].text());
    const doc::Doc stored =
        objects.find(gv.group, kind->plural(), ns, wanted["metadata"]["name"].text());
    if (!stored.exists()) continue;
    doc::Doc next = reconciled(stored, wanted);
    if (!next.exists()) continue;
    if (group.running() >= kAtOnce) co_await group.drain();
    (void)group.spawn(reconcileOne(client, {gv.group, gv.version, std::string(kind->plural())}, ns,
                                   std::move(next), world.clock().now() + kRequestTimeout, failed));
  }
  co_await group.drain();
  if (failed) co_return fail(*failed);
  co_return Result<void>();
}

}  // namespace

User bootstrapUser() {
  User out;
  out.name = "system:apiserver";
  out.groups = {std::string(kGroupMasters), std::string(kGroupAuthenticated)};
  return out;
}

io::Task<Result<void>> createAbsent(io::World world, client::ApiClient& client,
                                    const api::Registry& registry, std::vector<doc::Doc> objects) {
  const Instant deadline = world.clock().now() + kRequestTimeout;
  std::optional<Error> failed;
  io::Group group(world.loop, kAtOnce);
  for (doc::Doc& object : objects) {
    const ApiVersion gv = splitApiVersion(object["apiVersion"].text());
    const api::KindRef kind = registry.findKind(gv.group, gv.version, object["kind"].text());
    if (!kind) continue;  // not served by this version
    client::Resource resource{gv.group, gv.version, std::string(kind->plural())};
    std::string ns(object["metadata"]["namespace"].text());
    if (group.running() >= kAtOnce) co_await group.drain();
    (void)group.spawn(
        createOne(client, std::move(resource), std::move(ns), std::move(object), deadline, failed));
  }
  co_await group.drain();
  if (failed) co_return fail(*failed);
  co_return Result<void>();
}

io::Task<Result<void>> bootstrap(io::World world, client::ApiClient& client, const Objects& objects,
                                 const Config& config) {
  std::vector<doc::Doc> fresh;
  for (std::string_view text : kFresh) {
    MESHKA_CO_TRY(doc::Doc object, doc::parseJson(text));
    fresh.push_back(std::move(object));
  }
  const api::Registry& registry = objects.registry();
  MESHKA_CO_CHECK(co_await createAbsent(world, client, registry, std::move(fresh)));
  if (!registry.find("", "v1", "services")) co_return Result<void>();  // a registry of a test
  MESHKA_CO_CHECK(co_await writePolicy(world, client, objects));
  MESHKA_CO_TRY(std::string address, ServiceAddresses::firstAddress(config.service_cidr));
  if (!config.kubernetes_service_ip.empty()) address = config.kubernetes_service_ip;
  std::vector<doc::Doc> service;
  service.push_back(kubernetesService(address, config.advertise.port));
  MESHKA_CO_CHECK(co_await createAbsent(world, client, registry, std::move(service)));
  if (config.advertise.port == 0) co_return Result<void>();
  const Instant deadline = world.clock().now() + kRequestTimeout;
  MESHKA_CO_CHECK(co_await put(client, {"", "v1", "endpoints"},
                               kubernetesEndpoints(config.advertise), deadline));
  MESHKA_CO_CHECK(co_await put(client, {"discovery.k8s.io", "v1", "endpointslices"},
                               kubernetesSlice(config.advertise, "discovery.k8s.io/v1"), deadline));
  co_return Result<void>();
}

}  // namespace meshka::apiserver
