// What the server hands over: logs and exec; and what it does with those who do not read their
// watches.
#include "apiserver/limits.h"
#include "apiserver/node_connector.h"
#include "apiserver/test/fixture.h"

namespace meshka::apiserver::test {

namespace {

class EchoConnector final : public NodeConnector {
 public:
  io::Task<void> connect(ConnectRequest what, net::ServerRequest& request,
                         net::ResponseWriter& response) override {
    net::respond(
        response, 200, "text/plain",
        cat(what.resource, "/", what.subresource, " ", what.ns, "/", what.name, " ", what.rest, " ",
            what.object["metadata"]["name"].text(), " ", what.user.name, " ", request.query));
    co_return;
  }
};

const std::string kPods = "/api/v1/namespaces/default/pods";

struct ConnectFixture : Fixture {
  ConnectFixture() {
    nodes = &connector;
    start();
    post("/api/v1/namespaces/default/serviceaccounts", R"({"metadata":{"name":"default"}})");
    post(kPods, R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:1"}]}})");
  }
  EchoConnector connector;
};

}  // namespace

TEST(Connections, GoToTheConnector) {
  ConnectFixture f;
  EXPECT_EQ(f.get(kPods + "/p/log?follow=1").body, "pods/log default/p  p admin follow=1");
  EXPECT_EQ(f.get(kPods + "/q/log").status, 404);
  EXPECT_EQ(f.ask("GET", kPods + "/p/log", {}, {}, {}, "reader").status, 200);
  EXPECT_EQ(f.ask("POST", kPods + "/p/exec?command=id", {}, {}, {}, "reader").status, 403);
  EXPECT_CONTAINS(f.ask("POST", kPods + "/p/exec?command=id").body, "pods/exec default/p");
  EXPECT_CONTAINS(f.get(kPods + "/p/proxy/a/b/").body, "pods/proxy default/p /a/b/ p");
  // An upgrade through a proxy is no read either.
  f.authorizer.asked.clear();
  net::ClientRequest request;
  request.target = kPods + "/p/proxy/exec";
  request.headers.add("Authorization", "Bearer reader");
  request.headers.add("Upgrade", "websocket");
  EXPECT_EQ(f.run(f.exchange(std::move(request))).status, 403);
  EXPECT_EQ(f.authorizer.asked.back().verb, "create");
}

TEST(Connections, WithoutAConnectorSaySo) {
  Fixture f;
  f.start();
  const Reply r = f.get(kPods + "/p/log");
  EXPECT_EQ(r.status, 405);
  EXPECT_CONTAINS(r.body, "pods/log is not supported yet");
}

TEST(Connections, StartingServersSaySo) {
  Fixture f;
  Parts parts;
  parts.authenticator = &f.authenticator;
  parts.authorizer = &f.authorizer;
  f.server = std::make_unique<ApiServer>(f.sim.world(), f.store, f.registry, f.config, parts);
  f.client = net::newInProcessClient(f.sim.loop, *f.server);
  EXPECT_EQ(f.get("/api/v1/namespaces").status, 503);
  EXPECT_EQ(f.get("/readyz").status, 500);
  EXPECT_EQ(f.get("/livez").status, 200);
}

TEST(Connections, WatchersThatDoNotReadAreCutOff) {
  Fixture f;
  f.start();
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  f.post(maps, R"({"metadata":{"name":"a"}})");
  net::ClientRequest request;
  request.target = maps + "?watch=1&resourceVersion=" +
                   std::string(f.get(maps).json["metadata"]["resourceVersion"].text());
  request.headers.add("Authorization", "Bearer admin/system:masters");
  auto response = f.run(f.client->send(std::move(request), f.sim.in(seconds(10))));
  ASSERT_OK(response);
  EXPECT_EQ(response->status, 200);
  // Nobody reads; each change is a quarter of a megabyte.
  const size_t writes = kMaxWatchBufferBytes / (256u << 10) + 16;
  for (size_t i = 0; i < writes; ++i) {
    f.merge(maps + "/a", cat(R"({"data":{"k":")",
                             std::string(256u << 10, static_cast<char>('a' + i % 20)), R"("}})"));
  }
  const auto body = f.run(net::readAll(*response->body, 64u << 20));
  EXPECT_FALSE(body);
}

}  // namespace meshka::apiserver::test
