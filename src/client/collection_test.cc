// Collections and the fake client they are tested with.
#include "client/collection.h"

#include <algorithm>

#include "base/test/test.h"
#include "client/fake_api_client.h"
#include "client/test/api_client_contract.h"
#include "sim/world.h"

using namespace meshka;
using namespace meshka::client;
using contract::configMap;
using contract::kConfigMaps;

namespace {

struct Fixture {
  explicit Fixture(uint64_t seed = 1) : sim(seed) {}
  std::unique_ptr<Collection> collection(CollectionOptions options = {}) {
    return makeCollection(sim.loop, sim.rng, sim.log, api, kConfigMaps, std::move(options));
  }
  void create(std::string_view name, std::string_view label = "x") {
    EXPECT_OK(sim.loop.run(api.create(kConfigMaps, "ns", configMap(name, label, "1"), kNever)));
  }
  void set(std::string name, std::string_view data) {
    EXPECT_OK(
        sim.loop.run(api.patch(kConfigMaps, "ns", std::move(name), PatchType::kMerge,
                               *doc::parseJson(cat(R"({"data":{"k":")", data, R"("}})")), kNever)));
  }
  void remove(std::string name) {
    EXPECT_OK(sim.loop.run(api.remove(kConfigMaps, "ns", std::move(name), {}, kNever)));
  }
  sim::SimWorld sim;
  FakeApiClient api{sim.loop, sim.rng};
};

struct Recorder final : CollectionHandler {
  void onChange(const ObjectKey& key, const doc::Doc& before, const doc::Doc& after) override {
    log += cat(!before.exists()  ? '+'
               : !after.exists() ? '-'
                                 : '~',
               key.name, after.exists() ? after["data"]["k"].text() : "", ' ');
  }
  void onSynced() override { log += "synced "; }
  std::string take() { return std::exchange(log, {}); }
  std::string log;
};

std::string namesOf(const std::vector<doc::Doc>& objects) {
  std::string out;
  for (const doc::Doc& object : objects) out += cat(object["metadata"]["name"].text(), " ");
  return out;
}

std::string kubeError(ApiClient& api, sim::SimLoop& loop) {
  const auto missing = loop.run(api.get({"apps", "v1", "deployments"}, "ns", "web", kNever));
  return missing ? "found" : missing.error().message();
}

}  // namespace

TEST(FakeApiClient, PassesTheContract) {
  Fixture f;
  f.sim.loop.run(contract::checkApiClient({f.sim.loop, f.api, "ns"}));
  EXPECT_EQ(kubeError(f.api, f.sim.loop), "deployments.apps \"web\" not found");
}

TEST(Collection, FollowsTheServer) {
  Fixture f;
  f.create("a");
  f.create("b");
  auto all = f.collection();
  Recorder early, late;
  all->addHandler(early);
  EXPECT_FALSE(all->hasSynced());
  f.sim.loop.settle();
  EXPECT_TRUE(all->hasSynced());
  EXPECT_EQ(early.take(), "+a1 +b1 synced ");
  f.set("a", "2");
  f.remove("b");
  f.create("c");
  f.sim.loop.settle();
  EXPECT_EQ(early.take(), "~a2 -b +c1 ");
  EXPECT_EQ(namesOf(all->list("ns")), "a c ");
  EXPECT_EQ(namesOf(all->list("other")), "");
  EXPECT_TRUE(all->get("ns", "c") != nullptr && all->get("ns", "b") == nullptr);
  // A late handler is told what is there, and nothing twice.
  all->addHandler(late);
  EXPECT_EQ(late.take(), "");
  f.set("c", "9");
  f.sim.loop.settle();
  EXPECT_EQ(late.take(), "+a2 +c1 synced ~c9 ");
  all->removeHandler(late);
  f.remove("c");
  f.sim.loop.settle();
  EXPECT_EQ(late.take(), "");
  EXPECT_EQ(f.sim.log.lines.size(), 0u);
}

