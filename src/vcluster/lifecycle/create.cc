#include "vcluster/lifecycle/create.h"

#include "base/strings.h"
#include "io/async.h"
#include "vcluster/lifecycle/resources.h"
#include "vcluster/limits.h"

namespace meshka::vcluster {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

// DNS-1123 label, and short enough that NAME-headless and the pod's NAME-0 still are.
Result<void> checkName(std::string_view name, std::string_view what) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  bool good = !name.empty() && name.size() <= 52 && plain(name.front()) && plain(name.back());
  for (const char c : name) good = good && (plain(c) || c == '-');
  if (good) return {};
  std::string fix;
  for (const char c : toLower(name)) fix += plain(c) ? c : '-';
  return fail(Code::kInvalid,
              cat(what, " \"", name,
                  "\" is not valid: use at most 52 lower-case letters, digits and '-', such as \"",
                  trim(fix), "\""));
}

Value condition(Value pod, std::string_view type) {
  for (const Value c : pod["status"]["conditions"].elements()) {
    if (c["type"].text() == type) return c;
  }
  return {};
}

struct Created {
  client::Resource resource;
  std::string ns;
  std::string name;
};

// Newest first, so that owners go after what they own.
Task<void> rollBack(io::World& world, client::ApiClient& host, std::vector<Created> created) {
  for (auto it = created.rbegin(); it != created.rend(); ++it) {
    const auto removed = co_await host.remove(it->resource, it->ns, it->name, {},
                                              world.clock().now() + kCallTimeout);
    if (!removed && removed.error().code() != Code::kNotFound) {
      world.log.warn("roll back failed",
                     {{"object", it->name}, {"error", removed.error().message()}});
    }
  }
}

// Creates, or with `upgrade` merges into what is there; notes what is new.
Task<Result<void>> applyObject(io::World& world, client::ApiClient& host, doc::Doc object,
                               bool upgrade, std::vector<Created>& created) {
  const client::Resource resource = resourceOf(object);
  const std::string ns(object["metadata"]["namespace"].text());
  const std::string name(object["metadata"]["name"].text());
  const Instant deadline = world.clock().now() + kCallTimeout;
  auto made = co_await host.create(resource, ns, object, deadline);
  if (made) {
    created.push_back({resource, ns, name});
    co_return Result<void>();
  }
  if (made.error().code() != Code::kAlreadyExists || !upgrade) co_return fail(made.error());
  auto patched =
      co_await host.patch(resource, ns, name, client::PatchType::kMerge, object, deadline);
  if (!patched) co_return fail(patched.error());
  co_return Result<void>();
}

Task<Result<void>> ensureNamespace(io::World& world, client::ApiClient& host, std::string name,
                                   Output& output, std::vector<Created>& created) {
  const Instant deadline = world.clock().now() + kCallTimeout;
  auto found = co_await host.get(namespaces(), "", name, deadline);
  if (found && (*found)["metadata"]["deletionTimestamp"].exists()) {
    co_return fail(Code::kConflict,
                   cat("namespace \"", name, "\" is being deleted; try again when it is gone"));
  }
  if (found || found.error().code() == Code::kForbidden) co_return Result<void>();
  if (found.error().code() != Code::kNotFound) co_return fail(found.error());
  output.info(cat("Creating namespace ", name));
  Draft object = Draft::object({{"apiVersion", "v1"}, {"kind", "Namespace"}});
  object["metadata"] = Draft::object(
      {{"name", name}, {"annotations", Draft::object({{"vcluster.loft.sh/created", "true"}})}});
  auto made = co_await host.create(namespaces(), "", object.finish(), deadline);
  if (!made) co_return fail(made.error());
  created.push_back({namespaces(), "", name});
  co_return Result<void>();
}

Task<Result<void>> createAll(io::World& world, client::ApiClient& host,
                             const CreateRequest& request, Output& output,
                             std::vector<Created>& created) {
  MESHKA_CO_CHECK(co_await ensureNamespace(world, host, request.host_namespace, output, created));
  const ChartInput input{
      {request.name, request.host_namespace}, request.values, request.server_image};
  for (const doc::Doc& object : chartObjects(input)) {
    auto applied = co_await applyObject(world, host, object, request.upgrade, created);
    if (!applied) {
      co_return fail(applied.error().with(
          cat(toLower(object["kind"].text()), " \"", object["metadata"]["name"].text(), "\"")));
    }
  }
  co_return co_await waitUntilReady(world, host, input.tenant, world.clock().now() + kCreateTimeout,
                                    output);
}

}  // namespace

