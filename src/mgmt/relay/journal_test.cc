// Journal and snapshot: whatever is lost or forgotten in between, the server's picture becomes the
// agent's.
#include "mgmt/relay/journal.h"

#include "base/test/test.h"
#include "doc/json.h"
#include "mgmt/limits.h"
#include "mgmt/relay/snapshot.h"

using namespace meshka;
using namespace meshka::mgmt;

namespace {

doc::Doc object(std::string_view name, int value, size_t padding = 0) {
  return *doc::parseJson(cat(R"({"metadata":{"name":")", name, R"("},"value":)", value,
                             R"(,"padding":")", std::string(padding, 'x'), R"("})"));
}

// As over the wire.
Delta sent(const Delta& delta) {
  auto back = decodeAgentMessage(encode(AgentMessage(delta)));
  EXPECT_OK(back);
  return std::get<Delta>(*back);
}

void bring(const Journal& journal, Snapshot& snapshot) {
  auto deltas = journal.since(snapshot.session(), snapshot.version());
  if (!deltas) deltas = journal.everything();
  std::vector<Snapshot::Change> changes;
  for (const Delta& delta : *deltas) {
    auto taken = snapshot.apply(sent(delta), changes);
    EXPECT_OK(taken);
    if (taken) EXPECT_EQ(*taken, delta.last);
  }
}

}  // namespace

TEST(Journal, OnlyWhatIsNewIsSent) {
  Journal journal("s");
  Snapshot snapshot;
  journal.set("services", {"", "a"}, object("a", 1));
  journal.set("services", {"", "b"}, object("b", 1));
  bring(journal, snapshot);
  EXPECT_EQ(snapshot.size(), 2u);
  EXPECT_TRUE(journal.since("s", snapshot.version())->empty());
  journal.set("services", {"", "b"}, object("b", 1));  // no change
  EXPECT_TRUE(journal.since("s", snapshot.version())->empty());
  journal.set("services", {"", "b"}, object("b", 2));
  journal.set("services", {"", "a"}, doc::Doc());
  const auto deltas = journal.since("s", snapshot.version());
  ASSERT_EQ(deltas->size(), 1u);
  EXPECT_EQ(deltas->front().upserts.at("services").size(), 1u);
  EXPECT_EQ(deltas->front().deletes.at("services").size(), 1u);
  bring(journal, snapshot);
  EXPECT_EQ(snapshot.size(), 1u);
  EXPECT_EQ((*snapshot.get("services", {"", "b"}))["value"].integer(), 2);
}

TEST(Journal, AnotherSessionOrTooLongAgoGetsEverything) {
  Journal journal("new");
  journal.set("services", {"", "a"}, object("a", 1));
  EXPECT_FALSE(journal.since("old", 1).has_value());
  EXPECT_FALSE(journal.since("new", 99).has_value());
  for (size_t i = 0; i <= kMaxTombstones; ++i) {
    journal.set("pods", {"", cat("p", i)}, object("p", 1));
    journal.set("pods", {"", cat("p", i)}, doc::Doc());
  }
  EXPECT_FALSE(journal.since("new", 1).has_value());
  EXPECT_TRUE(journal.since("new", journal.version()).has_value());
  EXPECT_EQ(journal.size(), 1u);
}

TEST(Journal, LargeSnapshotsGoInPieces) {
  Journal journal("s");
  for (int i = 0; i < 50; ++i)
    journal.set("services", {"", cat("a", i)}, object(cat("a", i), i, 40'000));
  const auto pieces = journal.everything();
  EXPECT_TRUE(pieces.size() > 2);
  Snapshot snapshot;
  std::vector<Snapshot::Change> changes;
  // Half of one is no picture.
  EXPECT_EQ(*snapshot.apply(pieces[0], changes), false);
  EXPECT_EQ(snapshot.size(), 0u);
  snapshot.dropPieces();
  bring(journal, snapshot);
  EXPECT_EQ(snapshot.size(), 50u);
}

TEST(Journal, RandomHistoriesConverge) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRng rng(seed);
    auto journal = std::make_unique<Journal>("s0");
    Snapshot snapshot;
    for (int step = 0; step < 300; ++step) {
      const std::string name(1, static_cast<char>('a' + rng.below(6)));
      switch (rng.below(12)) {
        case 0:
          journal = std::make_unique<Journal>(cat("s", step));  // the agent restarts
          break;
        case 1:
        case 2:
          bring(*journal, snapshot);
          break;
        case 3:
        case 4:
        case 5:
          journal->set("services", {"ns", name}, doc::Doc());
          break;
        default:
          journal->set("services", {"ns", name}, [&] {
            doc::Draft d(object(name, static_cast<int>(rng.below(3))));
            d["metadata"]["namespace"] = "ns";
            return d.finish();
          }());
      }
    }
    bring(*journal, snapshot);
    EXPECT_EQ(snapshot.size(), journal->size());
    Snapshot fresh;
    bring(*journal, fresh);
    const auto mine = snapshot.objects().find("services");
    const auto other = fresh.objects().find("services");
    const bool none = mine == snapshot.objects().end() || mine->second.empty();
    EXPECT_TRUE(none ? fresh.size() == 0 : mine->second == other->second);
  }
}
