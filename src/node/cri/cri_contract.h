// What every CriClient must do, run against the one in memory (fake_cri_test.cc) and the real one
// (test/real_main.cc).
#pragma once

#include <string>

#include "base/test/test.h"
#include "io/async.h"
#include "node/cri/cri.h"

namespace meshka::node::cri {

struct ContractWorld {
  io::Loop& loop;
  CriClient& cri;
  std::string lasting_image;  // runs until it is stopped, with this command
  std::vector<std::string> lasting;
  std::string failing_image;  // ends by itself with 3
  std::vector<std::string> failing;
  std::string log_directory;  // exists, with directories "a" and "b"
};

inline ContainerConfig contractContainer(const std::string& name, const std::string& image,
                                         const std::vector<std::string>& command) {
  ContainerConfig c;
  c.name = name;
  c.image = image;
  c.command = command;
  c.labels[std::string(kPodUidLabel)] = "contract-uid";
  c.annotations["meshka.dev/x"] = "y";
  c.log_path = name + "/0.log";
  c.security.seccomp = Seccomp::kRuntimeDefault;
  return c;
}

inline io::Task<void> criContract(ContractWorld w) {
  const auto soon = [&] { return w.loop.clock().now() + seconds(30); };
  auto status = co_await w.cri.status(soon());
  EXPECT_OK(status);
  EXPECT_TRUE(status && status->runtime_ready && status->network_ready);
  auto missing = co_await w.cri.imageStatus("meshka.local/not-there:1", soon());
  EXPECT_OK(missing);
  EXPECT_TRUE(missing && !*missing);
  auto image = co_await w.cri.imageStatus(w.lasting_image, soon());
  auto failing = co_await w.cri.imageStatus(w.failing_image, soon());
  if (!test::expectTrue(image && *image && failing && *failing, "images are there", __FILE__,
                        __LINE__))
    co_return;
  auto exits = co_await w.cri.subscribeExits(soon());
  EXPECT_OK(exits);

  SandboxConfig config;
  config.name = "contract";
  config.ns = "test";
  config.uid = "contract-uid";
  config.hostname = "contract";
  config.log_directory = w.log_directory;
  config.labels[std::string(kPodUidLabel)] = config.uid;
  auto sandbox = co_await w.cri.runSandbox(config, "", soon());
  EXPECT_OK(sandbox);
  if (!sandbox || !exits) co_return;
  // The name is taken, also while the sandbox stops.
  EXPECT_FALSE(co_await w.cri.runSandbox(config, "", soon()));
  auto seen = co_await w.cri.sandboxStatus(*sandbox, soon());
  EXPECT_OK(seen);
  EXPECT_TRUE(seen && seen->state == SandboxState::kReady && !seen->ip.empty() &&
              seen->uid == config.uid);
  auto listed = co_await w.cri.listSandboxes(config.uid, soon());
  EXPECT_TRUE(listed && listed->size() == 1);
  listed = co_await w.cri.listSandboxes("another-uid", soon());
  EXPECT_TRUE(listed && listed->empty());

  auto a = co_await w.cri.createContainer(*sandbox, contractContainer("a", (*image)->id, w.lasting),
                                          config, soon());
  EXPECT_OK(a);
  if (!a) co_return;
  auto st = co_await w.cri.containerStatus(*a, soon());
  EXPECT_TRUE(st && st->container.state == ContainerState::kCreated);
  EXPECT_OK(co_await w.cri.startContainer(*a, soon()));
  st = co_await w.cri.containerStatus(*a, soon());
  EXPECT_TRUE(st && st->container.state == ContainerState::kRunning && st->started_at.unix_ns > 0);
  EXPECT_TRUE(st && st->log_path == w.log_directory + "/a/0.log");
  auto containers = co_await w.cri.listContainers(config.uid, soon());
  EXPECT_TRUE(containers && containers->size() == 1 && (*containers)[0].sandbox_id == *sandbox);
  EXPECT_TRUE(containers && (*containers)[0].annotations["meshka.dev/x"] == "y");

  // One that ends by itself: the event comes with the code, the status follows.
  auto b = co_await w.cri.createContainer(
      *sandbox, contractContainer("b", (*failing)->id, w.failing), config, soon());
  EXPECT_OK(b);
  if (!b) co_return;
  EXPECT_OK(co_await w.cri.startContainer(*b, soon()));
  auto exit = co_await io::withDeadline(w.loop, soon(), (*exits)->next(), "exit event");
  EXPECT_OK(exit);
  EXPECT_TRUE(exit && exit->container_id == *b && exit->exit_code == 3);
  for (int i = 0; i < 100; ++i) {
    st = co_await w.cri.containerStatus(*b, soon());
    if (st && st->container.state == ContainerState::kExited) break;
    co_await io::sleepFor(w.loop, millis(20));
  }
  EXPECT_TRUE(st && st->container.state == ContainerState::kExited && st->exit_code == 3 &&
              st->reason == "Error");

  EXPECT_OK(co_await w.cri.stopContainer(*a, 0, soon()));
  st = co_await w.cri.containerStatus(*a, soon());
  EXPECT_TRUE(st && st->container.state == ContainerState::kExited && st->exit_code == 137);
  EXPECT_OK(co_await w.cri.stopSandbox(*sandbox, soon()));
  EXPECT_OK(co_await w.cri.removeSandbox(*sandbox, soon()));
  auto gone = co_await w.cri.containerStatus(*a, soon());
  EXPECT_TRUE(!gone && gone.error().code() == Code::kNotFound);
  containers = co_await w.cri.listContainers(config.uid, soon());
  EXPECT_TRUE(containers && containers->empty());
}

}  // namespace meshka::node::cri