std::string blockingCause(Value pod) {
  if (!pod.exists()) return "no control plane pod yet";
  if (condition(pod, "Ready")["status"].text() == "True") return {};
  const Value scheduled = condition(pod, "PodScheduled");
  if (scheduled["status"].text() == "False")
    return cat("not scheduled: ", scheduled["message"].text());
  for (const Value status : pod["status"]["containerStatuses"].elements()) {
    const Value waiting = status["state"]["waiting"];
    if (waiting.exists()) {
      const std::string_view message = waiting["message"].text();
      return cat(waiting["reason"].text(), message.empty() ? "" : ": ", message);
    }
    const Value ended = status["state"]["terminated"];
    if (ended.exists()) return cat("container ended with exit code ", ended["exitCode"].integer());
  }
  return "the control plane starts";
}

Task<Result<void>> waitUntilReady(io::World& world, client::ApiClient& host, Tenant tenant,
                                  Instant deadline, Output& output) {
  client::ListOptions options;
  options.label_selector = cat("app=vcluster,release=", tenant.name);
  Instant speak_at = world.clock().now() + kQuietWait;
  doc::Doc pod;
  for (;;) {
    auto listed = co_await host.list(pods(), tenant.host_namespace, options, deadline);
    if (!listed) co_return fail(listed.error());
    pod = listed->items.empty() ? doc::Doc() : listed->items.back();
    client::ListOptions from = options;
    from.resource_version = listed->resource_version;
    auto stream = co_await host.watch(pods(), tenant.host_namespace, from, deadline);
    if (!stream) co_return fail(stream.error());
    for (;;) {
      if (blockingCause(pod).empty()) co_return Result<void>();
      auto event = co_await io::withDeadline(world.loop, std::min(deadline, speak_at),
                                             (*stream)->next(), "watch pods");
      const Instant now = world.clock().now();
      if (event && event->type != client::WatchEvent::Type::kBookmark &&
          event->type != client::WatchEvent::Type::kError) {
        pod = event->type == client::WatchEvent::Type::kDeleted ? doc::Doc() : event->object;
        continue;
      }
      if (now >= deadline) {
        co_return fail(Code::kTimeout, cat("virtual cluster \"", tenant.name,
                                           "\" did not come up: ", blockingCause(pod)));
      }
      if (now >= speak_at) {
        output.info(cat("Waiting for vcluster to come up... (", blockingCause(pod), ")"));
        speak_at = kNever;
      }
      if (!event && event.error().code() != Code::kTimeout) break;  // the stream ended: list again
    }
  }
}

Task<Result<void>> createVirtualCluster(io::World& world, client::ApiClient& host,
                                        CreateRequest request, Output& output) {
  MESHKA_CO_CHECK(checkName(request.name, "virtual cluster name"));
  MESHKA_CO_CHECK(checkName(request.host_namespace, "namespace"));
  auto existing = co_await host.get(statefulSets(), request.host_namespace, request.name,
                                    world.clock().now() + kCallTimeout);
  if (existing && !request.upgrade) {
    co_return fail(Code::kAlreadyExists,
                   cat("vcluster ", request.name, " already exists in namespace ",
                       request.host_namespace, "; use --upgrade to change it, or `vcluster delete ",
                       request.name, " -n ", request.host_namespace, "` first"));
  }
  if (!existing && existing.error().code() != Code::kNotFound) co_return fail(existing.error());
  std::vector<Created> created;
  auto result = co_await createAll(world, host, request, output, created);
  if (!result) {
    co_await rollBack(world, host, std::move(created));
    co_return fail(result.error());
  }
  output.done(cat("Successfully created virtual cluster ", request.name, " in namespace ",
                  request.host_namespace, ". \n- Use 'vcluster connect ", request.name,
                  " --namespace ", request.host_namespace,
                  "' to access the virtual cluster\n- Use `vcluster connect ", request.name,
                  " --namespace ", request.host_namespace,
                  " -- kubectl get ns` to run a command directly within the vcluster"));
  co_return Result<void>();
}

}  // namespace meshka::vcluster
