#include "sim/runtime.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::sim {
namespace {

constexpr int kSigKill = 9;
constexpr int kSigTerm = 15;

std::string lastPart(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

class SimChild final : public io::Child {
 public:
  explicit SimChild(std::shared_ptr<SimProcess> p) : process_(std::move(p)) {}
  ~SimChild() override {
    if (!process_->exited.isSet()) kill(kSigKill);
  }
  int pid() const override { return process_->pid; }
  void kill(int signal) override {
    process_->signals.push_back(signal);
    if (signal == kSigKill || signal == kSigTerm) process_->exit(128 + signal);
  }
  io::Task<int> wait() override {
    co_await process_->exited.wait();
    co_return process_->exit_code;
  }

 private:
  std::shared_ptr<SimProcess> process_;
};

}  // namespace

io::Task<Result<io::ProcessResult>> SimRuntime::run(io::ProcessSpec spec, Instant deadline) {
  const auto found = scripts_.find(lastPart(spec.program));
  if (found == scripts_.end()) {
    co_return fail(Code::kNotFound, cat("program \"", spec.program, "\" is not in PATH"));
  }
  runs_.push_back(spec);
  Duration took;
  io::ProcessResult result = found->second(spec, took);
  const Instant end = loop_.clock().now() + took;
  co_await io::sleepUntil(loop_, std::min(end, deadline));
  if (end > deadline)
    co_return fail(Code::kTimeout, cat(spec.program, ": deadline exceeded, killed"));
  for (std::string* text : {&result.out, &result.err}) {
    result.truncated |= text->size() > spec.max_output_bytes;
    if (text->size() > spec.max_output_bytes) text->resize(spec.max_output_bytes);
  }
  co_return std::move(result);
}

Result<std::unique_ptr<io::Child>> SimRuntime::spawn(io::SpawnSpec spec) {
  if (std::find(spawnable_.begin(), spawnable_.end(), lastPart(spec.program)) == spawnable_.end()) {
    return fail(Code::kNotFound, cat("program \"", spec.program, "\" is not in PATH"));
  }
  spawned_.push_back(std::make_shared<SimProcess>(loop_, std::move(spec), next_pid_++));
  return std::make_unique<SimChild>(spawned_.back());
}

io::Task<void> SimRuntime::offload(Callback work) {
  co_await io::yield(loop_);
  work();
}

}  // namespace meshka::sim
