// Crashes at every operation of the disk: what was acknowledged is there afterwards, whole commits
// only, in order.
#include <set>

#include "store/files.h"
#include "store/test/fixture.h"

namespace meshka::store {
using namespace test;  // NOLINT

namespace {

using State = std::map<std::string, std::pair<int64_t, Revision>>;  // name -> x, modified

State stateOf(const Store& store) {
  State out;
  const auto page = store.list(pods());
  if (!page) return out;
  for (const Item& item : page->items)
    out[item.key.name] = {item.value["x"].integer(), item.modified};
  return out;
}

Limits smallLimits() {
  Limits limits;
  limits.segment_bytes = 600;
  limits.snapshot_log_bytes = 900;
  return limits;
}

// One life of a program on the machine: commits random writes until the disk hangs or `commits` are
// made. `history` is the state after each revision as it was sequenced; gives the newest
// acknowledged revision.
struct Life {
  Machine& machine;
  std::vector<State>& history;
  Revision acknowledged = 0;

  static io::Task<void> note(io::Task<Result<Committed>> task, Revision& acknowledged) {
    const Result<Committed> done = co_await std::move(task);
    if (done) acknowledged = std::max(acknowledged, done->revision);
  }

  void commitOne(LocalStore& store, io::Group& group) {
    State next = history.back();
    std::vector<Write> writes;
    std::set<std::string> used;
    for (uint64_t n = 1 + machine.rng.below(3); n > 0; --n) {
      const std::string name = cat("p", machine.rng.below(6));
      if (!used.insert(name).second) continue;
      if (next.contains(name) && machine.rng.below(3) == 0) {
        writes.push_back(
            {.key = podKey(name), .value = std::nullopt, .expected = next[name].second});
        next.erase(name);
      } else {
        const auto x = static_cast<int64_t>(machine.rng.below(1000));
        writes.push_back({.key = podKey(name), .value = testDoc(x), .expected = std::nullopt});
        next[name] = {x, history.size()};
      }
    }
    history.push_back(std::move(next));
    EXPECT_TRUE(group.spawn(note(store.commit(std::move(writes)), acknowledged)));
  }

  void run(LocalStore& store, size_t commits) {
    io::Group group(machine.loop, 1000);
    for (size_t i = 0; i < commits && !machine.disk.failed(); ++i) {
      commitOne(store, group);
      for (uint64_t turns = machine.rng.below(6); turns > 0; --turns) machine.loop.turn();
    }
    machine.loop.settle();
  }
};

// Lives and crashes; false when something was lost.
void crashAndRecover(uint64_t seed, size_t operations, size_t& crashes) {
  Machine machine(seed);
  std::vector<State> history(1);  // index: revision
  for (int life = 0; life < 3; ++life) {
    machine.disk.operations_left = operations + machine.rng.below(4);
    Life program{machine, history};
    {
      auto store = machine.open(smallLimits());
      if (store) {
        EXPECT_EQ((*store)->current(), history.size() - 1);
        program.run(**store, 25);
      }
    }
    if (machine.disk.failed()) ++crashes;
    machine.loop.forget();
    machine.disk.crash();
    auto store = machine.open(smallLimits());
    if (!store) {
      EXPECT_EQ(cat("seed ", seed, " operations ", operations, ": ", store.error().message()),
                "opens");
      return;
    }
    const Revision revision = (*store)->current();
    EXPECT_TRUE(revision >= program.acknowledged);
    ASSERT_TRUE(revision < history.size());
    EXPECT_TRUE(stateOf(**store) == history[revision]);
    history.resize(revision + 1);
  }
}

}  // namespace

TEST(RecoverySimulation, acknowledgedCommitsSurviveACrashAtEachOperation) {
  size_t crashes = 0;
  for (size_t operations = 0; operations < 70; ++operations) {
    for (uint64_t seed = 1; seed <= 6; ++seed)
      crashAndRecover(seed * 1000 + operations, operations, crashes);
  }
  EXPECT_TRUE(crashes > 300);  // the sweep does reach the disk
}

TEST(Recovery, snapshotsReplaceTheLog) {
  Machine machine(3);
  State want;
  {
    auto store = machine.open(smallLimits());
    ASSERT_OK(store);
    for (int i = 0; i < 60; ++i) ASSERT_OK(put(machine.loop, **store, podKey(cat("p", i % 10)), i));
    want = stateOf(**store);
  }
  size_t logs = 0;
  size_t snapshots = 0;
  for (const auto& [path, file] : machine.disk.files) {
    logs += parseLogName(path.substr(3)).has_value();
    snapshots += parseSnapshotName(path.substr(3)).has_value();
  }
  EXPECT_EQ(snapshots, 1u);
  EXPECT_TRUE(logs <= 3);
  auto again = machine.open(smallLimits());
  ASSERT_OK(again);
  EXPECT_EQ((*again)->current(), 60u);
  EXPECT_TRUE(stateOf(**again) == want);
  EXPECT_EQ((*again)->get(podKey("p3"))->created, 4u);
  Recorder recorder;
  EXPECT_TRUE((*again)->watch(pods(), 59, recorder).error().code() == Code::kExpired);
  EXPECT_OK((*again)->watch(pods(), 60, recorder));
}

TEST(Recovery, aMissingSegmentStopsTheStart) {
  Machine machine(4);
  Limits limits = smallLimits();
  limits.snapshot_log_bytes = 1 << 20;
  {
    auto store = machine.open(limits);
    ASSERT_OK(store);
    for (int i = 0; i < 30; ++i) ASSERT_OK(put(machine.loop, **store, podKey("p"), i));
  }
  ASSERT_TRUE(machine.disk.files.size() > 2);
  machine.disk.files.erase(std::next(machine.disk.files.begin()));
  const auto store = machine.open(limits);
  ASSERT_TRUE(!store.has_value());
  EXPECT_CONTAINS(store.error().message(), "is missing; the store does not start");
}

}  // namespace meshka::store
