#include "client/fake_api_client.h"

#include <algorithm>

#include "api/selectors.h"
#include "base/strings.h"
#include "doc/json_patch.h"
#include "doc/merge_patch.h"
#include "io/async.h"

namespace meshka::client {

using doc::Doc;
using doc::Draft;
using doc::Value;
using io::Task;

namespace {

std::string resourceName(const Resource& r) {
  return r.group.empty() ? r.name : cat(r.name, ".", r.group);
}

std::unexpected<Error> about(const Resource& r, const std::string& name, Code code,
                             std::string message) {
  return fail(Error(code, std::move(message))
                  .withDetails({.group = r.group, .kind = r.name, .name = name}));
}

std::unexpected<Error> conflict(const Resource& r, const std::string& name,
                                std::string_view because) {
  return about(
      r, name, Code::kConflict,
      cat("Operation cannot be fulfilled on ", resourceName(r), " \"", name, "\": ", because));
}

struct Selection {
  std::string ns;
  api::LabelSelector labels;
  api::FieldSelector fields;

  static Result<Selection> of(std::string ns, const ListOptions& options) {
    Selection out{.ns = std::move(ns)};
    MESHKA_TRY(out.labels, api::LabelSelector::parse(options.label_selector));
    MESHKA_TRY(out.fields, api::FieldSelector::parse(options.field_selector));
    return out;
  }
  bool matches(Value object) const {
    const Value metadata = object["metadata"];
    return object.exists() && (ns.empty() || metadata["namespace"].text() == ns) &&
           labels.matches(metadata["labels"]) && fields.matches(object);
  }
};

uint64_t parseRevision(std::string_view text) {
  return static_cast<uint64_t>(parseInt(text).value_or(0));
}

bool hasFinalizers(const Draft& object) {
  const Draft* metadata = object.find("metadata");
  const Draft* list = metadata == nullptr ? nullptr : metadata->find("finalizers");
  return list != nullptr && list->size() > 0;
}

}  // namespace

class FakeApiClient::Watch final : public WatchStream {
 public:
  Watch(FakeApiClient& api, Resource r, Selection s, uint64_t from)
      : api_(&api),
        resource_(std::move(r)),
        selection_(std::move(s)),
        seen_(from),
        wake_(api.loop_) {
    api.watches_.insert(this);
  }
  ~Watch() override {
    if (api_ != nullptr) api_->watches_.erase(this);
  }

  Task<Result<WatchEvent>> next() override {
    for (;;) {
      if (api_ == nullptr) co_return fail(Code::kUnavailable, "watch: connection lost");
      if (seen_ < api_->compacted_) {
        co_return fail(Code::kExpired,
                       cat("too old resource version: ", seen_, " (", api_->compacted_, ")"));
      }
      if (const auto event = pending()) co_return *event;
      if (std::exchange(bookmark_, false)) co_return bookmark();
      wake_.reset();
      co_await wake_.wait();
    }
  }

  void wake() { wake_.set(); }
  void askBookmark() {
    bookmark_ = true;
    wake_.set();
  }
  void cut() {
    api_ = nullptr;
    wake_.set();
  }

 private:
  // An object that comes into the selection is added, one that leaves it is deleted.
  std::optional<WatchEvent> pending() {
    const auto& history = api_->history_;
    auto at = std::upper_bound(history.begin(), history.end(), seen_,
                               [](uint64_t rv, const Change& c) { return rv < c.revision; });
    for (; at != history.end(); ++at) {
      seen_ = at->revision;
      if (at->resource != resource_) continue;
      const bool was = selection_.matches(at->before);
      const bool is = selection_.matches(at->after);
      using Type = WatchEvent::Type;
      if (is) return WatchEvent{was ? Type::kModified : Type::kAdded, at->after};
      if (!was) continue;
      Draft last(at->after.exists() ? at->after : at->before);
      last["metadata"]["resourceVersion"] = cat(at->revision);
      return WatchEvent{Type::kDeleted, last.finish()};
    }
    return std::nullopt;
  }

  WatchEvent bookmark() {
    seen_ = api_->revision_;
    Draft object = Draft::object();
    object["metadata"]["resourceVersion"] = cat(seen_);
    return {WatchEvent::Type::kBookmark, object.finish()};
  }

