// The real implementation against the system: loopback sockets, a temporary directory, small child
// processes.
#include "io/linux/world.h"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/test/test.h"
#include "io/linux/address.h"
#include "io/linux/run.h"
#include "io/stream_tasks.h"

using namespace meshka;
using namespace meshka::io;

namespace {

struct Fixture : LinuxWorld {
  Fixture() : LinuxWorld(std::make_unique<NullLog>()) {
    char name[] = "/tmp/meshka-io-test-XXXXXX";
    folder = ::mkdtemp(name);
  }
  ~Fixture() { (void)runUntilDone(loop, disk.remove(folder, true)); }
  Instant in(Duration d) { return loop.clock().now() + d; }
  Result<ProcessResult> shell(std::string script, Duration limit = seconds(10)) {
    return runUntilDone(
        loop, runtime.run({.program = "sh", .args = {"-c", std::move(script)}}, in(limit)));
  }
  std::string folder;
};

struct Accepted final : AcceptHandler {
  void onAccept(std::unique_ptr<Stream> stream) override { streams.push_back(std::move(stream)); }
  std::vector<std::unique_ptr<Stream>> streams;
};

Task<void> count(Loop& loop, int& n) {
  co_await yield(loop);
  ++n;
}
Task<Result<int>> never(Event& event) {
  co_await event.wait();
  co_return 1;
}

}  // namespace

TEST(LinuxLoop, PostsFromThreadsWakeIt) {
  LinuxLoop loop;
  std::thread other([&] { loop.post([&] { loop.stop(); }); });
  loop.run();
  other.join();
}

TEST(LinuxLoop, SignalsComeAsCallbacks) {
  LinuxLoop loop;
  int got = 0;
  loop.onSignal(SIGUSR1, [&] { ++got; });
  ::raise(SIGUSR1);
  loop.turn(true);
  EXPECT_EQ(got, 1);
  ::raise(SIGUSR1);
  loop.turn(true);
  EXPECT_EQ(got, 2);
}

TEST(LinuxLoop, CountsSlowTurns) {
  LinuxLoop loop;
  loop.turn(false);
  EXPECT_EQ(loop.slowTurns(), 0u);
  loop.post([] { std::this_thread::sleep_for(std::chrono::milliseconds(25)); });
  loop.turn(true);
  EXPECT_EQ(loop.slowTurns(), 1u);
}

TEST(Async, GroupBoundsAndCancels) {
  LinuxLoop loop;
  int n = 0;
  Group group(loop, 2);
  EXPECT_TRUE(group.spawn(count(loop, n)));
  EXPECT_TRUE(group.spawn(count(loop, n)));
  EXPECT_FALSE(group.spawn(count(loop, n)));
  runUntilDone(loop, group.drain());
  EXPECT_EQ(n, 2);
  EXPECT_TRUE(group.spawn(count(loop, n)));
  group.cancelAll();
  runUntilDone(loop, sleepFor(loop, millis(2)));
  EXPECT_EQ(n, 2);
}

TEST(Async, DeadlineCancelsTheTask) {
  LinuxLoop loop;
  Event event(loop);
  const Instant start = loop.clock().now();
  const Result<int> late =
      runUntilDone(loop, withDeadline(loop, start + millis(5), never(event), "waiting for godot"));
  ASSERT_TRUE(!late);
  EXPECT_EQ(late.error().message(), "waiting for godot: deadline exceeded");
  EXPECT_TRUE(loop.clock().now() - start >= millis(5));
  event.set();
  EXPECT_OK(runUntilDone(loop, withDeadline(loop, kNever, never(event), "x")));
}

TEST(LinuxNetwork, RefusedConnectionsAndBusyPorts) {
  Fixture f;
  Accepted accepted;
  auto listener = f.network.listen({.host = "127.0.0.1"}, accepted);
  ASSERT_OK(listener);
  const Endpoint at = (*listener)->local();
  const auto second = f.network.listen(at, accepted);
  ASSERT_TRUE(!second);
  EXPECT_TRUE(second.error().code() == Code::kAlreadyExists);
  listener->reset();
  const auto refused = runUntilDone(f.loop, f.network.connect(at, f.in(seconds(5))));
  ASSERT_TRUE(!refused);
  EXPECT_TRUE(refused.error().code() == Code::kUnavailable);
  EXPECT_CONTAINS(refused.error().message(),
                  cat("connect to ", at.toString(), ": connection refused"));
}

TEST(LinuxNetwork, ConnectsFromAnAddressOfChoice) {
  Fixture f;
  Accepted accepted;
  auto listener = f.network.listen({.host = "127.0.0.1"}, accepted);
  ASSERT_OK(listener);
  const auto from = f.network.fromAddress("127.0.0.6");
  const auto stream = runUntilDone(f.loop, from->connect((*listener)->local(), f.in(seconds(5))));
  ASSERT_OK(stream);
  while (accepted.streams.empty()) f.loop.turn(true);
  EXPECT_EQ(accepted.streams[0]->peer().host, "127.0.0.6");
}

