// The two real ApiClients, local and over HTTP, keep the contract that the fake one keeps: what is
// tested with the fake holds with them.
#include "apiserver/test/fixture.h"
#include "client/http_api_client.h"
#include "client/test/api_client_contract.h"

namespace meshka::apiserver::test {
namespace {

io::Task<bool> checked(client::contract::Harness harness) {
  co_await client::contract::checkApiClient(harness);
  co_return true;
}

TEST(ClientContract, Local) {
  Fixture f;
  f.start();
  f.post("/api/v1/namespaces", R"({"metadata":{"name":"contract"}})");
  const std::unique_ptr<client::ApiClient> api =
      f.server->localClient({.name = "admin", .groups = {std::string(kGroupMasters)}});
  EXPECT_TRUE(f.run(checked({f.sim.loop, *api, "contract"})));
}

TEST(ClientContract, OverHttp) {
  Fixture f;
  f.start();
  f.post("/api/v1/namespaces", R"({"metadata":{"name":"contract"}})");
  io::World world = f.sim.world();
  const std::unique_ptr<client::ApiClient> api =
      client::newHttpApiClient(world, net::newInProcessClient(f.sim.loop, *f.server),
                               client::Credentials{.token = "admin/system:masters"});
  EXPECT_TRUE(f.run(checked({f.sim.loop, *api, "contract"})));
}

}  // namespace
}  // namespace meshka::apiserver::test