TEST(Collection, IndexesFollowChanges) {
  Fixture f;
  auto all = f.collection();
  all->addIndex("label", [](doc::Value object) {
    return std::vector<std::string>{std::string(object["metadata"]["labels"]["contract"].text())};
  });
  f.create("a", "x");
  f.create("b", "y");
  f.create("c", "x");
  f.sim.loop.settle();
  EXPECT_EQ(namesOf(all->byIndex("label", "x")), "a c ");
  EXPECT_OK(f.sim.loop.run(
      f.api.patch(kConfigMaps, "ns", "a", PatchType::kMerge,
                  *doc::parseJson(R"({"metadata":{"labels":{"contract":"y"}}})"), kNever)));
  f.remove("c");
  f.sim.loop.settle();
  EXPECT_EQ(namesOf(all->byIndex("label", "x")), "");
  EXPECT_EQ(namesOf(all->byIndex("label", "y")), "a b ");
}

TEST(Collection, GoesOnAfterALostWatchWithoutListing) {
  Fixture f;
  f.create("a");
  auto all = f.collection();
  Recorder seen;
  all->addHandler(seen);
  f.sim.loop.settle();
  seen.take();
  f.api.breakWatches();
  f.set("a", "2");
  const size_t before = f.api.calls();
  f.sim.loop.advance(seconds(2));
  EXPECT_EQ(seen.take(), "~a2 ");
  EXPECT_EQ(f.api.calls() - before, 1u);  // a watch, no list
}

TEST(Collection, ListsAgainWhenTheRevisionIsGone) {
  Fixture f;
  f.create("a");
  f.create("b");
  auto all = f.collection();
  Recorder seen;
  all->addHandler(seen);
  f.sim.loop.settle();
  seen.take();
  f.api.breakWatches();
  f.set("a", "2");
  f.remove("b");
  f.create("c");
  f.api.compact();
  f.sim.loop.advance(seconds(5));
  EXPECT_EQ(seen.take(), "-b ~a2 +c1 ");  // and nobody is told of what did not change
  // A bookmark keeps the revision fresh: what is compacted before it needs no list.
  f.api.sendBookmarks();
  f.sim.loop.settle();
  f.set("a", "3");
  f.sim.loop.settle();
  EXPECT_EQ(seen.take(), "~a3 ");
}

TEST(Collection, TriesAgainWithGrowingPausesAndSaysSoOnce) {
  Fixture f;
  f.create("a");
  f.api.failNext(Error(Code::kUnavailable, "connection refused"), 6);
  auto all = f.collection();
  const size_t before = f.api.calls();
  f.sim.loop.advance(millis(300));
  EXPECT_FALSE(all->hasSynced());
  EXPECT_TRUE(f.api.calls() - before <= 5);
  f.sim.loop.advance(seconds(30));
  EXPECT_TRUE(all->hasSynced());
  EXPECT_EQ(all->size(), 1u);
  EXPECT_EQ(f.sim.log.lines.size(), 1u);
}

// Whatever happens to watches and revisions, in the end the collection equals the server, and the
// handler's account of changes leads there too.
TEST(Collection, ConvergesUnderFaults) {
  struct Mirror final : CollectionHandler {
    void onChange(const ObjectKey& key, const doc::Doc& before, const doc::Doc& after) override {
      EXPECT_EQ(before.exists(), content.contains(key));
      if (before.exists()) EXPECT_TRUE(content[key] == before);
      if (after.exists())
        content[key] = after;
      else
        content.erase(key);
    }
    std::map<ObjectKey, doc::Doc> content;
  };
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Fixture f(seed);
    auto all = f.collection();
    Mirror mirror;
    all->addHandler(mirror);
    SeededRng& rng = f.sim.fault_rng;
    for (int step = 0; step < 60; ++step) {
      const std::string name(1, static_cast<char>('a' + rng.below(5)));
      const bool there = f.api.find(kConfigMaps, "ns", name).exists();
      switch (rng.below(8)) {
        case 0:
          f.api.breakWatches();
          break;
        case 1:
          f.api.compact();
          break;
        case 2:
          f.sim.loop.advance(millis(static_cast<int64_t>(rng.below(500))));
          break;
        case 3:
          if (there) f.remove(name);
          break;
        default:
          if (there)
            f.set(name, cat(step));
          else
            f.create(name);
      }
    }
    f.sim.loop.advance(minutes(2));
    EXPECT_EQ(all->size(), f.api.count(kConfigMaps));
    for (const auto& [key, object] : mirror.content) {
      EXPECT_TRUE(object == f.api.find(kConfigMaps, key.ns, key.name));
    }
    EXPECT_EQ(mirror.content.size(), all->size());
  }
}
