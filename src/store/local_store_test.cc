// Commits, reads and watches of a store that nothing fails under.
#include "store/local_store.h"

#include "store/test/fixture.h"

namespace meshka::store {
using namespace test;  // NOLINT

namespace {
struct Fixture {
  TestLoop loop;
  NullLog log;
  LocalStore store;
  explicit Fixture(const Limits& limits = {}) : store(loop, log, stampTestDoc, limits) {}
  std::string names(const Range& range, const ListOptions& options = {}) {
    const Result<Page> page = store.list(range, options);
    if (!page) return std::string(toString(page.error().code()));
    std::string out;
    for (const Item& item : page->items)
      out += cat(item.key.ns, "/", item.key.name, "=", item.value["x"].integer(), " ");
    return out + (page->more ? cat("+", page->remaining) : "");
  }
};
}  // namespace

TEST(LocalStore, valuesCarryTheirRevisionAndKeepTheirCreation) {
  Fixture f;
  const auto first = put(f.loop, f.store, podKey("a"), 1);
  ASSERT_OK(first);
  EXPECT_EQ(first->values[0]["rv"].integer(), static_cast<int64_t>(first->revision));
  const auto second = put(f.loop, f.store, podKey("a"), 2, first->revision);
  ASSERT_OK(second);
  const auto item = f.store.get(podKey("a"));
  ASSERT_OK(item);
  EXPECT_EQ(item->created, first->revision);
  EXPECT_EQ(item->modified, second->revision);
  EXPECT_EQ(item->value["x"].integer(), 2);
  const auto gone = erase(f.loop, f.store, podKey("a"));
  ASSERT_OK(gone);
  EXPECT_EQ(gone->values[0]["x"].integer(), 2);
  EXPECT_EQ(gone->values[0]["rv"].integer(), static_cast<int64_t>(gone->revision));
  EXPECT_TRUE(f.store.get(podKey("a")).error().code() == Code::kNotFound);
}

TEST(LocalStore, expectationsAreCheckedAgainstWhatIsThere) {
  Fixture f;
  const auto a = put(f.loop, f.store, podKey("a"), 1);
  ASSERT_OK(a);
  const auto code = [](const Result<Committed>& r) {
    return r ? std::string("ok") : std::string(toString(r.error().code()));
  };
  const std::string conflict(toString(Code::kConflict));
  const std::string exists(toString(Code::kAlreadyExists));
  const std::string not_found(toString(Code::kNotFound));
  EXPECT_EQ(code(put(f.loop, f.store, podKey("a"), 2, 0)), exists);
  EXPECT_EQ(code(put(f.loop, f.store, podKey("a"), 2, a->revision + 1)), conflict);
  EXPECT_EQ(code(put(f.loop, f.store, podKey("b"), 2, a->revision)), conflict);
  EXPECT_EQ(code(erase(f.loop, f.store, podKey("b"))), not_found);
  EXPECT_EQ(code(erase(f.loop, f.store, podKey("a"), a->revision + 7)), conflict);
  EXPECT_EQ(f.store.current(), a->revision);

  std::vector<Write> both;
  both.push_back({.key = podKey("c"), .value = testDoc(1), .expected = 0});
  both.push_back({.key = podKey("a"), .value = testDoc(1), .expected = 0});
  const auto refused = commitNow(f.loop, f.store, std::move(both));
  EXPECT_EQ(code(refused), exists);
  ASSERT_TRUE(refused.error().details() != nullptr);
  EXPECT_EQ(refused.error().details()->causes[0].field, "1");
  EXPECT_EQ(f.names(pods()), "default/a=1 ");
}

TEST(LocalStore, sequencesAtTheCallAndReadsOnlyWhatIsDurable) {
  Fixture f;
  std::vector<Write> one;
  one.push_back({.key = podKey("a"), .value = testDoc(1), .expected = 0});
  io::Task<Result<Committed>> first = f.store.commit(one);
  io::Task<Result<Committed>> second =
      f.store.commit(one);  // the first is on its way: this one fails
  EXPECT_TRUE(f.store.get(podKey("a")).error().code() == Code::kNotFound);

  std::optional<Result<Committed>> late;
  io::Running waiting(capture(std::move(second), late));
  waiting.start();
  EXPECT_FALSE(late.has_value());  // it ends when what it collided with is readable
  f.loop.settle();
  ASSERT_TRUE(late.has_value());
  EXPECT_TRUE(late->error().code() == Code::kAlreadyExists);
  EXPECT_OK(f.store.get(podKey("a")));
  const auto done = runTask(f.loop, std::move(first));  // awaited after the fact
  ASSERT_TRUE(done.has_value());
  EXPECT_OK(*done);
}

TEST(LocalStore, aCommitWhoseTaskIsDroppedStillHappens) {
  Fixture f;
  std::vector<Write> one;
  one.push_back({.key = podKey("a"), .value = testDoc(1), .expected = std::nullopt});
  {
    auto dropped = f.store.commit(one);
  }
  f.loop.settle();
  EXPECT_OK(f.store.get(podKey("a")));
}

TEST(LocalStore, listsByNamespaceInPagesAndAtOlderRevisions) {
  Fixture f;
  for (const char* name : {"a", "b", "c", "d"}) ASSERT_OK(put(f.loop, f.store, podKey(name), 1));
  ASSERT_OK(
      put(f.loop, f.store, podKey("x", "defaul"), 1));  // a prefix of the other namespace's name
  ASSERT_OK(put(f.loop, f.store, podKey("y", "default2"), 1));
  Range mine = pods();
  mine.ns = "default";
  EXPECT_EQ(f.names(mine), "default/a=1 default/b=1 default/c=1 default/d=1 ");
  EXPECT_EQ(f.names(mine, {.limit = 3}), "default/a=1 default/b=1 default/c=1 +1");
  const Revision then = f.store.current();
  ASSERT_OK(erase(f.loop, f.store, podKey("a")));
  ASSERT_OK(put(f.loop, f.store, podKey("c"), 5));
  ASSERT_OK(put(f.loop, f.store, podKey("c"), 6));
  ASSERT_OK(put(f.loop, f.store, podKey("e"), 1));
  EXPECT_EQ(f.names(mine), "default/b=1 default/c=6 default/d=1 default/e=1 ");
  EXPECT_EQ(f.names(mine, {.at = then}), "default/a=1 default/b=1 default/c=1 default/d=1 ");
  EXPECT_EQ(f.names(mine, {.at = then, .after = podKey("b"), .limit = 1}), "default/c=1 +1");
  EXPECT_EQ(f.names(mine, {.at = f.store.current() + 1}), std::string(toString(Code::kInvalid)));
}

TEST(LocalStore, watchersGetWhatTheirRangeHoldsCommitByCommit) {
  Fixture f;
  ASSERT_OK(put(f.loop, f.store, podKey("a"), 1));
  ASSERT_OK(put(f.loop, f.store, podKey("a"), 2));
  Recorder all;
  Recorder other;
  auto watch_all = f.store.watch(pods(), 1, all);
  auto watch_other =
      f.store.watch({.cluster = "c", .resource = "/pods", .ns = "other"}, f.store.current(), other);
  ASSERT_OK(watch_all);
  ASSERT_OK(watch_other);
  EXPECT_EQ(all.text, "");  // never from inside watch()
  std::vector<Write> both;
  both.push_back({.key = podKey("b"), .value = testDoc(3), .expected = 0});
  both.push_back({.key = podKey("a"), .value = std::nullopt, .expected = std::nullopt});
  ASSERT_OK(commitNow(f.loop, f.store, std::move(both)));
  EXPECT_EQ(all.text,
            "put default/a@2 x=2 was 1\nput default/b@3 x=3 was -1; delete default/a@3 x=2 was 2");
  EXPECT_EQ(other.text, "");
  EXPECT_EQ(other.progress, 3u);
  ASSERT_OK(put(f.loop, f.store, podKey("a", "other"), 4));
  EXPECT_EQ(other.text, "put other/a@4 x=4 was -1");
  EXPECT_EQ(other.progress, 3u);
  watch_all->reset();
  const std::string before = all.text;
  ASSERT_OK(put(f.loop, f.store, podKey("b"), 4));
  EXPECT_EQ(all.text, before);
}

namespace {
// Ends another watch, and starts one, from inside a delivery.
class Meddler final : public Watcher {
 public:
  void onEvents(const std::vector<const Event*>&) override {
    victim.reset();
    if (started) return;
    if (auto watch = store->watch(pods(), store->current(), *late)) started = std::move(*watch);
  }
  Store* store = nullptr;
  Recorder* late = nullptr;
  std::unique_ptr<Subscription> victim;
  std::unique_ptr<Subscription> started;
};
}  // namespace

TEST(LocalStore, watchesMayEndAndStartInsideADelivery) {
  Fixture f;
  Meddler meddler;
  Recorder victim;
  Recorder late;
  meddler.store = &f.store;
  meddler.late = &late;
  auto first = f.store.watch(pods(), 0, meddler);
  auto second = f.store.watch(pods(), 0, victim);
  ASSERT_OK(first);
  ASSERT_OK(second);
  meddler.victim = std::move(*second);
  ASSERT_OK(put(f.loop, f.store, podKey("a"), 1));
  EXPECT_EQ(victim.text, "");
  ASSERT_OK(put(f.loop, f.store, podKey("a"), 2));
  EXPECT_EQ(late.text, "put default/a@2 x=2 was 1");
}

TEST(LocalStore, theWindowIsBoundedByCountBytesAndAge) {
  Limits limits;
  limits.window_events = 3;
  Fixture f(limits);
  for (int i = 1; i <= 5; ++i) ASSERT_OK(put(f.loop, f.store, podKey("a"), i));
  EXPECT_EQ(f.store.compacted(), 2u);
  Recorder recorder;
  EXPECT_TRUE(f.store.watch(pods(), 1, recorder).error().code() == Code::kExpired);
  EXPECT_EQ(f.names(pods(), {.at = 1}), std::string(toString(Code::kExpired)));
  EXPECT_EQ(f.names(pods(), {.at = 2}), "default/a=2 ");
  auto watch = f.store.watch(pods(), 2, recorder);
  ASSERT_OK(watch);
  f.loop.settle();
  EXPECT_EQ(recorder.text,
            "put default/a@3 x=3 was 2\nput default/a@4 x=4 was 3\nput default/a@5 x=5 was 4");

  f.loop.advance(limits.window_age + seconds(1));
  ASSERT_OK(put(f.loop, f.store, podKey("a"), 6));
  EXPECT_EQ(f.store.compacted(), 5u);

  Limits small;
  small.window_bytes = 1;
  Fixture g(small);
  for (int i = 1; i <= 3; ++i) ASSERT_OK(put(g.loop, g.store, podKey("a"), i));
  EXPECT_EQ(g.store.compacted(), 2u);
}

TEST(LocalStore, refusesWhatItCannotKey) {
  Fixture f;
  EXPECT_TRUE(put(f.loop, f.store, podKey(std::string("a\0b", 3)), 1).error().code() ==
              Code::kInvalid);
  std::vector<Write> twice;
  twice.push_back({.key = podKey("a"), .value = testDoc(1), .expected = std::nullopt});
  twice.push_back({.key = podKey("a"), .value = testDoc(2), .expected = std::nullopt});
  EXPECT_TRUE(commitNow(f.loop, f.store, std::move(twice)).error().code() == Code::kInvalid);
}

}  // namespace meshka::store
