// A collection that lists, watches, and lists again when the watch cannot be continued.
#include <algorithm>

#include "base/strings.h"
#include "client/collection.h"
#include "client/limits.h"
#include "client/object_store.h"
#include "io/async.h"
#include "io/running.h"

namespace meshka::client {
namespace {

class Informer final : public Collection {
 public:
  Informer(io::Loop& loop, Rng& rng, Log& log, ApiClient& client, Resource resource,
           CollectionOptions options)
      : loop_(loop),
        rng_(rng),
        log_(log),
        client_(client),
        resource_(std::move(resource)),
        options_(std::move(options)),
        store_(loop),
        task_(run()) {
    task_.start();
  }

  bool hasSynced() const override { return store_.synced(); }
  const doc::Doc* get(std::string_view ns, std::string_view name) const override {
    return store_.get(ns, name);
  }
  std::vector<doc::Doc> list(std::string_view ns) const override { return store_.list(ns); }
  size_t size() const override { return store_.size(); }
  void addHandler(CollectionHandler& handler) override { store_.addHandler(handler); }
  void removeHandler(CollectionHandler& handler) override { store_.removeHandler(handler); }
  void addIndex(std::string name, IndexFunction function) override {
    store_.addIndex(std::move(name), std::move(function));
  }
  std::vector<doc::Doc> byIndex(std::string_view name, std::string_view value) const override {
    return store_.byIndex(name, value);
  }

 private:
  Instant in(Duration d) const { return loop_.clock().now() + d; }

  io::Task<void> run() {
    co_await io::yield(loop_);  // the owner finishes its construction and adds indexes first
    for (;;) {
      Result<void> ended = co_await listAll();
      while (ended) ended = co_await watchOnce();
      // An expired revision is the server's way to ask for a new list, not a failure.
      if (ended.error().code() == Code::kExpired && failures_ == 0) {
        ++failures_;
        continue;
      }
      co_await pause(ended.error());
    }
  }

  // Waits the longer the more attempts have failed since the last event.
  io::Task<void> pause(const Error& error) {
    Duration d = kFirstRelistPause;
    for (int i = 0; i < failures_ && d < kLongestRelistPause; ++i) d = d * 2;
    ++failures_;
    d = std::min(d, kLongestRelistPause);
    if (error.message() != logged_) {
      logged_ = error.message();
      log_.warn("cannot list or watch, trying again",
                {{"resource", resource_.name}, {"group", resource_.group}, {"error", logged_}});
    }
    return io::sleepFor(
        loop_, Duration{d.ns / 2 + static_cast<int64_t>(rng_.below(static_cast<uint64_t>(d.ns)))});
  }

  void succeeded() {
    failures_ = 0;
    logged_.clear();
  }

  io::Task<Result<void>> listAll() {
    MESHKA_CO_TRY(ObjectList all, co_await client_.list(resource_, options_.ns,
                                                        {.label_selector = options_.label_selector,
                                                         .field_selector = options_.field_selector,
                                                         .limit = kListPage},
                                                        in(kListTimeout)));
    std::map<ObjectKey, doc::Doc> objects;
    for (doc::Doc& object : all.items) {
      ObjectKey key = ObjectKey::of(object);
      objects.insert_or_assign(std::move(key), std::move(object));
    }
    revision_ = std::move(all.resource_version);
    store_.replace(std::move(objects));
    store_.markSynced();
    co_return Result<void>();
  }

  // Until the watch ends. Success: it can be opened again where it ended.
  io::Task<Result<void>> watchOnce() {
    MESHKA_CO_TRY(const std::unique_ptr<WatchStream> stream,
                  co_await client_.watch(resource_, options_.ns,
                                         {.label_selector = options_.label_selector,
                                          .field_selector = options_.field_selector,
                                          .resource_version = revision_},
                                         in(kWatchOpenTimeout)));
    const Instant opened = loop_.clock().now();
    for (size_t burst = 0;;) {
      Result<WatchEvent> event =
          co_await io::withDeadline(loop_, in(kWatchSilence), stream->next(), "watch");
      if (!event) {
        const Code code = event.error().code();
        if (code != Code::kUnavailable && code != Code::kTimeout) co_return fail(event.error());
        // Servers end watches now and then; only one that gave nothing and was short is a failure.
        const bool brief = loop_.clock().now() - opened < kBriefWatch;
        if (burst == 0 && brief) co_await pause(event.error());
        co_return Result<void>();
      }
      if (event->type == WatchEvent::Type::kError) co_return fail(errorOf(event->object));
      succeeded();
      apply(*event);
      if (++burst % kWatchBurst == 0) co_await io::yield(loop_);
    }
  }

  static Error errorOf(doc::Value status) {
    const bool expired = status["code"].integer() == 410 || status["reason"].text() == "Expired" ||
                         status["reason"].text() == "Gone";
    return Error(expired ? Code::kExpired : Code::kInternal,
                 std::string(status["message"].text("watch failed")));
  }

  void apply(const WatchEvent& event) {
    if (const auto rv = event.object["metadata"]["resourceVersion"].text(); !rv.empty()) {
      revision_ = rv;
    }
    if (event.type == WatchEvent::Type::kBookmark) return;
    const bool gone = event.type == WatchEvent::Type::kDeleted;
    store_.put(ObjectKey::of(event.object), gone ? doc::Doc() : event.object);
  }

  io::Loop& loop_;
  Rng& rng_;
  Log& log_;
  ApiClient& client_;
  const Resource resource_;
  const CollectionOptions options_;
  std::string revision_;
  std::string logged_;  // the error that was logged last
  int failures_ = 0;
  ObjectStore store_;
  io::Running task_;  // last: it dies first
};

}  // namespace

std::unique_ptr<Collection> makeCollection(io::Loop& loop, Rng& rng, Log& log, ApiClient& client,
                                           Resource resource, CollectionOptions options) {
  return std::make_unique<Informer>(loop, rng, log, client, std::move(resource),
                                    std::move(options));
}

}  // namespace meshka::client
