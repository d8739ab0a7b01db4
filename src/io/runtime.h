// Child processes and blocking calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/time.h"
#include "io/task.h"

namespace meshka::io {

struct ProcessSpec {
  std::string program;            // absolute path, or found in PATH
  std::vector<std::string> args;  // without argv[0]
  std::vector<std::string> env;   // "K=V"; empty: the parent's
  std::string stdin_bytes;
  std::string cwd;
  uint64_t max_output_bytes = 16u << 20;  // of each stream; more is cut and reported by `truncated`
};

struct ProcessResult {
  int exit_code = 0;  // 128 + n when a signal n ended it
  std::string out;
  std::string err;
  bool truncated = false;
  Duration cpu;  // user + system
};

// A child that runs on: ends (SIGKILL) with its owner.
class Child {
 public:
  virtual ~Child() = default;
  virtual int pid() const = 0;
  virtual void kill(int signal) = 0;
  virtual Task<int> wait() = 0;  // exit code, 128 + n for signal n
};

struct SpawnSpec {
  std::string program;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string log_path;  // stdout and stderr are appended here; empty: inherited
};

class Runtime {
 public:
  virtual ~Runtime() = default;
  // Runs to the end; killed at the deadline (kTimeout). A non-zero exit code is a result, not an
  // error.
  virtual Task<Result<ProcessResult>> run(ProcessSpec spec, Instant deadline) = 0;
  virtual Result<std::unique_ptr<Child>> spawn(SpawnSpec spec) = 0;
  // Runs `work` on the pool, then resumes on the loop. `work` touches nothing the loop owns.
  virtual Task<void> offload(Callback work) = 0;
};

}  // namespace meshka::io
