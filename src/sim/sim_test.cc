#include "base/test/test.h"
#include "io/test/io_contract.h"
#include "sim/world.h"

using namespace meshka;
using namespace meshka::sim;

namespace {

class SimHarness final : public io::contract::Harness {
 public:
  explicit SimHarness(uint64_t seed) : sim(seed) {
    (void)sim.loop.run(sim.disk.makeDirectories("/work"));
  }
  io::Loop& loop() override { return sim.loop; }
  io::Network& network() override { return sim.network; }
  io::Disk& disk() override { return sim.disk; }
  std::string folder() override { return "/work"; }
  void run(io::Task<void> task) override { sim.loop.run(std::move(task)); }
  SimWorld sim;
};

io::Task<void> sleepThenLog(io::Loop& loop, Duration d, std::string name, std::string& log) {
  co_await io::sleepFor(loop, d);
  log += name;
}

io::Task<Result<void>> writeTwice(SimDisk& disk) {
  auto file = co_await disk.openAppend("/log", 0);
  if (!file) co_return fail(file.error());
  (*file)->append("durable");
  MESHKA_CO_CHECK(co_await (*file)->sync());
  (*file)->append("maybe-lost");
  co_return co_await (*file)->sync();
}

// What a client reads of "hello" + "bye" under the faults of the seed, with the turns it took.
std::string transcript(uint64_t seed) {
  SimWorld sim(seed);
  sim.fabric.faults = {.min_latency = millis(1), .max_latency = millis(20), .split = true};
  io::contract::EchoServer server(sim.loop);
  auto listener = sim.network.listen({.host = "127.0.0.1", .port = 80}, server);
  auto stream = sim.loop.run(sim.network.connect({.host = "127.0.0.1", .port = 80}, kNever));
  EXPECT_OK(sim.loop.run(io::writeAll(sim.loop, **stream, "hello, simulated world", kNever)));
  (*stream)->shutdownWrite();
  const auto all = sim.loop.run(io::readToEnd(sim.loop, **stream, 1000, kNever));
  EXPECT_OK(all);
  EXPECT_EQ(*all, "hello, simulated world");
  return cat(sim.loop.turns(), " turns, ", sim.loop.clock().now().ns);
}

}  // namespace

TEST(SimContract, Network) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SimHarness h(seed);
    h.sim.fabric.faults = {.max_latency = micros(100), .split = seed % 2 == 1};
    io::contract::checkNetwork(h);
  }
}

TEST(SimContract, Disk) {
  SimHarness h(1);
  h.sim.disk.max_latency = millis(10);
  io::contract::checkDisk(h);
}

TEST(SimLoop, TimePassesOnlyWhenTold) {
  SimLoop loop;
  std::string log;
  io::Group group(loop, 3);
  group.spawn(sleepThenLog(loop, seconds(2), "b", log));
  group.spawn(sleepThenLog(loop, seconds(1), "a", log));
  group.spawn(sleepThenLog(loop, hours(9), "c", log));
  loop.settle();
  EXPECT_EQ(log, "");
  loop.advance(millis(1999));
  EXPECT_EQ(log, "a");
  loop.advance(millis(1));
  EXPECT_EQ(log, "ab");
  EXPECT_EQ(loop.clock().now().ns, seconds(2).ns);
  EXPECT_TRUE(loop.step(hours(10)));
  EXPECT_EQ(log, "abc");
  EXPECT_FALSE(loop.step(hours(10)));
}

TEST(SimNetwork, TheSameSeedIsTheSameRun) {
  EXPECT_EQ(transcript(7), transcript(7));
  EXPECT_TRUE(transcript(7) != transcript(8));
}

TEST(SimNetwork, PartitionsHoldWhatIsUnderWay) {
  SimWorld sim(1);
  SimNetwork& other = sim.fabric.host("10.0.0.2");
  io::contract::EchoServer server(sim.loop);
  const io::Endpoint at{.host = "10.0.0.2", .port = 80};
  auto listener = other.listen({.host = "0.0.0.0", .port = 80}, server);
  ASSERT_OK(listener);
  auto stream = sim.loop.run(sim.network.connect(at, kNever));
  ASSERT_OK(stream);
  EXPECT_EQ((*stream)->local().host, "10.0.0.1");
  sim.fabric.partition("10.0.0.1", "10.0.0.2");
  EXPECT_OK(sim.loop.run(io::writeAll(sim.loop, **stream, "x", kNever)));
  char c = 0;
  const auto held = sim.loop.run(io::readExactly(sim.loop, **stream, {&c, 1}, sim.in(seconds(5))));
  ASSERT_TRUE(!held);
  EXPECT_TRUE(held.error().code() == Code::kTimeout);
  const auto late = sim.loop.run(sim.network.connect(at, sim.in(seconds(5))));
  ASSERT_TRUE(!late);
  EXPECT_TRUE(late.error().code() == Code::kTimeout);
  sim.fabric.heal();
  EXPECT_OK(sim.loop.run(io::readExactly(sim.loop, **stream, {&c, 1}, sim.in(seconds(5)))));
  EXPECT_EQ(c, 'x');
  sim.fabric.cut("10.0.0.2", "10.0.0.1");
  const auto cut = sim.loop.run(io::readExactly(sim.loop, **stream, {&c, 1}, sim.in(seconds(5))));
  ASSERT_TRUE(!cut);
  EXPECT_TRUE(cut.error().code() == Code::kUnavailable);
}

TEST(SimDisk, CrashKeepsWhatWasSyncedAndMayTearTheRest) {
  size_t lost = 0, kept = 0, torn = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SimWorld sim(seed);
    sim.disk.min_latency = millis(1);
    const auto done = sim.loop.tryRun(writeTwice(sim.disk), Duration{millis(2).ns + 1});
    EXPECT_FALSE(done.has_value());  // the second sync is under way
    sim.disk.crash();
    const auto read = sim.loop.run(sim.disk.readFile("/log"));
    ASSERT_OK(read);
    const std::string text = read->substr(0, read->find_last_not_of('\0') + 1);
    ASSERT_TRUE(text.starts_with("durable"));
    if (text == "durable")
      ++lost;
    else if (text == "durablemaybe-lost")
      ++kept;
    else
      ++torn;
  }
  EXPECT_TRUE(lost > 0 && kept > 0 && torn > 0);
}

TEST(SimRuntime, RunsScripts) {
  SimWorld sim(1);
  sim.runtime.onRun("nft", [](const io::ProcessSpec& spec, Duration& took) {
    took = millis(30);
    return io::ProcessResult{.exit_code = spec.stdin_bytes == "bad" ? 1 : 0};
  });
  EXPECT_EQ(
      sim.loop.run(sim.runtime.run({.program = "/usr/sbin/nft", .stdin_bytes = "bad"}, kNever))
          ->exit_code,
      1);
  EXPECT_FALSE(sim.loop.run(sim.runtime.run({.program = "nft"}, sim.in(millis(10)))).has_value());
  EXPECT_FALSE(sim.loop.run(sim.runtime.run({.program = "ip"}, kNever)).has_value());
  EXPECT_EQ(sim.runtime.runs().size(), 2u);
}
