// The discovery service over HTTP/2 between two hosts of the simulation, with a backend of strings.
#include "xds/server.h"

#include "base/test/test.h"
#include "net/server.h"
#include "sim/world.h"
#include "xds/codec.h"
#include "xds/request_fuzz.h"
#include "xds/types.h"

namespace meshka::xds {
namespace {

struct TestProxy final : AdsProxy {
  std::string id;
};

struct TestBackend final : AdsBackend {
  io::Task<Result<std::unique_ptr<AdsProxy>>> connect(net::GrpcServerCall&,
                                                      doc::Doc node) override {
    if (node["id"].text() == "stranger") {
      co_return fail(net::grpcError(net::GrpcStatus::kPermissionDenied, "authorization failed"));
    }
    auto proxy = std::make_unique<TestProxy>();
    proxy->id = node["id"].text();
    co_return std::unique_ptr<AdsProxy>(std::move(proxy));
  }
  std::optional<std::vector<NamedConfig>> resources(
      const AdsProxy&, std::string_view type, const std::vector<std::string>& names) override {
    ++computed;
    std::vector<NamedConfig> out;
    if (type == kCluster) {
      for (const std::string& name : clusters) out.push_back({name, named("name", name)});
      return out;
    }
    if (type == kEndpoints) {
      for (const std::string& name : names) {
        doc::Draft config = doc::Draft::object({{"cluster_name", name}});
        config["policy"]["overprovisioning_factor"] = factor;
        out.push_back({name, config.finish()});
      }
      return out;
    }
    return std::nullopt;
  }
  static doc::Doc named(const char* member, const std::string& name) {
    return doc::Draft::object({{member, name}}).finish();
  }
  std::vector<std::string> clusters = {"a", "b"};
  int factor = 140;
  int computed = 0;
};

struct Fixture {
  Fixture() {
    EXPECT_OK(http.listen(world.network, {"10.0.0.1", 15010, false}));
    net::ClientOptions options{.endpoint = {"10.0.0.1", 15010, false},
                               .http2_prior_knowledge = true};
    channel = net::newGrpcChannel(world.loop, world.fabric.host("10.0.0.2"), options);
  }
  sim::SimWorld world{7};
  TestBackend backend;
  AdsServer server{world.loop, world.rng, world.log, backend, {.control_plane = "test"}};
  std::unique_ptr<net::Handler> handler = net::newGrpcHandler(world.loop, server);
  net::HttpServer http{world.loop, *handler};
  std::unique_ptr<net::GrpcChannel> channel;
};

std::string ask(std::string_view type, const std::vector<std::string>& names,
                const std::string& nonce, const std::string& node = {},
                const std::string& error = {}) {
  doc::Draft r = doc::Draft::object();
  r["type_url"] = type;
  r["resource_names"] = doc::Draft::strings(names);
  if (!nonce.empty()) r["response_nonce"] = nonce;
  if (!node.empty()) r["node"]["id"] = node;
  if (!error.empty()) r["error_detail"]["message"] = error;
  auto bytes = encode("envoy.service.discovery.v3.DiscoveryRequest", r.finish());
  EXPECT_OK(bytes);
  return bytes ? *bytes : "";
}

// One proxy's side of a stream.
struct Client {
  explicit Client(Fixture& f) : fixture(f) {}
  io::Task<void> open() {
    auto opened = co_await fixture.channel->open(std::string(AdsServer::kStreamMethod), kNever);
    EXPECT_OK(opened);
    if (opened) call = std::move(*opened);
  }
  io::Task<void> say(std::string bytes) { EXPECT_OK(co_await call->write(std::move(bytes))); }
  // "CDS a b" and the nonce, or the status that ended the stream.
  io::Task<std::string> hear() {
    auto message = co_await call->read();
    if (!message) co_return cat("!", message.error().reason(), ": ", message.error().message());
    if (!*message) co_return "end";
    auto response = decode("envoy.service.discovery.v3.DiscoveryResponse", **message);
    EXPECT_OK(response);
    if (!response) co_return "?";
    nonce = (*response)["nonce"].text();
    std::string out = shortType((*response)["type_url"].text());
    for (const doc::Value r : (*response)["resources"].elements()) {
      out += cat(" ", r["name"].text(r["cluster_name"].text()));
    }
    co_return out;
  }
  std::string hearNow(Duration limit = seconds(1)) {
    return fixture.world.loop.tryRun(hear(), limit).value_or("silence");
  }
  void sayNow(std::string bytes) { fixture.world.loop.run(say(std::move(bytes))); }
  Fixture& fixture;
  std::unique_ptr<net::GrpcCall> call;
  std::string nonce;
};

TEST(AdsServer, SubscribeAcknowledgePush) {
  Fixture f;
  Client c(f);
  f.world.loop.run(c.open());
  c.sayNow(ask(kCluster, {}, "", "sidecar~1.2.3.4~p.n~n.svc"));
  EXPECT_EQ(c.hearNow(), "CDS a b");
  c.sayNow(ask(kCluster, {}, c.nonce));
  c.sayNow(ask(kEndpoints, {"b", "a"}, ""));
  EXPECT_EQ(c.hearNow(), "EDS a b");
  const std::string endpoints_nonce = c.nonce;
  c.sayNow(ask(kEndpoints, {"a", "b"}, c.nonce));
  EXPECT_EQ(c.hearNow(), "silence");

  // Nothing differs: nothing is sent. Then a cluster more, and endpoints follow at once.
  f.server.push({});
  EXPECT_EQ(c.hearNow(), "silence");
  f.backend.clusters.emplace_back("c");
  f.server.push({});
  EXPECT_EQ(c.hearNow(), "CDS a b c");
  c.sayNow(ask(kCluster, {}, c.nonce));
  EXPECT_EQ(c.hearNow(), "EDS a b");
  c.sayNow(ask(kEndpoints, {"a", "b", "c"}, endpoints_nonce));  // crossed with it: too old
  EXPECT_EQ(c.hearNow(), "silence");
  c.sayNow(ask(kEndpoints, {"a", "b", "c"}, c.nonce));
  EXPECT_EQ(c.hearNow(), "EDS a b c");
  EXPECT_EQ(f.server.counters().stale, uint64_t{1});
}

TEST(AdsServer, EndpointsAloneAreComputedAlone) {
  Fixture f;
  Client c(f);
  f.world.loop.run(c.open());
  c.sayNow(ask(kCluster, {}, "", "sidecar~1.2.3.4~p.n~n.svc"));
  EXPECT_EQ(c.hearNow(), "CDS a b");
  c.sayNow(ask(kEndpoints, {"a"}, ""));
  EXPECT_EQ(c.hearNow(), "EDS a");
  const int before = f.backend.computed;
  f.backend.factor = 150;
  f.server.push({std::string(kEndpoints)});
  EXPECT_EQ(c.hearNow(), "EDS a");
  EXPECT_EQ(f.backend.computed, before + 1);
}

TEST(AdsServer, BytesAreMadeOnceForAllProxies) {
  Fixture f;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<Client>(f));
    f.world.loop.run(clients.back()->open());
    clients.back()->sayNow(ask(kCluster, {}, "", cat("sidecar~1.2.3.", i, "~p.n~n.svc")));
    EXPECT_EQ(clients.back()->hearNow(), "CDS a b");
  }
  EXPECT_EQ(f.server.cache().encodings(), size_t{2});
  EXPECT_EQ(f.server.streams().size(), size_t{20});
  clients.clear();
  f.world.loop.advance(seconds(1));
  EXPECT_EQ(f.server.streams().size(), size_t{0});
}

