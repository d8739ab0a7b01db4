// A container runtime in memory, on the loop's (virtual) clock: for tests of the node agent and for
// simulations of whole clusters. Passes the contract of the real one (cri_contract.h).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/function.h"
#include "io/async.h"
#include "node/cri/cri.h"

namespace meshka::node::cri {

// What containers of an image do.
struct FakeImage {
  std::optional<Duration> runs_for;  // unset: until they are stopped
  int32_t exit_code = 0;
  Duration start_takes = millis(20);
  std::string create_error, start_error;
  bool ignores_sigterm = false;
  std::optional<int64_t> uid;
  std::string username;
};

class FakeCri final : public CriClient {
 public:
  using Exec = Function<ExecResult(const ContainerConfig& container,
                                   const std::vector<std::string>& command)>;

  explicit FakeCri(io::Loop& loop);
  ~FakeCri() override;

  void addImage(std::string name, FakeImage behaviour = {});
  void onExec(Exec exec) { exec_ = std::move(exec); }
  // From outside, as `kill -9` of the process does it.
  void kill(std::string_view container, int32_t exit_code = 137, bool oom = false);
  // As a reboot: sandboxes are not ready, containers exited with 255 "Unknown".
  void loseEverything();
  // Event streams end; the next calls work again.
  void restart();
  void failNext(std::string call, Error error) {
    failures_.insert_or_assign(std::move(call), std::move(error));
  }

  // "create web", "start web", "stop web 30", "runSandbox web-0" ... in order.
  const std::vector<std::string>& calls() const { return calls_; }
  size_t runningContainers() const;
  // The configuration of the newest instance of that name; asserts that there is one.
  const ContainerConfig& config(std::string_view container) const;
  const SandboxConfig& sandboxConfig(std::string_view pod) const;

  io::Task<Result<Version>> version(Instant deadline) override;
  io::Task<Result<RuntimeStatus>> status(Instant deadline) override;
  io::Task<Result<std::string>> runSandbox(SandboxConfig config, std::string handler,
                                           Instant deadline) override;
  io::Task<Result<void>> stopSandbox(std::string id, Instant deadline) override;
  io::Task<Result<void>> removeSandbox(std::string id, Instant deadline) override;
  io::Task<Result<Sandbox>> sandboxStatus(std::string id, Instant deadline) override;
  io::Task<Result<std::vector<Sandbox>>> listSandboxes(std::string pod_uid,
                                                       Instant deadline) override;
  io::Task<Result<std::string>> createContainer(std::string sandbox_id, ContainerConfig config,
                                                SandboxConfig sandbox, Instant deadline) override;
  io::Task<Result<void>> startContainer(std::string id, Instant deadline) override;
  io::Task<Result<void>> stopContainer(std::string id, int64_t grace_s, Instant deadline) override;
  io::Task<Result<void>> removeContainer(std::string id, Instant deadline) override;
  io::Task<Result<std::vector<Container>>> listContainers(std::string pod_uid,
                                                          Instant deadline) override;
  io::Task<Result<ContainerStatus>> containerStatus(std::string id, Instant deadline) override;
  io::Task<Result<ExecResult>> execSync(std::string id, std::vector<std::string> command,
                                        int64_t timeout_s, Instant deadline) override;
  io::Task<Result<std::string>> execUrl(std::string id, std::vector<std::string> command,
                                        bool use_stdin, bool use_stdout, bool use_stderr, bool tty,
                                        Instant deadline) override;
  io::Task<Result<std::string>> attachUrl(std::string id, bool use_stdin, bool use_stdout,
                                          bool use_stderr, bool tty, Instant deadline) override;
  io::Task<Result<std::optional<Image>>> imageStatus(std::string image, Instant deadline) override;
  io::Task<Result<std::vector<Image>>> listImages(Instant deadline) override;
  io::Task<Result<std::unique_ptr<ExitStream>>> subscribeExits(Instant deadline) override;

 private:
  struct Instance;
  struct Pod;
  class Stream;

  Result<void> injected(const std::string& call);
  Instance* find(const std::string& id);
  void exit(Instance& instance, int32_t code, std::string reason);

  io::Loop& loop_;
  std::map<std::string, FakeImage> images_;
  std::vector<std::unique_ptr<Pod>> sandboxes_;
  std::vector<std::unique_ptr<Instance>> containers_;
  std::vector<Stream*> streams_;
  std::map<std::string, Error> failures_;
  std::vector<std::string> calls_;
  Exec exec_;
  int next_id_ = 1;
};

}  // namespace meshka::node::cri
