#include "vcluster/lifecycle/connect.h"

#include "base/strings.h"
#include "doc/yaml.h"
#include "io/async.h"
#include "vcluster/lifecycle/resources.h"
#include "vcluster/limits.h"

namespace meshka::vcluster {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

// Waits until `good` accepts the named object. `announce` is printed once, after kQuietWait.
Task<Result<doc::Doc>> waitForObject(io::World& world, client::ApiClient& host,
                                     client::Resource resource, std::string ns, std::string name,
                                     bool (*good)(Value), Instant deadline, std::string announce,
                                     Output& output) {
  client::ListOptions options;
  options.field_selector = cat("metadata.name=", name);
  Instant speak_at = world.clock().now() + kQuietWait;
  for (;;) {
    auto listed = co_await host.list(resource, ns, options, deadline);
    if (!listed) co_return fail(listed.error());
    for (const doc::Doc& item : listed->items) {
      if (good(item)) co_return item;
    }
    client::ListOptions from = options;
    from.resource_version = listed->resource_version;
    auto stream = co_await host.watch(resource, ns, from, deadline);
    if (!stream) co_return fail(stream.error());
    for (;;) {
      auto event = co_await io::withDeadline(world.loop, std::min(deadline, speak_at),
                                             (*stream)->next(), announce);
      const Instant now = world.clock().now();
      if (event && good(event->object)) co_return event->object;
      if (event) continue;
      if (now >= deadline)
        co_return fail(Code::kTimeout,
                       cat(announce, " gave up: ", name, " did not get ready in time"));
      if (now >= speak_at) {
        output.info(announce);
        speak_at = kNever;
      }
      if (event.error().code() != Code::kTimeout) break;  // the stream ended: list again
    }
  }
}

bool hasConfig(Value secret) {
  return secret["data"]["config"].exists();
}

Value firstIngress(Value service) {
  return service["status"]["loadBalancer"]["ingress"][size_t{0}];
}
bool hasIngress(Value service) {
  return firstIngress(service).exists();
}

Task<Result<void>> findPod(io::World& world, client::ApiClient& host,
                           const ConnectRequest& request) {
  client::ListOptions options;
  options.label_selector = cat("app=vcluster,release=", request.name);
  const Instant deadline = world.clock().now() + kPodTimeout;
  for (;;) {
    auto listed =
        co_await host.list(pods(), request.host_namespace, options, deadline + kCallTimeout);
    if (!listed) co_return fail(listed.error());
    if (!listed->items.empty()) co_return Result<void>();
    options.resource_version = listed->resource_version;
    auto stream = co_await host.watch(pods(), request.host_namespace, options, deadline);
    if (stream)
      (void)co_await io::withDeadline(world.loop, deadline, (*stream)->next(), "watch pods");
    if (world.clock().now() >= deadline) break;
    options.resource_version.clear();
  }
  co_return fail(Code::kNotFound,
                 cat("can't find a running vcluster pod in namespace ", request.host_namespace,
                     " for \"", request.name, "\"; `vcluster list` shows what is there"));
}

Task<Result<std::string>> findServer(io::World& world, client::ApiClient& host,
                                     const ConnectRequest& request, Output& output) {
  if (!request.server.empty()) {
    co_return request.server.starts_with("https://") ? request.server
                                                     : cat("https://", request.server);
  }
  MESHKA_CO_TRY(doc::Doc service,
                co_await host.get(services(), request.host_namespace, request.name,
                                  world.clock().now() + kCallTimeout));
  if (service["spec"]["type"].text() != "LoadBalancer") {
    co_return fail(Code::kUnsupported, cat("service \"", request.name, "\" is of type ",
                                           service["spec"]["type"].text("ClusterIP"),
                                           ": forwarding a port to it is not supported yet; create "
                                           "the virtual cluster with --expose, or name "
                                           "a reachable address with --server"));
  }
  MESHKA_CO_TRY(
      service, co_await waitForObject(world, host, services(), request.host_namespace, request.name,
                                      hasIngress, world.clock().now() + kLoadBalancerTimeout,
                                      "Waiting for vcluster LoadBalancer ip...", output));
  const Value ingress = firstIngress(service);
  const std::string address(ingress["hostname"].text(ingress["ip"].text()));
  output.info(cat("Using vcluster ", request.name, " load balancer endpoint: ", address));
  co_return cat("https://", address);
}

}  // namespace

std::string contextName(const Tenant& tenant) {
  return cat("vcluster_", tenant.host_namespace, "_", tenant.name);
}

Result<Connection> connectionFromSecret(Value secret, const Tenant& tenant, std::string server) {
  const auto config = base64Decode(secret["data"]["config"].text());
  if (!config)
    return fail(Code::kInvalid, cat("secret \"vc-", tenant.name, "\": data.config is not base64"));
  MESHKA_TRY(const doc::Doc parsed, doc::parseYamlDocument(*config));
  Connection out;
  out.context = contextName(tenant);
  Draft cluster(parsed["clusters"][size_t{0}]["cluster"]);
  const doc::Doc user = parsed["users"][size_t{0}]["user"].doc();
  if (!cluster.isObject() || !user.value().isObject()) {
    return fail(Code::kInvalid,
                cat("secret \"vc-", tenant.name, "\": data.config has no cluster or no user"));
  }
  cluster["server"] = server;
  out.server = std::move(server);
  out.cluster = cluster.finish();
  out.user = user;
  return out;
}

Task<Result<Connection>> connectVirtualCluster(io::World& world, client::ApiClient& host,
                                               ConnectRequest request, Probe& probe,
                                               Output& output) {
  const Tenant tenant{request.name, request.host_namespace};
  MESHKA_CO_CHECK(co_await findPod(world, host, request));
  MESHKA_CO_TRY(const doc::Doc secret,
                co_await waitForObject(world, host, secrets(), request.host_namespace,
                                       cat("vc-", request.name), hasConfig,
                                       world.clock().now() + kSecretTimeout,
                                       "Waiting for vcluster to come up...", output));
  MESHKA_CO_TRY(std::string server, co_await findServer(world, host, request, output));
  MESHKA_CO_TRY(Connection connection, connectionFromSecret(secret, tenant, std::move(server)));
  // The address is in the certificate only once the control plane has seen it in its Service.
  const Instant deadline = world.clock().now() + kLoadBalancerTimeout;
  Duration pause = millis(20);
  for (;;) {
    auto answered =
        co_await probe(connection, std::min(deadline, world.clock().now() + kCallTimeout));
    if (answered) co_return connection;
    if (world.clock().now() + pause >= deadline) {
      co_return fail(answered.error().with(
          cat("virtual cluster \"", request.name, "\" does not answer at ", connection.server)));
    }
    co_await io::sleepFor(world.loop, pause);
    pause = std::min(pause * 2, seconds(1));
  }
}

}  // namespace meshka::vcluster
