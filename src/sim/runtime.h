// Child processes that a test scripts, and offloaded work that runs in a later turn on the loop
// itself.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/async.h"
#include "io/runtime.h"

namespace meshka::sim {

// A spawned process as the test sees it.
class SimProcess final {
 public:
  explicit SimProcess(io::Loop& loop, io::SpawnSpec s, int p)
      : spec(std::move(s)), pid(p), exited(loop) {}
  void exit(int code) {
    exit_code = code;
    exited.set();
  }
  const io::SpawnSpec spec;
  const int pid;
  std::vector<int> signals;  // sent to it, SIGKILL of its owner's end included
  int exit_code = 0;
  io::Event exited;
};

class SimRuntime final : public io::Runtime {
 public:
  // What a program answers; `took` is set by it to let virtual time pass.
  using Script = Function<io::ProcessResult(const io::ProcessSpec& spec, Duration& took)>;

  explicit SimRuntime(io::Loop& loop) : loop_(loop) {}
  // By the last part of the program's path. Programs without a script are not found.
  void onRun(std::string program, Script script) {
    scripts_[std::move(program)] = std::move(script);
  }
  // Programs that spawn() finds; it ends at SIGTERM or SIGKILL, or when the test says exit().
  void allowSpawn(std::string program) { spawnable_.push_back(std::move(program)); }
  const std::vector<io::ProcessSpec>& runs() const { return runs_; }
  const std::vector<std::shared_ptr<SimProcess>>& spawned() const { return spawned_; }

  io::Task<Result<io::ProcessResult>> run(io::ProcessSpec spec, Instant deadline) override;
  Result<std::unique_ptr<io::Child>> spawn(io::SpawnSpec spec) override;
  io::Task<void> offload(Callback work) override;

 private:
  io::Loop& loop_;
  std::map<std::string, Script> scripts_;
  std::vector<std::string> spawnable_;
  std::vector<io::ProcessSpec> runs_;
  std::vector<std::shared_ptr<SimProcess>> spawned_;
  int next_pid_ = 1000;
};

}  // namespace meshka::sim