TEST(AdsServer, RejectionsAreLoggedAndKept) {
  Fixture f;
  Client c(f);
  f.world.loop.run(c.open());
  c.sayNow(ask(kCluster, {}, "", "router~1.2.3.4~gw.n~n.svc"));
  EXPECT_EQ(c.hearNow(), "CDS a b");
  c.sayNow(ask(kCluster, {}, c.nonce, "", "Error adding/updating cluster(s) a: bad"));
  EXPECT_EQ(c.hearNow(), "silence");
  EXPECT_EQ(f.server.counters().rejections, uint64_t{1});
  EXPECT_CONTAINS(f.server.streams()[0].state.find(kCluster)->error, "cluster(s) a: bad");
  std::string log;
  for (const std::string& line : f.world.log.lines) log += line + "\n";
  EXPECT_CONTAINS(log, "CDS: PUSH request for node:gw.n resources:2 size:");
  EXPECT_CONTAINS(log, "ADS:CDS: ACK ERROR router~1.2.3.4~gw.n~n.svc-1 Internal:Error adding");
}

TEST(AdsServer, WhoIsSentAway) {
  Fixture f;
  Client stranger(f);
  f.world.loop.run(stranger.open());
  stranger.sayNow(ask(kCluster, {}, "", "stranger"));
  EXPECT_EQ(stranger.hearNow(), "!PERMISSION_DENIED: authorization failed");
  Client nobody(f);
  f.world.loop.run(nobody.open());
  nobody.sayNow(ask(kCluster, {}, ""));
  EXPECT_EQ(nobody.hearNow(), "!INVALID_ARGUMENT: missing node information");
  Client silent(f);
  f.world.loop.run(silent.open());
  EXPECT_TRUE(silent.hearNow(minutes(1)).starts_with("!DEADLINE_EXCEEDED"));
  Client unknown(f);
  f.world.loop.run(unknown.open());
  unknown.sayNow(ask("type.googleapis.com/istio.v1.HealthInformation", {}, "", "sidecar~1~p.n~d"));
  EXPECT_EQ(unknown.hearNow(), "silence");
}

TEST(AdsServer, AnyBytesAreARequestOrRefused) {
  SeededRng rng(11);
  const std::string seed = ask(kEndpoints, {"a", "b"}, "n", "x~y", "error");
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = std::string(1, static_cast<char>(seed.size())) + seed;
    for (uint64_t n = rng.below(6); n > 0; --n) {
      bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    }
    fuzzRequest(bytes);
  }
}

}  // namespace
}  // namespace meshka::xds
