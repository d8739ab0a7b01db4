#include "mgmt/objects/applier.h"

#include "base/digest.h"
#include "base/strings.h"
#include "doc/json.h"
#include "mgmt/limits.h"

namespace meshka::mgmt {

using client::ObjectKey;
using doc::Doc;
using doc::Draft;
using doc::Value;
using io::Task;

std::string referenceOf(Value object) {
  const std::string_view version = object["apiVersion"].text();
  const size_t slash = version.find('/');
  std::string out(object["kind"].text());
  if (slash != version.npos) out += cat(".", version.substr(0, slash));
  return cat(out, "/", ObjectKey::of(object).toString());
}

std::string contentHash(const Doc& object) {
  return sha256Hex(doc::toJson(object)).substr(0, 16);
}

bool fulfils(Value current, Value wanted) {
  for (const auto [key, value] : wanted.members()) {
    if (key == "metadata" || key == "status" || key == "apiVersion" || key == "kind") continue;
    if (!(current[key] == value)) return false;
  }
  for (const auto [key, value] : current.members()) {
    if (key == "spec" && !wanted[key].exists()) return false;
  }
  for (const char* map : {"labels", "annotations"}) {
    for (const auto [key, value] : wanted["metadata"][map].members()) {
      if (!(current["metadata"][map][key] == value)) return false;
    }
  }
  return true;
}

Applier::Applier(io::World world, client::ApiClient& client, LiveKinds& kinds,
                 std::string reconciler, Report report)
    : world_(world),
      client_(client),
      kinds_(kinds),
      reconciler_(std::move(reconciler)),
      report_(std::move(report)),
      queue_(world.loop, world.rng, world.log,
             {.name = cat("outputs of ", reconciler_),
              .workers = kApplyWorkers,
              .longest_retry = seconds(10)},
             [this](std::string reference) { return work(std::move(reference)); }) {
  kinds_.addHandler(*this);
}

Applier::~Applier() = default;

bool Applier::ours(Value object) const {
  return object["metadata"]["labels"][kReconcilerLabel].text() == reconciler_;
}

void Applier::upsert(const std::string& reference, const std::string& hash, Doc object) {
  if (!ours(object)) {
    Draft labelled(object);
    labelled["metadata"]["labels"][kReconcilerLabel] = reconciler_;
    object = labelled.finish();
  }
  Wanted& wanted = wanted_[reference];
  wanted = {hash, std::move(object), "?"};
  doomed_.erase(reference);
  if (kinds_.hasSynced()) queue_.add(reference);
}

void Applier::erase(const std::string& reference) {
  const auto found = wanted_.find(reference);
  if (found == wanted_.end()) return;
  doomed_[reference] = std::move(found->second.object);
  wanted_.erase(found);
  if (kinds_.hasSynced()) queue_.add(reference);
}

void Applier::complete() {
  complete_ = true;
  if (kinds_.hasSynced()) removeLeftovers();
}

void Applier::replaceAll(const std::vector<Doc>& objects) {
  std::map<std::string, Doc> next;
  for (const Doc& object : objects) next.emplace(referenceOf(object), object);
  std::vector<std::string> gone;
  for (const auto& [reference, wanted] : wanted_) {
    if (!next.contains(reference)) gone.push_back(reference);
  }
  for (const std::string& reference : gone) erase(reference);
  for (auto& [reference, object] : next) {
    const std::string hash = contentHash(object);
    const auto known = wanted_.find(reference);
    if (known == wanted_.end() || known->second.hash != hash) upsert(reference, hash, object);
  }
  if (!complete_) complete();
}

std::map<std::string, std::string> Applier::hashes() const {
  std::map<std::string, std::string> out;
  for (const auto& [reference, wanted] : wanted_) out.emplace(reference, wanted.hash);
  return out;
}

std::map<std::string, std::pair<std::string, std::string>> Applier::failures() const {
  std::map<std::string, std::pair<std::string, std::string>> out;
  for (const auto& [reference, wanted] : wanted_) {
    if (wanted.reported != "?" && !wanted.reported.empty())
      out.emplace(reference, std::pair(wanted.hash, wanted.reported));
  }
  return out;
}

void Applier::onObject(const LiveKind&, const ObjectKey&, const Doc& before, const Doc& after) {
  const Doc& object = after.exists() ? after : before;
  const std::string reference = referenceOf(object);
  if (wanted_.contains(reference)) {
    queue_.add(reference);
  } else if (after.exists() && ours(after) && (complete_ || doomed_.contains(reference))) {
    doomed_[reference] = after;
    queue_.add(reference);
  }
}

void Applier::onKind(const LiveKind& kind) {
  for (const auto& [reference, wanted] : wanted_) {
    if (wanted.object["kind"].text() == kind.kind) queue_.add(reference);
  }
}

void Applier::onSynced() {
  for (const auto& [reference, wanted] : wanted_) queue_.add(reference);
  for (const auto& [reference, object] : doomed_) queue_.add(reference);
  if (complete_) removeLeftovers();
}

void Applier::removeLeftovers() {
  kinds_.forEachKind([this](const LiveKind& kind, client::Collection&) {
    for (const Doc& object : kinds_.list(kind.name)) {
      if (!ours(object)) continue;
      const std::string reference = referenceOf(object);
      if (wanted_.contains(reference)) continue;
      doomed_[reference] = object;
      queue_.add(reference);
    }
  });
}

Task<Result<void>> Applier::work(std::string reference) {
  const auto found = wanted_.find(reference);
  if (found == wanted_.end()) co_return co_await removeIfOurs(std::move(reference));
  const std::string hash = found->second.hash;
  Result<void> outcome = co_await ensure(reference);
  co_return tell(reference, hash, std::move(outcome));
}

Result<void> Applier::tell(const std::string& reference, const std::string& hash,
                           Result<void> outcome) {
  const auto found = wanted_.find(reference);
  if (found == wanted_.end() || found->second.hash != hash) return {};  // the next run tells
  // Somebody else wrote meanwhile: not an outcome, the watch brings the new state.
  if (!outcome && outcome.error().code() == Code::kConflict) return {};
  std::string error = outcome ? "" : outcome.error().message();
  if (found->second.reported != error) {
    found->second.reported = error;
    if (report_) report_(reference, hash, std::move(error));
  }
  // A foreign object: nothing to retry, its change comes as an event.
  if (!outcome && outcome.error().code() == Code::kAlreadyExists) return {};
  // No such kind: its definition comes as an event.
  if (!outcome && outcome.error().code() == Code::kUnsupported) return {};
  return outcome;
}

Task<Result<void>> Applier::ensure(std::string reference) {
  const Doc wanted = wanted_.at(reference).object;
  const ObjectKey key = ObjectKey::of(wanted);
  const LiveKind* info = kinds_.ofObject(wanted);
  if (info == nullptr) {
    co_return fail(Code::kUnsupported,
                   cat("the cluster has no kind ", wanted["kind"].text(), " of ",
                       wanted["apiVersion"].text(), ": its definition is not installed"));
  }
  if (!info->custom) {
    co_return fail(Code::kUnsupported, cat(reference, ": only custom resources are kept here"));
  }
  // As the object says: a kind may be served in more versions than the one that is followed.
  client::Resource resource = info->resource;
  const std::string_view version = wanted["apiVersion"].text();
  resource.version = version.substr(version.find('/') == version.npos ? 0 : version.find('/') + 1);
  const Instant deadline = world_.clock().now() + kCallTimeout;
  const Doc* current = kinds_.get(info->name, key);
  if (current == nullptr) {
    auto made = co_await client_.create(resource, key.ns, wanted, deadline);
    if (made) co_return Result<void>();
    if (made.error().code() != Code::kAlreadyExists) co_return fail(made.error());
    // The collection does not show it yet, or it is outside what the collection lists.
    co_return fail(Code::kConflict, made.error().message());
  }
  if (!ours(*current)) {
    co_return fail(Code::kAlreadyExists,
                   cat(reference,
                       " exists and was not made by the management plane: rename or "
                       "delete it"));
  }
  if (current->value()["metadata"]["deletionTimestamp"].exists()) co_return Result<void>();
  if (fulfils(*current, wanted)) co_return Result<void>();
  Draft next(wanted);
  next["metadata"]["resourceVersion"] = current->value()["metadata"]["resourceVersion"];
  for (const char* kept : {"finalizers", "ownerReferences"}) {
    if (current->value()["metadata"][kept].exists() && !wanted["metadata"][kept].exists())
      next["metadata"][kept] = Draft(current->value()["metadata"][kept]);
  }
  auto done = co_await client_.update(resource, key.ns, next.finish(), deadline);
  if (!done) co_return fail(done.error());
  co_return Result<void>();
}

Task<Result<void>> Applier::removeIfOurs(std::string reference) {
  const auto found = doomed_.find(reference);
  if (found == doomed_.end()) co_return Result<void>();
  const Doc object = found->second;
  const LiveKind* info = kinds_.ofObject(object);
  const ObjectKey key = ObjectKey::of(object);
  const Doc* current = info == nullptr ? nullptr : kinds_.get(info->name, key);
  if (current == nullptr || !ours(*current)) {
    doomed_.erase(reference);
    co_return Result<void>();
  }
  auto done =
      co_await client_.remove(info->resource, key.ns, key.name,
                              {.uid = std::string(current->value()["metadata"]["uid"].text())},
                              world_.clock().now() + kCallTimeout);
  const Code code = done ? Code::kNotFound : done.error().code();
  if (code != Code::kNotFound && code != Code::kConflict) co_return fail(done.error());
  if (!wanted_.contains(reference)) doomed_.erase(reference);
  co_return Result<void>();
}

}  // namespace meshka::mgmt
