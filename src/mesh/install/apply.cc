#include "mesh/install/apply.h"

#include "base/strings.h"
#include "doc/json.h"
#include "mesh/install/limits.h"
#include "mesh/install/owner.h"

namespace meshka::mesh {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

bool allNamed(Value list) {
  for (const Value element : list.elements())
    if (!element["name"].isString()) return false;
  return !list.empty();
}

Value named(Value list, std::string_view name) {
  for (const Value element : list.elements())
    if (element["name"].text() == name) return element;
  return {};
}

Draft merged(Value live, Value last, Value desired);

// Element by element where the live list has the same things, so that what the server filled in
// stays.
Draft mergedList(Value live, Value last, Value desired) {
  const bool by_name = allNamed(live) && allNamed(desired);
  if (!by_name && live.size() != desired.size()) return Draft(desired);
  Draft out = Draft::array();
  for (size_t i = 0; i < desired.size(); ++i) {
    const std::string_view name = desired[i]["name"].text();
    out.push(merged(by_name ? named(live, name) : live[i], by_name ? named(last, name) : last[i],
                    desired[i]));
  }
  return out;
}

// istiod fills in the bundle, and has the validator fail closed once it can answer.
bool belongsToIstiod(std::string_view key, Value live, Value desired) {
  return (key == "caBundle" && desired.text() == "") ||
         (key == "failurePolicy" && desired.text() == "Ignore" && live.text() == "Fail");
}

Draft merged(Value live, Value last, Value desired) {
  if (desired.isArray() && live.isArray()) return mergedList(live, last, desired);
  if (!desired.isObject() || !live.isObject()) return Draft(desired);
  Draft out(live);
  for (const auto& [key, value] : last.members()) {
    if (!desired[key].exists()) out.erase(key);
  }
  for (const auto& [key, value] : desired.members()) {
    const Value there = live[key];
    if (there.exists() && belongsToIstiod(key, there, value)) continue;
    out[key] = merged(there, last[key], value);
  }
  return out;
}

// An empty bundle is no bundle: some servers refuse it, others do not store it.
void dropEmptyBundles(Draft& object) {
  Draft* webhooks = object.find("webhooks");
  if (webhooks == nullptr) return;
  for (size_t i = 0; i < webhooks->size(); ++i) {
    if (!webhooks->at(i).isObject()) continue;
    Draft* config = webhooks->at(i).find("clientConfig");
    if (config == nullptr || !config->isObject()) continue;
    const Draft* bundle = config->find("caBundle");
    if (bundle != nullptr && bundle->text() == "") config->erase("caBundle");
  }
}

std::string describe(Value object) {
  return cat(object["kind"].text(), " ", object["metadata"]["name"].text());
}

// The object and, inside it, its own text for the next run's comparison.
doc::Doc withLastApplied(const doc::Doc& desired) {
  Draft out(desired);
  dropEmptyBundles(out);
  const std::string text = doc::toJson(out.finish());
  out["metadata"]["annotations"][kLastApplied] = text;
  return out.finish();
}

doc::Doc lastApplied(Value live) {
  auto parsed = doc::parseJson(live["metadata"]["annotations"][kLastApplied].text("null"));
  return parsed ? std::move(*parsed) : doc::Doc();
}

Task<Result<Applied>> attempt(io::World& world, client::ApiClient& api, const doc::Doc& desired,
                              bool dry_run) {
  const client::Resource resource = resourceOf(desired);
  const std::string ns(desired["metadata"]["namespace"].text());
  const std::string name(desired["metadata"]["name"].text());
  const Instant deadline = world.clock().now() + kInstallCallTimeout;
  auto live = co_await api.get(resource, ns, name, deadline);
  if (!live && live.error().code() != Code::kNotFound) co_return fail(live.error());
  if (!live) {
    if (dry_run) co_return Applied::kCreated;
    auto created = co_await api.create(resource, ns, desired, deadline);
    if (!created) co_return fail(created.error());
    co_return Applied::kCreated;
  }
  const doc::Doc wanted = mergeThreeWay(*live, lastApplied(*live), desired);
  if (wanted == *live) co_return Applied::kUnchanged;
  if (dry_run) co_return Applied::kChanged;
  auto updated = co_await api.update(resource, ns, wanted, deadline);
  if (!updated) co_return fail(updated.error());
  // A server that normalizes what it is given stores what was there: nothing was written.
  const bool same = (*updated)["metadata"]["resourceVersion"].text() ==
                    (*live)["metadata"]["resourceVersion"].text();
  co_return same ? Applied::kUnchanged : Applied::kChanged;
}

}  // namespace

doc::Doc mergeThreeWay(Value live, Value last, Value desired) {
  return merged(live, last, desired).finish();
}

Task<Result<Applied>> applyObject(io::World& world, client::ApiClient& api, doc::Doc desired,
                                  bool dry_run) {
  const doc::Doc wanted = withLastApplied(desired);
  for (int left = kConflictRetries;; --left) {
    auto applied = co_await attempt(world, api, wanted, dry_run);
    if (applied) co_return *applied;
    const Code code = applied.error().code();
    const bool again = code == Code::kConflict || code == Code::kAlreadyExists;
    if (!again || left == 0) co_return fail(applied.error().with(describe(desired)));
  }
}

}  // namespace meshka::mesh
