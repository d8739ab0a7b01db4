// The real world in one object, for programs' main and for tests against the system.
#pragma once

#include <memory>

#include "io/linux/disk.h"
#include "io/linux/limits.h"
#include "io/linux/log.h"
#include "io/linux/loop.h"
#include "io/linux/network.h"
#include "io/linux/pool.h"
#include "io/linux/rng.h"
#include "io/linux/runtime.h"

namespace meshka::io {

class LinuxWorld {
 public:
  explicit LinuxWorld(std::unique_ptr<Log> log = makeStderrLog()) : log_(std::move(log)) {}
  World world() {
    return {.loop = loop,
            .rng = rng,
            .network = network,
            .disk = disk,
            .runtime = runtime,
            .log = *log_};
  }
  Log& log() { return *log_; }

 private:
  std::unique_ptr<Log> log_;

 public:
  LinuxLoop loop;
  SystemRng rng;
  ThreadPool pool{loop, kPoolThreads};
  LinuxNetwork network{loop};
  LinuxDisk disk{loop, pool};
  LinuxRuntime runtime{loop, pool};
};

}  // namespace meshka::io
