#include "control/workload/pods_of.h"

#include "base/strings.h"

namespace meshka::control {

using doc::Draft;
using doc::Value;

bool PodControl::caughtUp(const std::string& owner_uid) {
  const auto waiting = created_.find(owner_uid);
  if (waiting == created_.end()) return true;
  const Instant now = context_.world.clock().now();
  client::Collection& pods = context_.collection(core("pods"));
  std::erase_if(waiting->second, [&](const auto& entry) {
    return pods.get(entry.first.ns, entry.first.name) != nullptr ||
           now - entry.second > kExpectationAge;
  });
  if (!waiting->second.empty()) return false;
  created_.erase(waiting);
  return true;
}

std::vector<doc::Doc> PodControl::podsOf(const std::string& owner_uid) {
  std::vector<doc::Doc> pods = context_.collection(core("pods")).byIndex(kByController, owner_uid);
  for (doc::Doc& pod : pods) {
    const std::string uid(pod["metadata"]["uid"].text());
    if (!deleted_.contains(uid)) continue;
    if (pod["metadata"]["deletionTimestamp"].exists()) {
      deleted_.erase(uid);  // the collection knows it now
      continue;
    }
    Draft leaving(pod);
    leaving["metadata"]["deletionTimestamp"] = toRfc3339(context_.world.clock().wall());
    pod = leaving.finish();
  }
  return pods;
}

io::Task<Result<void>> PodControl::create(doc::Doc owner, std::string kind, doc::Doc pod) {
  const std::string ns(owner["metadata"]["namespace"].text());
  auto made = co_await context_.client.create(core("pods"), ns, pod, context_.deadline());
  if (!made) {
    if (made.error().code() == Code::kAlreadyExists) co_return Result<void>();
    context_.events.record(owner, kind, "apps/v1", component_, "Warning", "FailedCreate",
                           cat("Error creating: ", made.error().message()));
    co_return fail(made.error());
  }
  const client::ObjectKey key = client::ObjectKey::of(*made);
  created_[std::string(owner["metadata"]["uid"].text())][key] = context_.world.clock().now();
  context_.events.record(owner, kind, "apps/v1", component_, "Normal", "SuccessfulCreate",
                         cat("Created pod: ", key.name));
  co_return Result<void>();
}

io::Task<Result<void>> PodControl::remove(doc::Doc owner, std::string kind, doc::Doc pod) {
  const client::ObjectKey key = client::ObjectKey::of(pod);
  client::DeleteOptions options;
  options.uid = pod["metadata"]["uid"].text();
  auto removed =
      co_await context_.client.remove(core("pods"), key.ns, key.name, options, context_.deadline());
  if (!removed && removed.error().code() != Code::kNotFound) co_return fail(removed.error());
  if (deleted_.size() > kMaxEventsRemembered)
    deleted_.clear();  // forgetting costs one needless call
  deleted_.insert(options.uid);
  context_.events.record(owner, kind, "apps/v1", component_, "Normal", "SuccessfulDelete",
                         cat("Deleted pod: ", key.name));
  co_return Result<void>();
}

Draft podFromTemplate(Value pod_template, Value owner, std::string_view api_version,
                      std::string_view kind) {
  Draft pod = Draft::object({{"apiVersion", "v1"}, {"kind", "Pod"}});
  pod["metadata"] = Draft::object({{"namespace", owner["metadata"]["namespace"]}});
  for (const char* field : {"labels", "annotations", "finalizers"}) {
    if (pod_template["metadata"][field].exists())
      pod["metadata"][field] = pod_template["metadata"][field];
  }
  pod["metadata"]["ownerReferences"] =
      Draft::array({controllerReference(owner, api_version, kind)});
  pod["spec"] = pod_template["spec"];
  return pod;
}

}  // namespace meshka::control
