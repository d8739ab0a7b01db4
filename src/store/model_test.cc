// Random operations on the store beside a model that keeps every state: a list at any revision is
// the model's state of it, and a watch's events lead from the state it began with to the newest.
#include <set>

#include "store/test/fixture.h"

namespace meshka::store {
using namespace test;  // NOLINT

namespace {

using State = std::map<Key, std::pair<int64_t, Revision>>;  // x, modified

// Follows a range: what it began with, changed by what it was told.
class Follower final : public Watcher {
 public:
  Follower(Range r, State begin, Revision at)
      : range(std::move(r)), state(std::move(begin)), revision(at) {}
  void onEvents(const std::vector<const Event*>& events) override {
    EXPECT_TRUE(events.front()->item.modified > revision);
    for (const Event* event : events) {
      const Item& item = event->item;
      EXPECT_TRUE(range.contains(item.key));
      EXPECT_EQ(item.modified, events.front()->item.modified);
      const auto before = state.find(item.key);
      EXPECT_EQ(event->previous.has_value(), before != state.end());
      if (event->previous && before != state.end()) {
        EXPECT_EQ((*event->previous)["x"].integer(), before->second.first);
      }
      EXPECT_EQ(item.value["rv"].integer(), static_cast<int64_t>(item.modified));
      if (event->type == EventType::kDelete) {
        state.erase(item.key);
      } else {
        state[item.key] = {item.value["x"].integer(), item.modified};
      }
    }
    revision = events.front()->item.modified;
  }
  void onProgress(Revision at) override {
    EXPECT_TRUE(at > revision);
    revision = at;
  }
  Range range;
  State state;
  Revision revision;
  std::unique_ptr<Subscription> subscription;
};

class Model {
 public:
  explicit Model(uint64_t seed) : rng_(seed), store_(loop_, log_, stampTestDoc, limits()) {}

  void run(size_t steps) {
    for (size_t i = 0; i < steps; ++i) {
      switch (rng_.below(8)) {
        case 0:
          compareList();
          break;
        case 1:
          follow();
          break;
        case 2:
          if (!followers_.empty())
            followers_.erase(followers_.begin() + static_cast<long>(rng_.below(followers_.size())));
          break;
        case 3:
          loop_.advance(seconds(static_cast<int64_t>(rng_.below(20))));
          break;
        case 4:
          loop_.turn();
          break;
        default:
          commit();
          break;
      }
    }
    loop_.settle();
    EXPECT_EQ(store_.current(), history_.size() - 1);
    // One commit that nobody watches tells everybody how far the store is.
    EXPECT_OK(put(loop_, store_, {.cluster = "c", .resource = "/nodes", .ns = "", .name = "n"}, 1));
    for (const auto& follower : followers_) {
      EXPECT_TRUE(follower->state == slice(follower->range, history_.back()));
      EXPECT_EQ(follower->revision, store_.current());
    }
  }

 private:
  static Limits limits() {
    Limits out;
    out.window_events = 40;
    out.window_age = seconds(100);
    return out;
  }
  Key randomKey() {
    return {.cluster = "c",
            .resource = rng_.below(3) == 0 ? "/services" : "/pods",
            .ns = rng_.below(2) == 0 ? "a" : "ab",
            .name = cat("n", rng_.below(5))};
  }
  Range randomRange() {
    Range out{
        .cluster = "c", .resource = rng_.below(3) == 0 ? "/services" : "/pods", .ns = std::nullopt};
    if (rng_.below(2) == 0) out.ns = rng_.below(2) == 0 ? "a" : "ab";
    return out;
  }
  static State slice(const Range& range, const State& all) {
    State out;
    for (const auto& [key, value] : all) {
      if (range.contains(key)) out.emplace(key, value);
    }
    return out;
  }

  void commit() {
    State next = history_.back();
    const Revision revision = history_.size();
    std::vector<Write> writes;
    std::set<Key> used;
    std::optional<Code> refused;
    for (uint64_t n = 1 + rng_.below(3); n > 0; --n) {
      Write write{.key = randomKey(), .value = std::nullopt, .expected = std::nullopt};
      if (!used.insert(write.key).second) continue;
      const auto there = history_.back().find(write.key);
      const bool exists = there != history_.back().end();
      if (rng_.below(4) != 0) write.value = testDoc(static_cast<int64_t>(rng_.below(1000)));
      if (rng_.below(2) == 0)
        write.expected = rng_.below(4) == 0 ? rng_.below(revision + 1)
                         : exists           ? there->second.second
                                            : 0;
      if (!refused) refused = verdict(write, exists ? there->second.second : 0);
      if (write.value) {
        next[write.key] = {(*write.value)["x"].integer(), revision};
      } else {
        next.erase(write.key);
      }
      writes.push_back(std::move(write));
    }
    io::Task<Result<Committed>> task = store_.commit(std::move(writes));
    if (!refused) {
      history_.push_back(std::move(next));
    } else {
      const auto done = runTask(loop_, std::move(task));
      ASSERT_TRUE(done.has_value() && !done->has_value());
      EXPECT_TRUE(done->error().code() == *refused);
    }
  }
  static std::optional<Code> verdict(const Write& write, Revision there) {
    if (there == 0 && !write.value) return Code::kNotFound;
    if (!write.expected || *write.expected == there) return std::nullopt;
    return *write.expected == 0 ? Code::kAlreadyExists : Code::kConflict;
  }

  void compareList() {
    const Range range = randomRange();
    ListOptions options{
        .at = rng_.below(store_.current() + 1), .after = std::nullopt, .limit = rng_.below(4)};
    const Revision at = options.at == 0 ? store_.current() : options.at;
    if (at < store_.compacted()) {
      EXPECT_TRUE(store_.list(range, options).error().code() == Code::kExpired);
      return;
    }
    State got;
    for (;;) {
      const auto page = store_.list(range, options);
      ASSERT_OK(page);
      EXPECT_EQ(page->revision, at);
      for (const Item& item : page->items)
        got[item.key] = {item.value["x"].integer(), item.modified};
      EXPECT_EQ(page->remaining, slice(range, history_[at]).size() - got.size());
      if (!page->more) break;
      options.after = page->items.back().key;
    }
    EXPECT_TRUE(got == slice(range, history_[at]));
  }

  void follow() {
    if (followers_.size() > 20) return;
    const Range range = randomRange();
    const Revision after = rng_.below(store_.current() + 1);
    auto follower = std::make_unique<Follower>(range, slice(range, history_[after]), after);
    auto watch = store_.watch(range, after, *follower);
    if (!watch) {
      EXPECT_TRUE(watch.error().code() == Code::kExpired);
      EXPECT_TRUE(after < store_.compacted());
      return;
    }
    follower->subscription = std::move(*watch);
    followers_.push_back(std::move(follower));
  }

  TestLoop loop_;
  SeededRng rng_;
  NullLog log_;
  LocalStore store_;
  std::vector<State> history_{State()};  // index: revision
  std::vector<std::unique_ptr<Follower>> followers_;
};

}  // namespace

TEST(Model, listsAndWatchesAgreeWithEveryState) {
  for (uint64_t seed = 1; seed <= 60; ++seed) Model(seed).run(400);
}

}  // namespace meshka::store
