#include "mgmt/lifecycle/wait.h"

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "io/async.h"
#include "mgmt/lifecycle/limits.h"
#include "mgmt/lifecycle/resources.h"

namespace meshka::mgmt {

using doc::Doc;
using doc::Value;
using io::Task;

namespace {

Value condition(Value object, std::string_view type) {
  for (const Value c : object["status"]["conditions"].elements()) {
    if (c["type"].text() == type) return c;
  }
  return {};
}

std::string containerProblem(Value statuses) {
  for (const Value status : statuses.elements()) {
    const std::string name = cat("container ", status["name"].text());
    const Value waiting = status["state"]["waiting"];
    if (waiting.exists()) {
      const Value last = status["lastState"]["terminated"];
      std::string text = cat(name, ": ", waiting["reason"].text("Waiting"));
      if (!waiting["message"].text().empty()) text += cat(": ", waiting["message"].text());
      if (last.exists()) text += cat(" (it ended with exit code ", last["exitCode"].integer(), ")");
      return text;
    }
    const Value ended = status["state"]["terminated"];
    if (ended.exists() && ended["exitCode"].integer() != 0)
      return cat(name, " ended with exit code ", ended["exitCode"].integer());
  }
  return {};
}

// What waiting does not mend, when it is still so some time after it was first seen.
bool isHopeless(std::string_view why) {
  for (const char* reason : {"ImagePullBackOff", "ErrImagePull", "InvalidImageName",
                             "CrashLoopBackOff", "CreateContainerConfigError"})
    if (why.find(reason) != why.npos) return true;
  return false;
}

// The Deployments of a namespace that are waited for.
struct Board {
  std::map<std::string, bool> available;
  void see(Value deployment, bool deleted, const Stopwatch& watch, Progress& progress) {
    const auto at = available.find(std::string(deployment["metadata"]["name"].text()));
    if (at == available.end()) return;
    const bool now = !deleted && isAvailable(deployment);
    if (now && !at->second) progress.done(cat("deployment ", at->first, " ready"), watch.elapsed());
    at->second = now;
  }
  std::vector<std::string> missing() const {
    std::vector<std::string> out;
    for (const auto& [name, ready] : available)
      if (!ready) out.push_back(name);
    return out;
  }
};

}  // namespace

bool isAvailable(Value deployment) {
  const Value status = deployment["status"];
  const int64_t wanted = deployment["spec"]["replicas"].integer(1);
  return status["observedGeneration"].integer() >= deployment["metadata"]["generation"].integer() &&
         status["updatedReplicas"].integer() >= wanted &&
         status["replicas"].integer() <= status["updatedReplicas"].integer() &&
         status["availableReplicas"].integer() >= wanted;
}

std::string podProblem(Value pod) {
  if (condition(pod, "Ready")["status"].text() == "True") return {};
  const Value scheduled = condition(pod, "PodScheduled");
  if (scheduled["status"].text() == "False")
    return cat("not scheduled: ", scheduled["message"].text());
  std::string problem = containerProblem(pod["status"]["initContainerStatuses"]);
  if (problem.empty()) problem = containerProblem(pod["status"]["containerStatuses"]);
  if (!problem.empty()) return problem;
  for (const Value status : pod["status"]["containerStatuses"].elements()) {
    if (!status["ready"].boolean())
      return cat("container ", status["name"].text(), " is not ready");
  }
  return cat("phase ", pod["status"]["phase"].text("Pending"));
}

Task<std::string> whyNotReady(io::World& world, client::ApiClient& api, std::string ns,
                              std::string app) {
  const Instant deadline = world.clock().now() + kObjectTimeout;
  client::ListOptions options;
  options.label_selector = cat("app=", app);
  const auto pods = co_await api.list(resources::pods(), ns, options, deadline);
  if (!pods) co_return pods.error().message();
  if (pods->items.empty()) co_return cat("deployment ", app, " has no pod");
  for (const Doc& pod : pods->items) {
    const std::string problem = podProblem(pod);
    if (problem.empty() || pod["metadata"]["deletionTimestamp"].exists()) continue;
    const std::string name(pod["metadata"]["name"].text());
    std::string text = cat("pod ", name, ": ", problem);
    client::ListOptions of_pod;
    of_pod.field_selector = cat("involvedObject.name=", name, ",type=Warning");
    const auto events = co_await api.list(resources::events(), ns, of_pod, deadline);
    const Doc* newest = nullptr;
    if (events) {
      for (const Doc& event : events->items) {
        if (newest == nullptr || event["lastTimestamp"].text() >= (*newest)["lastTimestamp"].text())
          newest = &event;
      }
    }
    if (newest != nullptr) text += cat("; ", trim((*newest)["message"].text()));
    co_return text;
  }
  co_return std::string();
}

Task<Result<void>> waitForDeployments(io::World& world, client::ApiClient& api, std::string ns,
                                      std::vector<std::string> names, Instant deadline,
                                      Progress& progress) {
  const Stopwatch watch(world.clock());
  Instant look_at = world.clock().now() + kQuietWait;
  bool spoken = false;
  Board board;
  for (const std::string& name : names) board.available[name] = false;
  for (;;) {
    auto listed = co_await api.list(resources::deployments(), ns, {}, deadline);
    if (!listed) co_return fail(listed.error());
    for (const Doc& deployment : listed->items) board.see(deployment, false, watch, progress);
    client::ListOptions from;
    from.resource_version = listed->resource_version;
    auto stream = co_await api.watch(resources::deployments(), ns, from, deadline);
    if (!stream) co_return fail(stream.error());
    for (;;) {
      const std::vector<std::string> missing = board.missing();
      if (missing.empty()) co_return Result<void>();
      auto event = co_await io::withDeadline(world.loop, std::min(deadline, look_at),
                                             (*stream)->next(), "watch deployments");
      const Instant now = world.clock().now();
      if (now >= deadline || now >= look_at) {
        const std::string why = co_await whyNotReady(world, api, ns, missing.front());
        if (now >= deadline || (spoken && isHopeless(why))) {
          co_return fail(Code::kTimeout, cat("deployment \"", missing.front(), "\" in namespace ",
                                             ns, " did not become ready: ", why));
        }
        if (!spoken) progress.step(cat("waiting for ", join(missing, ", "), ": ", why));
        spoken = true;
        look_at = now + kHopelessAfter;
        if (!event && event.error().code() == Code::kTimeout) continue;
      }
      if (!event || event->type == client::WatchEvent::Type::kError) break;  // list again
      board.see(event->object, event->type == client::WatchEvent::Type::kDeleted, watch, progress);
    }
  }
}

Task<Result<Doc>> waitForObject(io::World& world, client::ApiClient& api, client::Resource resource,
                                std::string ns, std::string name, Wanted wanted, Instant deadline,
                                std::string what) {
  client::ListOptions options;
  options.field_selector = cat("metadata.name=", name);
  for (;;) {
    auto listed = co_await api.list(resource, ns, options, deadline);
    if (!listed) co_return fail(listed.error());
    Doc object = listed->items.empty() ? Doc() : listed->items.front();
    client::ListOptions from = options;
    from.resource_version = listed->resource_version;
    std::unique_ptr<client::WatchStream> stream;
    for (;;) {
      if (wanted(object)) co_return object;
      if (stream == nullptr) {
        auto opened = co_await api.watch(resource, ns, from, deadline);
        if (!opened) co_return fail(opened.error());
        stream = std::move(*opened);
      }
      auto event = co_await io::withDeadline(world.loop, deadline, stream->next(), "watch");
      if (world.clock().now() >= deadline) co_return fail(Code::kTimeout, what);
      if (!event || event->type == client::WatchEvent::Type::kError) break;  // list again
      if (event->type == client::WatchEvent::Type::kBookmark) continue;
      object = event->type == client::WatchEvent::Type::kDeleted ? Doc() : event->object;
    }
  }
}

std::string addressOf(Value service) {
  const Value ingress = service["status"]["loadBalancer"]["ingress"][size_t{0}];
  return std::string(ingress["ip"].text(ingress["hostname"].text()));
}

Task<Result<std::string>> waitForAddress(io::World& world, client::ApiClient& api, std::string ns,
                                         std::string service, Instant deadline) {
  MESHKA_CO_TRY(const Doc found,
                co_await waitForObject(
                    world, api, resources::services(), ns, service,
                    [](Value object) { return !addressOf(object).empty(); }, deadline,
                    cat("service \"", service, "\" in namespace ", ns,
                        " has no external address: does this cluster give LoadBalancer Services "
                        "one?")));
  co_return addressOf(found);
}

}  // namespace meshka::mgmt
