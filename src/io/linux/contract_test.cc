#include <cstdlib>

#include "io/linux/run.h"
#include "io/linux/world.h"
#include "io/test/io_contract.h"

using namespace meshka;
using namespace meshka::io;

namespace {
class LinuxHarness final : public contract::Harness {
 public:
  LinuxHarness() : world_(std::make_unique<NullLog>()) {
    char name[] = "/tmp/meshka-io-test-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~LinuxHarness() override { (void)runUntilDone(world_.loop, world_.disk.remove(folder_, true)); }
  Loop& loop() override { return world_.loop; }
  Network& network() override { return world_.network; }
  Disk& disk() override { return world_.disk; }
  std::string folder() override { return folder_; }
  void run(Task<void> task) override { runUntilDone(world_.loop, std::move(task)); }

 private:
  LinuxWorld world_;
  std::string folder_;
};
}  // namespace

TEST(Contract, LinuxNetwork) {
  LinuxHarness h;
  contract::checkNetwork(h);
}
TEST(Contract, LinuxDisk) {
  LinuxHarness h;
  contract::checkDisk(h);
}