  FakeApiClient* api_;
  const Resource resource_;
  const Selection selection_;
  uint64_t seen_;
  bool bookmark_ = false;
  io::Event wake_;
};

FakeApiClient::FakeApiClient(io::Loop& loop, Rng& rng) : loop_(loop), rng_(rng) {}
FakeApiClient::~FakeApiClient() {
  breakWatches();
}

// Every call takes a turn, as a remote one would.
Task<Result<void>> FakeApiClient::arrive() {
  ++calls_;
  co_await io::yield(loop_);
  if (!failures_.empty()) {
    Error error = std::move(failures_.front());
    failures_.erase(failures_.begin());
    co_return fail(std::move(error));
  }
  co_return Result<void>();
}

Result<Doc> FakeApiClient::stored(const Resource& r, const std::string& ns,
                                  const std::string& name) const {
  Doc object = find(r, ns, name);
  if (object.exists()) return object;
  return about(r, name, Code::kNotFound, cat(resourceName(r), " \"", name, "\" not found"));
}

Doc FakeApiClient::find(const Resource& r, std::string_view ns, std::string_view name) const {
  const auto kind = objects_.find(r);
  if (kind == objects_.end()) return {};
  const auto found = kind->second.find({std::string(ns), std::string(name)});
  return found == kind->second.end() ? Doc() : found->second;
}

size_t FakeApiClient::count(const Resource& r) const {
  const auto kind = objects_.find(r);
  return kind == objects_.end() ? 0 : kind->second.size();
}

void FakeApiClient::record(const Resource& r, Doc before, Doc after) {
  history_.push_back({++revision_, r, std::move(before), std::move(after)});
  ++writes_;
  for (Watch* watch : watches_) watch->wake();
}

Doc FakeApiClient::commit(const Resource& r, Draft object, const Doc& before) {
  object["metadata"]["resourceVersion"] = cat(revision_ + 1);
  Doc after = object.finish();
  const Value metadata = after["metadata"];
  objects_[r][{std::string(metadata["namespace"].text()), std::string(metadata["name"].text())}] =
      after;
  record(r, before, after);
  return after;
}

void FakeApiClient::erase(const Resource& r, const Doc& object) {
  const Value metadata = object["metadata"];
  objects_[r].erase(
      {std::string(metadata["namespace"].text()), std::string(metadata["name"].text())});
  record(r, object, {});
}

Task<Result<Doc>> FakeApiClient::get(Resource r, std::string ns, std::string name, Instant) {
  MESHKA_CO_CHECK(co_await arrive());
  co_return stored(r, ns, name);
}

Task<Result<ObjectList>> FakeApiClient::list(Resource r, std::string ns, ListOptions options,
                                             Instant) {
  MESHKA_CO_CHECK(co_await arrive());
  MESHKA_CO_TRY(const Selection selection, Selection::of(std::move(ns), options));
  ObjectList out{.resource_version = cat(revision_)};
  for (const auto& [key, object] : objects_[r]) {
    if (selection.matches(object)) out.items.push_back(object);
  }
  co_return std::move(out);
}

Task<Result<Doc>> FakeApiClient::create(Resource r, std::string ns, Doc object, Instant,
                                        WriteOptions options) {
  MESHKA_CO_CHECK(co_await arrive());
  Draft draft(object);
  Draft& metadata = draft["metadata"];
  std::string name(object["metadata"]["name"].text());
  if (const std::string_view prefix = object["metadata"]["generateName"].text();
      name.empty() && !prefix.empty()) {
    name = cat(prefix, randomSuffix(rng_));
  }
  if (name.empty()) {
    co_return about(r, name, Code::kInvalid, "resource name may not be empty");
  }
  if (find(r, ns, name).exists()) {
    co_return about(r, name, Code::kAlreadyExists,
                    cat(resourceName(r), " \"", name, "\" already exists"));
  }
  metadata["name"] = name;
  if (!ns.empty()) metadata["namespace"] = ns;
  metadata["uid"] = newUuid(rng_);
  metadata["creationTimestamp"] = toRfc3339(loop_.clock().wall());
  if (draft.contains("spec")) metadata["generation"] = 1;
  if (options.dry_run) co_return draft.finish();
  co_return commit(r, std::move(draft), {});
}

// What a write may not touch comes from `before`; the generation counts changes of the spec.
Result<Doc> FakeApiClient::replace(const Resource& r, const Doc& before, Draft wanted,
                                   bool status_only, bool dry_run) {
  const std::string name(before["metadata"]["name"].text());
  const Doc asked = wanted.finish();
  const std::string_view rv = asked["metadata"]["resourceVersion"].text();
  if (!rv.empty() && rv != before["metadata"]["resourceVersion"].text()) {
    return conflict(r, name,
                    "the object has been modified; please apply your changes to the latest "
                    "version and try again");
  }
  const std::string_view uid = asked["metadata"]["uid"].text();
  if (!uid.empty() && uid != before["metadata"]["uid"].text()) {
    return conflict(r, name,
                    cat("Precondition failed: UID in precondition: ", uid,
                        ", UID in object meta: ", before["metadata"]["uid"].text()));
  }
  Draft next = status_only ? Draft(before) : std::move(wanted);
  if (status_only) {
    next["status"] = Draft(asked["status"]);
  } else if (before["status"].exists()) {
    next["status"] = Draft(before["status"]);
  } else {
    next.erase("status");
  }
  for (const char* field : {"uid", "creationTimestamp", "generation", "deletionTimestamp",
                            "deletionGracePeriodSeconds", "name", "namespace", "resourceVersion"}) {
    const Value old = before["metadata"][field];
    if (old.exists())
      next["metadata"][field] = Draft(old);
    else
      next["metadata"].erase(field);
  }
  const Doc same = next.finish();
  if (same == before) return before;
  if (!(same["spec"] == before["spec"])) {
    next["metadata"]["generation"] = before["metadata"]["generation"].integer() + 1;
  }
  if (dry_run) return next.finish();
  // The last finalizer of what is being deleted has gone.
  const bool deleting = before["metadata"]["deletionTimestamp"].exists() &&
                        before["metadata"]["deletionGracePeriodSeconds"].integer() == 0;
  if (deleting && !hasFinalizers(next)) {
    erase(r, next.finish());
    return next.finish();
  }
  return commit(r, std::move(next), before);
}

Task<Result<Doc>> FakeApiClient::update(Resource r, std::string ns, Doc object, Instant,
                                        WriteOptions options) {
  MESHKA_CO_CHECK(co_await arrive());
  MESHKA_CO_TRY(const Doc before, stored(r, ns, std::string(object["metadata"]["name"].text())));
  co_return replace(r, before, Draft(object), false, options.dry_run);
}

Task<Result<Doc>> FakeApiClient::patch(Resource r, std::string ns, std::string name, PatchType type,
                                       Doc patch, Instant, WriteOptions options) {
  MESHKA_CO_CHECK(co_await arrive());
  MESHKA_CO_TRY(const Doc before, stored(r, ns, name));
  Result<Doc> wanted = type == PatchType::kJson ? doc::applyJsonPatch(before, patch)
                                                : Result<Doc>(doc::applyMergePatch(before, patch));
  if (!wanted) co_return fail(wanted.error());
  co_return replace(r, before, Draft(*wanted), false, options.dry_run);
}

Result<void> FakeApiClient::removeNow(const Resource& r, const Doc& object,
                                      const DeleteOptions& options) {
  const Value metadata = object["metadata"];
  const std::string name(metadata["name"].text());
  if (!options.uid.empty() && options.uid != metadata["uid"].text()) {
    return conflict(r, name,
                    cat("Precondition failed: UID in precondition: ", options.uid,
                        ", UID in object meta: ", metadata["uid"].text()));
  }
  if (!options.resource_version.empty() &&
      options.resource_version != metadata["resourceVersion"].text()) {
    return conflict(r, name, "the resourceVersion in the precondition does not match");
  }
  Draft draft(object);
  // The node ends a pod that is bound, and then deletes it with no grace.
  const bool bound = r == Resource{"", "v1", "pods"} && !object["spec"]["nodeName"].text().empty();
  int64_t grace = 0;
  if (bound) {
    grace =
        options.grace_seconds.value_or(object["spec"]["terminationGracePeriodSeconds"].integer(30));
  }
  if (grace == 0 && !hasFinalizers(draft)) {
    erase(r, object);
    return {};
  }
  if (metadata["deletionTimestamp"].exists() &&
      metadata["deletionGracePeriodSeconds"].integer() <= grace) {
    return {};
  }
  draft["metadata"]["deletionTimestamp"] = toRfc3339(loop_.clock().wall() + seconds(grace));
  draft["metadata"]["deletionGracePeriodSeconds"] = grace;
  commit(r, std::move(draft), object);
  return {};
}

Task<Result<void>> FakeApiClient::remove(Resource r, std::string ns, std::string name,
                                         DeleteOptions options, Instant) {
  MESHKA_CO_CHECK(co_await arrive());
  MESHKA_CO_TRY(const Doc object, stored(r, ns, name));
  co_return removeNow(r, object, options);
}

Task<Result<Doc>> FakeApiClient::subresource(std::string method, Resource r, std::string ns,
                                             std::string name, std::string subresource, Doc body,
                                             Instant) {
  MESHKA_CO_CHECK(co_await arrive());
  MESHKA_CO_TRY(const Doc before, stored(r, ns, name));
  if (subresource == "status" || subresource == "finalize") {
    const Doc wanted = method == "PATCH" ? doc::applyMergePatch(before, body) : body;
    co_return replace(r, before, Draft(wanted), subresource == "status", false);
  }
  if (subresource == "binding") {
    if (!before["spec"]["nodeName"].text().empty()) {
      co_return conflict(r, name,
                         cat("pod ", name, " is already assigned to node \"",
                             before["spec"]["nodeName"].text(), "\""));
    }
    Draft bound(before);
    bound["spec"]["nodeName"] = body["target"]["name"].text();
    co_return commit(r, std::move(bound), before);
  }
  if (subresource == "token") {
    const int64_t life = body["spec"]["expirationSeconds"].integer(3600);
    Draft token(body);
    token["status"]["token"] = cat("token-", ns, "-", name, "-", ++revision_);
    token["status"]["expirationTimestamp"] = toRfc3339(loop_.clock().wall() + seconds(life));
    co_return token.finish();
  }
  if (subresource == "eviction") {
    const Result<void> removed = removeNow(r, before, {});
    if (!removed) co_return fail(removed.error());
    co_return before;
  }
  co_return fail(Code::kUnsupported, cat("the fake has no subresource \"", subresource, "\""));
}

Task<Result<std::unique_ptr<WatchStream>>> FakeApiClient::watch(Resource r, std::string ns,
                                                                ListOptions options, Instant) {
  MESHKA_CO_CHECK(co_await arrive());
  MESHKA_CO_TRY(Selection selection, Selection::of(std::move(ns), options));
  const uint64_t from =
      options.resource_version.empty() ? revision_ : parseRevision(options.resource_version);
  co_return std::make_unique<Watch>(*this, std::move(r), std::move(selection), from);
}

Task<Result<Doc>> FakeApiClient::raw(std::string method, std::string target, Doc, Instant) {
  MESHKA_CO_CHECK(co_await arrive());
  if (method == "GET" && target == "/version") {
    co_return Draft::object({{"major", "1"}, {"minor", "0"}, {"gitVersion", "v1.0.0-fake"}})
        .finish();
  }
  co_return fail(Code::kNotFound, "the server could not find the requested resource");
}

void FakeApiClient::failNext(Error error, size_t n) {
  failures_.insert(failures_.end(), n, error);
}

void FakeApiClient::breakWatches() {
  for (Watch* watch : std::exchange(watches_, {})) watch->cut();
}

void FakeApiClient::compact() {
  ++revision_;
  compacted_ = revision_;
  history_.clear();
  for (Watch* watch : watches_) watch->wake();
}

void FakeApiClient::sendBookmarks() {
  for (Watch* watch : watches_) watch->askBookmark();
}

}  // namespace meshka::client
