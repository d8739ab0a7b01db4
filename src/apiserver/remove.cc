// delete and deletecollection: finalizers, grace, preconditions, propagation.
#include "apiserver/admission/webhooks.h"
#include "apiserver/engine.h"
#include "apiserver/limits.h"
#include "apiserver/status.h"
#include "apiserver/strategy.h"
#include "base/strings.h"
#include "io/async.h"

namespace meshka::apiserver {

namespace {

constexpr int64_t kDefaultPodGrace = 30;

bool isPod(const api::Kind& kind) {
  return kind->storage_group.empty() && kind->storage_plural == "pods";
}

// Seconds that the object may live on; 0: it goes now, if no finalizer holds it.
int64_t graceOf(const api::Kind& kind, doc::Value object, std::optional<int64_t> wanted) {
  if (!isPod(kind)) return 0;
  const std::string_view phase = object["status"]["phase"].text();
  // A pod that runs nowhere has nobody who could end it gently.
  if (object["spec"]["nodeName"].text().empty() || phase == "Succeeded" || phase == "Failed")
    return 0;
  if (wanted) return *wanted;
  return object["spec"]["terminationGracePeriodSeconds"].integer(kDefaultPodGrace);
}

void setFinalizer(doc::Draft& meta, std::string_view name, bool wanted) {
  doc::Draft kept = doc::Draft::array();
  const doc::Doc before = meta.contains("finalizers") ? meta["finalizers"].finish() : doc::Doc();
  for (doc::Value f : before.value().elements()) {
    if (f.text() != name) kept.push(f);
  }
  if (wanted) kept.push(name);
  if (kept.size() == 0)
    meta.erase("finalizers");
  else
    meta["finalizers"] = std::move(kept);
}

// The object as it stays behind while finalizers or grace hold it; equal to `old` when nothing
// changes any more.
doc::Doc markDeleted(const api::Kind& kind, const doc::Doc& old, const DeleteRequest& request,
                     WallTime now) {
  doc::Draft draft(old);
  doc::Draft& meta = draft["metadata"];
  const doc::Value old_meta = old["metadata"];
  if (request.propagation != Propagation::kDefault) {
    setFinalizer(meta, "foregroundDeletion", request.propagation == Propagation::kForeground);
    setFinalizer(meta, "orphan", request.propagation == Propagation::kOrphan);
  }
  const int64_t grace = graceOf(kind, old, request.grace_seconds);
  const bool marked = old_meta["deletionTimestamp"].exists();
  if (!marked || grace < old_meta["deletionGracePeriodSeconds"].integer()) {
    // A later delete may only shorten the time that is left.
    meta["deletionTimestamp"] = toRfc3339(now + seconds(grace));
    meta["deletionGracePeriodSeconds"] = grace;
    if (!marked && old_meta["generation"].exists())
      meta["generation"] = old_meta["generation"].integer() + 1;
  }
  if (kind->storage_group.empty() && kind->storage_plural == "namespaces")
    draft["status"]["phase"] = "Terminating";
  return draft.finish();
}

Result<void> checkPreconditions(const Attributes& a, const DeleteRequest& request,
                                doc::Value meta) {
  const std::string_view uid = meta["uid"].text();
  if (!request.uid.empty() && request.uid != uid) {
    return fail(conflict(a.group, a.resource, a.name,
                         cat("Precondition failed: UID in precondition: ", request.uid,
                             ", UID in object meta: ", uid)));
  }
  const std::string_view revision = meta["resourceVersion"].text();
  if (!request.resource_version.empty() && request.resource_version != revision) {
    return fail(conflict(
        a.group, a.resource, a.name,
        cat("Precondition failed: ResourceVersion in precondition: ", request.resource_version,
            ", ResourceVersion in object meta: ", revision)));
  }
  return {};
}

}  // namespace

io::Task<Result<Answer>> Engine::removeItem(Call& call, store::Item item) {
  const Attributes& a = call.attributes;
  AdmissionRequest request = admissionRequest(call, Operation::kDelete, {}, item.value);
  request.name = a.name;
  for (auto& plugin : chain_) MESHKA_CO_CHECK(plugin->validate(request));
  if (parts_.webhooks != nullptr) MESHKA_CO_CHECK(co_await parts_.webhooks->validate(request));
  for (int attempt = 1;; ++attempt) {
    MESHKA_CO_CHECK(checkPreconditions(a, call.removal, item.value["metadata"]));
    const doc::Doc marked =
        markDeleted(*call.kind, item.value, call.removal, world_.clock().wall());
    const bool gone = readyToVanish(*call.kind, marked);
    Answer out;
    out.is_kind = !gone;
    const std::string uid(item.value["metadata"]["uid"].text());
    const bool unchanged = !gone && marked.value() == item.value.value();
    if (gone) out.object = successStatus(a.group, a.resource, a.name, uid);
    if (!gone && (call.removal.dry_run || unchanged)) {
      MESHKA_CO_TRY(out.object, objects_.present(*call.kind, marked));
    }
    if (call.removal.dry_run || unchanged) co_return out;
    std::vector<store::Write> writes(1);
    writes[0].key = item.key;
    writes[0].expected = item.modified;
    if (!gone) writes[0].value = marked;
    auto committed = co_await objects_.store().commit(std::move(writes));
    if (committed) {
      if (!gone) {
        MESHKA_CO_TRY(out.object, objects_.present(*call.kind, committed->values[0]));
      }
      co_return out;
    }
    const Code code = committed.error().code();
    if (code != Code::kConflict && code != Code::kNotFound) co_return fail(committed.error());
    if (attempt >= kMaxPatchAttempts) co_return fail(objectModified(a.group, a.resource, a.name));
    co_await io::sleepFor(world_.loop, millis(1));
    auto again = stored(call);
    if (!again) co_return fail(again.error());
    item = std::move(*again);
  }
}

io::Task<Result<Answer>> Engine::remove(Call& call) {
  auto item = stored(call);
  if (!item) co_return fail(item.error());
  co_return co_await removeItem(call, std::move(*item));
}

io::Task<Result<Answer>> Engine::removeCollection(Call& call) {
  MESHKA_CO_TRY(ListPlan plan, planList(call));
  MESHKA_CO_TRY(store::Page page, objects_.store().list(plan.range));
  Answer out;
  ListAnswer& answer = out.list.emplace();
  const size_t limit =
      call.options.limit > 0 ? static_cast<size_t>(call.options.limit) : kMaxCollectionDeletes;
  const DeleteRequest removal = call.removal;
  for (store::Item& item : page.items) {
    if (answer.items.size() >= limit) break;
    if (!plan.selection.matches(item.value)) continue;
    Call one;
    one.user = call.user;
    one.attributes = call.attributes;
    one.attributes.verb = "delete";
    one.attributes.name = item.key.name;
    one.kind = call.kind;
    one.options = call.options;
    one.removal = removal;
    MESHKA_CO_TRY(doc::Doc shown, objects_.present(*call.kind, item.value));
    auto removed = co_await removeItem(one, std::move(item));
    if (!removed && removed.error().code() != Code::kNotFound) co_return fail(removed.error());
    for (const std::string& w : one.warnings.all()) call.warnings.add(w);
    answer.items.push_back(std::move(shown));
  }
  answer.revision = objects_.store().current();
  co_return out;
}

}  // namespace meshka::apiserver
