// A whole simulated world from one seed, for tests of everything above io.
#pragma once

#include <string>
#include <vector>

#include "io/loop.h"
#include "sim/disk.h"
#include "sim/loop.h"
#include "sim/network.h"
#include "sim/runtime.h"

namespace meshka::sim {

// Keeps the lines; errors() counts those of level error, which a test usually wants to be 0.
class RecordingLog final : public Log {
 public:
  bool enabled(Level) const override { return true; }
  void write(Level level, std::string_view message, std::initializer_list<Field> fields) override {
    lines.push_back(formatText(level, message, fields));
    errors_ += level == Level::kError ? 1 : 0;
  }
  size_t errors() const { return errors_; }
  std::vector<std::string> lines;

 private:
  size_t errors_ = 0;
};

struct SimWorld {
  explicit SimWorld(uint64_t seed) : rng(seed), fault_rng(seed ^ 0x9e3779b97f4a7c15) {}
  io::World world() {
    return {
        .loop = loop, .rng = rng, .network = network, .disk = disk, .runtime = runtime, .log = log};
  }
  Instant in(Duration d) const { return loop.clock().now() + d; }

  SimLoop loop;
  SeededRng rng;        // the components'
  SeededRng fault_rng;  // the faults', so that a component's draw does not change them
  RecordingLog log;
  Fabric fabric{loop, fault_rng};
  SimNetwork& network = fabric.host("10.0.0.1");
  SimDisk disk{loop, fault_rng};
  SimRuntime runtime{loop};
};

}  // namespace meshka::sim
