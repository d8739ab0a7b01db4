#include "node/cri/fake_cri.h"

#include "node/cri/cri_contract.h"
#include "sim/world.h"

namespace meshka::node::cri {
namespace {

TEST(fakeCri, contract) {
  sim::SimWorld world(1);
  FakeCri cri(world.loop);
  cri.addImage("lasting");
  cri.addImage("failing", {.runs_for = millis(100), .exit_code = 3});
  world.loop.run(criContract({.loop = world.loop,
                              .cri = cri,
                              .lasting_image = "lasting",
                              .lasting = {},
                              .failing_image = "failing",
                              .failing = {},
                              .log_directory = "/logs"}));
}

}  // namespace
}  // namespace meshka::node::cri
