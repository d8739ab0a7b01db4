// Child processes and the pool.
#pragma once

#include "io/linux/pool.h"
#include "io/linux/process_table.h"
#include "io/runtime.h"

namespace meshka::io {

class LinuxRuntime final : public Runtime {
 public:
  LinuxRuntime(LinuxLoop& loop, ThreadPool& pool) : loop_(loop), pool_(pool), table_(loop) {}

  // A cancelled run kills its process group.
  Task<Result<ProcessResult>> run(ProcessSpec spec, Instant deadline) override;
  Result<std::unique_ptr<Child>> spawn(SpawnSpec spec) override;
  Task<void> offload(Callback work) override { return pool_.run(std::move(work)); }

  // When this process is pid 1 of its namespace (or a subreaper): collect exited processes that
  // others left behind.
  void reapOrphans() { table_.reapOrphans(); }

 private:
  LinuxLoop& loop_;
  ThreadPool& pool_;
  ProcessTable table_;
};

}  // namespace meshka::io
