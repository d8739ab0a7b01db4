#include "client/work_queue.h"

#include <map>

#include "base/test/test.h"
#include "sim/world.h"

using namespace meshka;
using namespace meshka::client;

namespace {

struct Fixture {
  explicit Fixture(size_t workers)
      : queue(sim.loop, sim.rng, sim.log, {.name = "test", .workers = workers},
              [this](std::string key) { return work(this, std::move(key)); }) {}

  static io::Task<Result<void>> work(Fixture* f, std::string key) {
    ++f->now;
    f->most = f->now > f->most ? f->now : f->most;
    f->log += key + "< ";
    co_await io::sleepFor(f->sim.loop, f->takes);
    --f->now;
    f->log += key + "> ";
    f->times.push_back(f->sim.loop.clock().now());
    if (f->failing[key] > 0) {
      --f->failing[key];
      co_return fail(Code::kUnavailable, "not now");
    }
    co_return Result<void>();
  }
  std::string take() { return std::exchange(log, {}); }

  sim::SimWorld sim{1};
  size_t now = 0, most = 0;
  Duration takes = seconds(1);
  std::string log;
  std::map<std::string, int> failing;
  std::vector<Instant> times;
  WorkQueue queue;
};

}  // namespace

TEST(WorkQueue, WaitingKeysAreThereOnceAndBusyOnesComeAgain) {
  Fixture f(1);
  f.queue.add("a");
  f.queue.add("b");
  f.queue.add("a");
  f.queue.add("b");
  EXPECT_EQ(f.queue.pending(), 2u);
  f.sim.loop.settle();
  EXPECT_EQ(f.take(), "a< ");
  f.queue.add("a");
  f.queue.add("a");
  f.sim.loop.advance(seconds(10));
  EXPECT_EQ(f.take(), "a> b< b> a< a> ");
  EXPECT_TRUE(f.queue.idle());
}

TEST(WorkQueue, BoundsWorkers) {
  Fixture f(3);
  for (int i = 0; i < 10; ++i) f.queue.add(cat("k", i));
  f.sim.loop.advance(seconds(60));
  EXPECT_EQ(f.most, 3u);
  EXPECT_EQ(f.times.size(), 10u);
  EXPECT_TRUE(f.times.back().ns <= seconds(4).ns + millis(1).ns);
}

TEST(WorkQueue, FailuresComeBackAfterGrowingPausesAndAreLoggedOnce) {
  Fixture f(2);
  f.takes = {};
  f.failing["bad"] = 8;
  f.queue.add("bad");
  f.queue.add("good");
  f.sim.loop.advance(minutes(5));
  ASSERT_EQ(f.times.size(), 10u);
  EXPECT_EQ(f.sim.log.lines.size(), 1u);
  std::vector<Instant> bad(f.times.begin() + 1, f.times.end());
  // From 10 ms on each pause is about twice the one before (an eighth more or less).
  for (size_t i = 2; i + 1 < bad.size(); ++i) {
    const double growth = (bad[i + 1] - bad[i]).seconds() / (bad[i] - bad[i - 1]).seconds();
    EXPECT_TRUE(growth > 1.4 && growth < 2.7);
  }
  // Success forgets: the next failure waits 10 ms again.
  f.times.clear();
  f.failing["bad"] = 1;
  f.queue.add("bad");
  f.sim.loop.advance(seconds(1));
  ASSERT_EQ(f.times.size(), 2u);
  EXPECT_TRUE(f.times[1] - f.times[0] < millis(15));
}

TEST(WorkQueue, TheEarlierDelayWins) {
  Fixture f(1);
  f.takes = {};
  f.queue.addAfter("a", seconds(10));
  f.queue.addAfter("a", seconds(3));
  f.queue.addAfter("a", seconds(20));
  EXPECT_EQ(f.queue.pending(), 0u);
  f.sim.loop.advance(millis(2999));
  EXPECT_EQ(f.take(), "");
  f.sim.loop.advance(seconds(60));
  EXPECT_EQ(f.take(), "a< a> ");
}

TEST(WorkQueue, DestructionCancels) {
  auto f = std::make_unique<Fixture>(1);
  f->queue.add("a");
  f->queue.add("b");
  f->queue.addAfter("c", seconds(1));
  f->sim.loop.settle();
  f.reset();
}