TEST(LinuxNetwork, ReplacesTheSocketOfADeadProcess) {
  Fixture f;
  Accepted accepted;
  const Endpoint at{.host = f.folder + "/s", .unix_socket = true};
  {
    const Address address = *toAddress(at);
    const Fd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(dead.get(), address.raw(), address.length), 0);
  }
  struct stat info;
  ASSERT_EQ(::stat(at.host.c_str(), &info), 0);
  auto listener = f.network.listen(at, accepted);
  ASSERT_OK(listener);
  ASSERT_EQ(::stat(at.host.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_FALSE(f.network.listen(at, accepted).has_value());
  listener->reset();
  EXPECT_TRUE(::stat(at.host.c_str(), &info) != 0);
}

TEST(LinuxRuntime, RunsAndReports) {
  Fixture f;
  const auto done = runUntilDone(
      f.loop, f.runtime.run({.program = "sh",
                             .args = {"-c", "cat /dev/stdin; echo oops >&2; pwd; echo $X; exit 7"},
                             .env = {"X=y"},
                             .stdin_bytes = "input\n",
                             .cwd = "/"},
                            f.in(seconds(10))));
  ASSERT_OK(done);
  EXPECT_EQ(done->exit_code, 7);
  EXPECT_EQ(done->out, "input\n/\ny\n");
  EXPECT_EQ(done->err, "oops\n");
  EXPECT_FALSE(done->truncated);
  EXPECT_EQ(f.shell("kill -9 $$")->exit_code, 137);
  const auto missing = runUntilDone(f.loop, f.runtime.run({.program = "no-such-program"}, kNever));
  ASSERT_TRUE(!missing);
  EXPECT_TRUE(missing.error().code() == Code::kNotFound);
  const auto cut = runUntilDone(f.loop, f.runtime.run({.program = "sh",
                                                       .args = {"-c", "yes | head -c 300000"},
                                                       .max_output_bytes = 100},
                                                      f.in(seconds(10))));
  ASSERT_OK(cut);
  EXPECT_TRUE(cut->truncated);
  EXPECT_EQ(cut->out.size(), 100u);
}

TEST(LinuxRuntime, DeadlineKillsTheWholeGroup) {
  Fixture f;
  const auto late = f.shell("sleep 1000 & echo $! > '" + f.folder + "/pid'; wait", millis(300));
  ASSERT_TRUE(!late);
  EXPECT_TRUE(late.error().code() == Code::kTimeout);
  const auto pid = runUntilDone(f.loop, f.disk.readFile(f.folder + "/pid"));
  ASSERT_OK(pid);
  EXPECT_TRUE(f.shell("for i in $(seq 50); do grep -qs 'State:.[^ZX]' /proc/" +
                      std::string(trim(*pid)) + "/status || exit 0; sleep 0.1; done; exit 1")
                  ->exit_code == 0);
}

TEST(LinuxRuntime, ChildrenEndWithTheirOwner) {
  Fixture f;
  auto child =
      f.runtime.spawn({.program = "sleep", .args = {"1000"}, .log_path = f.folder + "/log"});
  ASSERT_OK(child);
  const int pid = (*child)->pid();
  EXPECT_EQ(::kill(pid, 0), 0);
  (*child)->kill(SIGTERM);
  EXPECT_EQ(runUntilDone(f.loop, (*child)->wait()), 128 + SIGTERM);
  auto second = f.runtime.spawn({.program = "sleep", .args = {"1000"}});
  ASSERT_OK(second);
  const int other = (*second)->pid();
  second->reset();
  for (int i = 0; i < 100 && ::kill(other, 0) == 0; ++i)
    runUntilDone(f.loop, sleepFor(f.loop, millis(10)));
  EXPECT_TRUE(::kill(other, 0) != 0);
}

TEST(LinuxRuntime, OffloadResumesOnTheLoop) {
  Fixture f;
  std::thread::id there;
  runUntilDone(f.loop, f.runtime.offload([&] { there = std::this_thread::get_id(); }));
  EXPECT_TRUE(there != std::this_thread::get_id() && there != std::thread::id());
}

TEST(LinuxDisk, RemoveFollowsNoLinks) {
  Fixture f;
  ASSERT_OK(f.shell(
      "cd '" + f.folder +
      "' && mkdir -p a/b keep && echo x > keep/file && ln -s ../keep a/link && echo y > a/b/c"));
  EXPECT_OK(runUntilDone(f.loop, f.disk.remove(f.folder + "/a", true)));
  EXPECT_OK(runUntilDone(f.loop, f.disk.remove(f.folder + "/a", true)));
  const auto left = runUntilDone(f.loop, f.disk.listDirectory(f.folder));
  ASSERT_OK(left);
  EXPECT_EQ(join(*left, " "), "keep");
  EXPECT_OK(runUntilDone(f.loop, f.disk.readFile(f.folder + "/keep/file")));
}
