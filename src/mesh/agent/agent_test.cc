// The whole agent in a simulated pod: a control plane on another host, and an Envoy that is a test.
#include "mesh/agent/agent.h"

#include <csignal>

#include "base/strings.h"
#include "base/test/test.h"
#include "dns/message.h"
#include "doc/yaml.h"
#include "io/running.h"
#include "mesh/agent/limits.h"
#include "net/client.h"
#include "net/grpc.h"
#include "net/pki.h"
#include "net/server.h"
#include "sim/world.h"
#include "xds/codec.h"
#include "xds/types.h"

namespace meshka::mesh::agent {
namespace {

constexpr const char* kIstiod = "10.0.0.9";
constexpr std::string_view kRoots = "type.googleapis.com/istio.mesh.v1alpha1.ProxyConfig";
constexpr std::string_view kAds =
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
constexpr std::string_view kSds = "/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets";
constexpr std::string_view kRequest = "envoy.service.discovery.v3.DiscoveryRequest";
constexpr std::string_view kResponse = "envoy.service.discovery.v3.DiscoveryResponse";

doc::Doc yaml(std::string_view text) {
  auto out = doc::parseYamlDocument(text);
  EXPECT_OK(out);
  return out ? *out : doc::Doc();
}

std::string encoded(std::string_view message, std::string_view text) {
  auto out = xds::encode(message, yaml(text));
  EXPECT_OK(out);
  return out.value_or("");
}

doc::Doc decoded(std::string_view message, std::string_view bytes) {
  auto out = xds::decode(message, bytes);
  EXPECT_OK(out);
  return out.value_or(doc::Doc());
}

// Signs requests, keeps what is asked, pushes what the test says.
class FakeIstiod final : public net::GrpcService {
 public:
  FakeIstiod(io::Loop& l, Rng& r, net::Authority& first) : signer(&first), loop(l), rng(r) {}

  io::Task<Result<void>> serve(net::GrpcServerCall& call) override {
    authorization = std::string(call.metadata().get("authorization").value_or(""));
    cluster = std::string(call.metadata().get("clusterid").value_or(""));
    if (call.method() != kAds) co_return co_await sign(call);
    struct Open {
      FakeIstiod& self;
      ~Open() { self.stream = nullptr; }
    } const open{*this};
    stream = &call;
    for (;;) {
      MESHKA_CO_TRY(auto message, co_await call.read());
      if (!message) co_return Result<void>();
      requests.push_back(decoded(kRequest, *message));
    }
  }

  io::Task<Result<void>> sign(net::GrpcServerCall& call) {
    MESHKA_CO_TRY(auto message, co_await call.read());
    const doc::Doc request = decoded("istio.v1.auth.IstioCertificateRequest", *message);
    MESHKA_CO_TRY(const net::Request csr, net::parseRequestPem(request["csr"].text()));
    asked_sans = csr.sans;
    const WallTime now = loop.clock().wall();
    MESHKA_CO_TRY(const std::string leaf, signer->issue({.sans = csr.sans,
                                                         .server = true,
                                                         .client = true,
                                                         .not_before = now - minutes(2),
                                                         .not_after = now + life},
                                                        csr.public_key_der, rng));
    ++signed_count;
    doc::Draft out = doc::Draft::object();
    out["cert_chain"].push(leaf);
    out["cert_chain"].push(signer->certificatePem());
    MESHKA_CO_TRY(std::string bytes,
                  xds::encode("istio.v1.auth.IstioCertificateResponse", out.finish()));
    co_return co_await call.write(std::move(bytes));
  }

  void push(std::string_view type, std::string_view nonce, std::vector<doc::Draft> resources) {
    doc::Draft out = doc::Draft::object();
    out["type_url"] = type;
    out["nonce"] = nonce;
    out["version_info"] = cat("v-", nonce);
    out["resources"] = doc::Draft::array();
    for (doc::Draft& resource : resources) {
      resource["@type"] = type;
      out["resources"].push(std::move(resource));
    }
    auto bytes = xds::encode(kResponse, out.finish());
    EXPECT_OK(bytes);
    ASSERT_TRUE(bytes && stream != nullptr);
    stream->writeNow(*bytes);
  }
  void pushRoots(std::string_view nonce, const std::vector<std::string>& pems) {
    doc::Draft config = doc::Draft::object();
    config["ca_certificates_pem"] = doc::Draft::strings(pems);
    push(kRoots, nonce, {std::move(config)});
  }
  // The last request of this type; missing when there is none.
  doc::Doc last(std::string_view type) const {
    doc::Doc out;
    for (const doc::Doc& request : requests)
      if (request["type_url"].text() == type) out = request;
    return out;
  }

  net::Authority* signer;
  net::GrpcServerCall* stream = nullptr;
  std::vector<doc::Doc> requests;
  std::string authorization, cluster;
  net::SubjectAltNames asked_sans;
  int signed_count = 0;
  Duration life = hours(24);
  io::Loop& loop;
  Rng& rng;
};

// One stream that Envoy would open to the agent.
class Stream {
 public:
  Stream(sim::SimWorld& s, std::string socket, std::string_view method)
      : channel_(net::newGrpcChannel(s.loop, s.network,
                                     {.endpoint = {.host = std::move(socket), .unix_socket = true},
                                      .http2_prior_knowledge = true})),
        reading_(read(std::string(method))) {
    reading_.start();
    s.loop.settle();
  }
  void send(sim::SimWorld& s, std::string_view request) {
    ASSERT_TRUE(call_ != nullptr);
    EXPECT_OK(s.loop.run(call_->write(encoded(kRequest, request))));
    s.loop.settle();
  }
  std::vector<doc::Doc> responses;
  std::optional<std::string> ended;  // with this reason

 private:
  io::Task<void> read(std::string method) {
    auto call = co_await channel_->open(method, kNever);
    EXPECT_OK(call);
    if (!call) co_return;
    call_ = std::move(*call);
    for (;;) {
      auto message = co_await call_->read();
      if (!message || !*message) {
        ended = message ? "" : std::string(message.error().reason());
        co_return;
      }
      responses.push_back(decoded(kResponse, **message));
    }
  }
  std::unique_ptr<net::GrpcChannel> channel_;
  std::unique_ptr<net::GrpcCall> call_;
  io::Running reading_;
};

// Envoy's admin interface.
class FakeAdmin final : public net::Handler {
 public:
  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override {
    asked.push_back(cat(request.method, " ", request.path));
    net::respond(response, 200, "text/plain", request.path == "/stats" ? stats : "OK\n");
    co_return;
  }
  std::string stats;
  std::vector<std::string> asked;
};

constexpr std::string_view kReadyStats =
    "cluster_manager.cds.update_success: 1\nlistener_manager.lds.update_success: 1\n"
    "listener_manager.workers_started: 1\nserver.state: 0\n";

struct Pod {
  Pod() : istiod(s.loop, s.rng, root) {
    const WallTime now = s.loop.clock().wall();
    auto leaf = root.issueWithNewKey({.sans = {.ips = {kIstiod}},
                                      .server = true,
                                      .not_before = now,
                                      .not_after = now + hours(1000)},
                                     s.rng);
    tls.tls = *net::TlsServerConfig::create(
        s.loop, {.certificate_pem = leaf->certificate_pem, .key_pem = leaf->key_pem});
    put("/pod/root.pem", root.certificatePem());
    put("/pod/token", "secret\n");
    put("/pod/resolv.conf", "nameserver 10.96.0.10\nsearch store.svc.cluster.local\n");
    s.runtime.allowSpawn("envoy");
    EXPECT_OK(admin_http.listen(s.network, {"127.0.0.1", 15000}));
  }
  void put(std::string path, std::string content) {
    EXPECT_OK(s.loop.run(s.disk.makeDirectories("/pod")));
    EXPECT_OK(s.loop.run(s.disk.writeFileAtomic(std::move(path), std::move(content))));
  }
  void startIstiod() {
    istiod_http = std::make_unique<net::HttpServer>(s.loop, *istiod_handler, tls);
    EXPECT_OK(istiod_http->listen(s.fabric.host(kIstiod), {kIstiod, 15012}));
  }
  void startAgent(bool dns = false) {
    Launch launch{.domain = "store.svc.cluster.local"};
    launch.layout.work_directory = "/pod/proxy";
    launch.layout.root_cert = "/pod/root.pem";
    launch.layout.token = "/pod/token";
    launch.layout.resolv_conf = "/pod/resolv.conf";
    auto config =
        readConfig(launch,
                   {{"POD_NAME", "shop-1"},
                    {"POD_NAMESPACE", "store"},
                    {"INSTANCE_IP", "10.0.0.1"},
                    {"SERVICE_ACCOUNT", "shop"},
                    {"ISTIO_META_CLUSTER_ID", "cluster-1"},
                    {"ISTIO_META_DNS_CAPTURE", dns ? "true" : "false"},
                    {"PROXY_CONFIG", cat("{\"discoveryAddress\":\"", kIstiod, ":15012\"}")},
                    {"ISTIO_KUBE_APP_PROBERS",
                     R"({"/app-health/shop/readyz":{"httpGet":{"path":"/up","port":8080}}})"}},
                   {});
    EXPECT_OK(config);
    agent = std::make_unique<Agent>(s.world(), s.network, std::move(*config));
    running = std::make_unique<io::Running>(run());
    running->start();
    s.loop.advance(millis(1));
  }
  io::Task<void> run() { result = co_await agent->run(stop); }
  std::pair<int, std::string> get(std::string path, uint16_t port = 15020,
                                  std::string method = "GET") {
    const auto client = net::newHttpClient(s.loop, s.network,
                                           {.endpoint = {"127.0.0.1", port}, .http1_only = true});
    auto response = s.loop.run(
        client->send({.method = std::move(method), .target = std::move(path)}, s.in(seconds(5))));
    if (!response) return {0, response.error().message()};
    return {response->status, s.loop.run(net::readAll(*response->body, 1 << 20)).value_or("?")};
  }

  sim::SimWorld s{1};
  net::Authority root = *net::Authority::create("old", {"mesh"}, s.loop.clock().wall(),
                                                s.loop.clock().wall() + hours(10000), s.rng);
  FakeIstiod istiod;
  std::unique_ptr<net::Handler> istiod_handler = net::newGrpcHandler(s.loop, istiod);
  net::ServerOptions tls;
  std::unique_ptr<net::HttpServer> istiod_http;
  FakeAdmin admin;
  net::HttpServer admin_http{s.loop, admin};
  io::Event stop{s.loop};
  std::optional<Result<int>> result;
  std::unique_ptr<Agent> agent;
  std::unique_ptr<io::Running> running;
};

std::string trusted(const doc::Doc& response) {
  return std::string(
      response["resources"][0]["validation_context"]["trusted_ca"]["inline_string"].text());
}
net::Certificate shown(const doc::Doc& response) {
  const auto chain = net::parseCertificatesPem(
      response["resources"][0]["tls_certificate"]["certificate_chain"]["inline_string"].text());
  EXPECT_OK(chain);
  return chain && !chain->empty() ? chain->front() : net::Certificate{};
}

TEST(Agent, StartsEnvoyAndShowsACertificate) {
  Pod p;
  p.startIstiod();
  p.startAgent();
  ASSERT_EQ(p.s.runtime.spawned().size(), 1u);
  EXPECT_CONTAINS(join(p.s.runtime.spawned()[0]->spec.args, " "),
                  "-c /pod/proxy/envoy-rev0.json --drain-time-s 45");
  ASSERT_TRUE(p.s.disk.contents("/pod/proxy/envoy-rev0.json") != nullptr);
  EXPECT_EQ(p.istiod.authorization, "Bearer secret");
  EXPECT_EQ(p.istiod.cluster, "cluster-1");

  Stream own(p.s, "/pod/proxy/SDS", kSds);
  own.send(p.s, "{resource_names: [default]}");
  p.s.loop.advance(seconds(1));
  ASSERT_EQ(own.responses.size(), 1u);
  const net::Certificate first = shown(own.responses[0]);
  ASSERT_EQ(first.sans.uris.size(), 1u);
  EXPECT_EQ(first.sans.uris[0], "spiffe://cluster.local/ns/store/sa/shop");
  // The key on the other side fits, and another one is used next time.
  const auto key = net::PrivateKey::parsePem(
      own.responses[0]["resources"][0]["tls_certificate"]["private_key"]["inline_string"].text());
  ASSERT_OK(key);
  EXPECT_TRUE(key->publicKeyDer() == first.public_key_der);

  Stream roots(p.s, "/pod/proxy/SDS", kSds);
  roots.send(p.s, "{resource_names: [ROOTCA]}");
  ASSERT_EQ(roots.responses.size(), 1u);
  EXPECT_EQ(trusted(roots.responses[0]), p.root.certificatePem());

  p.s.loop.advance(hours(11));
  EXPECT_EQ(p.istiod.signed_count, 1);
  p.s.loop.advance(hours(2));
  EXPECT_EQ(p.istiod.signed_count, 2);
  ASSERT_EQ(own.responses.size(), 2u);
  EXPECT_TRUE(shown(own.responses[1]).public_key_der != first.public_key_der);
  EXPECT_EQ(roots.responses.size(), 1u);
}

// Dated back by more than they live: half of the whole life would always be over.
TEST(Agent, ShortCertificatesAreRenewedAndNotInALoop) {
  Pod p;
  p.istiod.life = seconds(40);
  p.startIstiod();
  p.startAgent();
  p.s.loop.advance(seconds(65));
  EXPECT_EQ(p.istiod.signed_count, 4);
}

TEST(Agent, SecretsWaitForAnAbsentCa) {
  Pod p;
  p.startAgent();
  Stream own(p.s, "/pod/proxy/SDS", kSds);
  own.send(p.s, "{resource_names: [default]}");
  p.s.loop.advance(seconds(30));
  EXPECT_EQ(own.responses.size(), 0u);
  p.startIstiod();
  p.s.loop.advance(seconds(15));
  EXPECT_EQ(own.responses.size(), 1u);
}

TEST(Agent, RelaysConfigurationAndKeepsItsOwnTypes) {
  Pod p;
  p.startIstiod();
  p.startAgent(true);
  Stream ads(p.s, "/pod/proxy/XDS", kAds);
  ads.send(p.s, cat("{node: {id: n1}, type_url: ", xds::kCluster, "}"));
  p.s.loop.advance(millis(10));
  EXPECT_EQ(p.istiod.last(xds::kCluster)["node"]["id"].text(), "n1");
  EXPECT_TRUE(p.istiod.requests[0]["type_url"].text() == xds::kCluster);
  EXPECT_TRUE(p.istiod.last(xds::kNameTable).exists());
  EXPECT_TRUE(p.istiod.last(kRoots).exists());

  p.istiod.push(xds::kCluster, "c1", {doc::Draft(yaml("{name: x}"))});
  p.istiod.push(xds::kNameTable, "n1",
                {doc::Draft(yaml("{table: {shop.store.global: {ips: [240.240.0.1]}}}"))});
  p.s.loop.advance(millis(10));
  ASSERT_EQ(ads.responses.size(), 1u);
  EXPECT_EQ(ads.responses[0]["nonce"].text(), "c1");
  EXPECT_EQ(ads.responses[0]["resources"][0]["name"].text(), "x");
  EXPECT_EQ(p.istiod.last(xds::kNameTable)["response_nonce"].text(), "n1");
  EXPECT_EQ(p.istiod.last(xds::kNameTable)["version_info"].text(), "v-n1");

  ads.send(p.s, cat("{type_url: ", xds::kCluster, ", version_info: v-c1, response_nonce: c1}"));
  p.s.loop.advance(millis(10));
  EXPECT_EQ(p.istiod.last(xds::kCluster)["response_nonce"].text(), "c1");

  // What the pod's applications see of the table.
  struct Resolver final : io::DatagramHandler {
    void onDatagram(std::string_view bytes, const io::Endpoint&) override {
      answer = dns::parseResponse(bytes);
    }
    Result<dns::Response> answer = fail(Code::kTimeout, "none");
  } resolver;
  auto socket = p.s.network.bindDatagram({"127.0.0.1", 0});
  ASSERT_OK(socket);
  (*socket)->setHandler(&resolver);
  (*socket)->send(dns::writeQuery(7, {.name = "shop.store.global", .type = 1}, true),
                  {"127.0.0.1", 15053});
  p.s.loop.advance(millis(10));
  ASSERT_OK(resolver.answer);
  ASSERT_EQ(resolver.answer->answers.size(), 1u);
  EXPECT_EQ(dns::addressText(resolver.answer->answers[0].address), "240.240.0.1");
  (*socket)->setHandler(nullptr);
}

TEST(Agent, NewRootsAreAcknowledgedOnceEnvoyHasThem) {
  Pod p;
  p.startIstiod();
  p.startAgent();
  Stream own(p.s, "/pod/proxy/SDS", kSds), roots(p.s, "/pod/proxy/SDS", kSds);
  own.send(p.s, "{resource_names: [default]}");
  roots.send(p.s, "{resource_names: [ROOTCA]}");
  roots.send(p.s, "{resource_names: [ROOTCA], version_info: '1', response_nonce: '1'}");
  Stream ads(p.s, "/pod/proxy/XDS", kAds);
  ads.send(p.s, cat("{node: {id: n1}, type_url: ", xds::kCluster, "}"));
  p.s.loop.advance(millis(10));
  const WallTime now = p.s.loop.clock().wall();
  net::Authority next = *net::Authority::create("new", {"mesh"}, now, now + hours(10000), p.s.rng);

  p.istiod.pushRoots("r1", {p.root.certificatePem(), next.certificatePem()});
  p.s.loop.advance(millis(100));
  ASSERT_EQ(roots.responses.size(), 2u);
  EXPECT_EQ(trusted(roots.responses[1]), p.root.certificatePem() + next.certificatePem());
  EXPECT_FALSE(p.istiod.last(kRoots)["response_nonce"].exists());  // not yet
  // Other types pass meanwhile.
  p.istiod.push(xds::kCluster, "c1", {});
  p.s.loop.advance(millis(10));
  EXPECT_EQ(ads.responses.size(), 1u);
  roots.send(p.s, "{resource_names: [ROOTCA], version_info: '2', response_nonce: '2'}");
  p.s.loop.advance(millis(10));
  EXPECT_EQ(p.istiod.last(kRoots)["response_nonce"].text(), "r1");
  EXPECT_EQ(p.istiod.signed_count, 1);

  // Now the new one signs.
  p.istiod.signer = &next;
  p.istiod.pushRoots("r2", {next.certificatePem(), p.root.certificatePem()});
  p.s.loop.advance(millis(10));
  roots.send(p.s, "{resource_names: [ROOTCA], version_info: '3', response_nonce: '3'}");
  p.s.loop.advance(seconds(1));
  EXPECT_EQ(p.istiod.last(kRoots)["response_nonce"].text(), "r2");
  EXPECT_EQ(p.istiod.signed_count, 2);
  ASSERT_EQ(own.responses.size(), 2u);
  EXPECT_OK(net::verifyChain({shown(own.responses[1]).der}, next.certificatePem(), net::Usage::kAny,
                             "", p.s.loop.clock().wall()));
  // The same list again is nothing new.
  p.istiod.pushRoots("r3", {next.certificatePem(), p.root.certificatePem()});
  p.s.loop.advance(seconds(1));
  EXPECT_EQ(p.istiod.last(kRoots)["response_nonce"].text(), "r3");
  EXPECT_EQ(p.istiod.signed_count, 2);
  EXPECT_EQ(roots.responses.size(), 3u);
}

TEST(Agent, RootsThatEnvoyDoesNotTakeAreAcknowledgedLate) {
  Pod p;
  p.startIstiod();
  p.startAgent();
  Stream roots(p.s, "/pod/proxy/SDS", kSds);
  roots.send(p.s, "{resource_names: [ROOTCA]}");
  Stream ads(p.s, "/pod/proxy/XDS", kAds);
  ads.send(p.s, cat("{node: {id: n1}, type_url: ", xds::kCluster, "}"));
  p.s.loop.advance(millis(10));
  p.istiod.pushRoots("r1", {p.root.certificatePem(), "-----BEGIN CERTIFICATE-----\nx\n"});
  p.s.loop.advance(kRootsTakenTimeout - millis(100));
  EXPECT_FALSE(p.istiod.last(kRoots)["response_nonce"].exists());
  p.s.loop.advance(seconds(1));
  EXPECT_EQ(p.istiod.last(kRoots)["response_nonce"].text(), "r1");
  EXPECT_CONTAINS(p.s.log.lines.back(), "Envoy has not taken the new roots");
}

TEST(Agent, EnvoyIsHeldWhileTheControlPlaneIsAway) {
  Pod p;
  p.startAgent();
  Stream ads(p.s, "/pod/proxy/XDS", kAds);
  ads.send(p.s, cat("{node: {id: n1}, type_url: ", xds::kCluster, "}"));
  p.s.loop.advance(minutes(1));
  EXPECT_FALSE(ads.ended.has_value());
  p.startIstiod();
  p.s.loop.advance(kLastRetry * 2);
  EXPECT_EQ(p.istiod.last(xds::kCluster)["node"]["id"].text(), "n1");
  p.istiod.push(xds::kCluster, "c1", {});
  p.s.loop.advance(millis(10));
  EXPECT_EQ(ads.responses.size(), 1u);

  // A stream that has begun ends; the next one waits again.
  p.istiod_http.reset();
  p.s.loop.advance(millis(100));
  EXPECT_EQ(ads.ended.value_or("open"), "UNAVAILABLE");
  Stream again(p.s, "/pod/proxy/XDS", kAds);
  again.send(p.s, cat("{node: {id: n2}, type_url: ", xds::kCluster, "}"));
  p.s.loop.advance(seconds(5));
  EXPECT_FALSE(again.ended.has_value());
  p.startIstiod();
  p.s.loop.advance(kLastRetry * 2);
  EXPECT_EQ(p.istiod.last(xds::kCluster)["node"]["id"].text(), "n2");
}

TEST(Agent, ReadyWhenEnvoyHasItsConfiguration) {
  Pod p;
  p.startIstiod();
  p.startAgent();
  p.admin.stats = "cluster_manager.cds.update_success: 1\nlistener_manager.lds.update_success: 0\n";
  EXPECT_EQ(p.get("/healthz/ready").first, 503);
  EXPECT_EQ(p.get("/healthz/ready").second, "no listeners received from the control plane\n");
  p.admin.stats = kReadyStats;
  EXPECT_EQ(p.get("/healthz/ready").first, 200);
  const size_t asked = p.admin.asked.size();
  EXPECT_EQ(p.get("/healthz/ready").first, 200);
  EXPECT_EQ(p.admin.asked.size(), asked);  // remembered
  EXPECT_CONTAINS(p.get("/stats/prometheus").second, "istio_agent_certificates_issued_total 1\n");
  EXPECT_EQ(p.get("/nothing").first, 404);
  EXPECT_EQ(p.get("/app-health/shop/readyz").first, 500);  // nobody listens
  EXPECT_EQ(p.get("/app-health/other/readyz").first, 404);
  FakeAdmin app;
  net::HttpServer app_http(p.s.loop, app);
  EXPECT_OK(app_http.listen(p.s.network, {"10.0.0.1", 8080}));
  EXPECT_EQ(p.get("/app-health/shop/readyz").first, 200);
  ASSERT_EQ(app.asked.size(), 1u);
  EXPECT_EQ(app.asked[0], "GET /up");
}

TEST(Agent, ReadyNeedsTheNamesWhenDnsIsCaptured) {
  Pod p;
  p.startIstiod();
  p.startAgent(true);
  p.admin.stats = kReadyStats;
  EXPECT_EQ(p.get("/healthz/ready").first, 503);
  Stream ads(p.s, "/pod/proxy/XDS", kAds);
  ads.send(p.s, cat("{node: {id: n1}, type_url: ", xds::kCluster, "}"));
  p.s.loop.advance(millis(10));
  p.istiod.push(xds::kNameTable, "n1", {doc::Draft(yaml("{}"))});
  p.s.loop.advance(millis(10));
  EXPECT_EQ(p.get("/healthz/ready").first, 200);
}

TEST(Agent, EndsWithEnvoysCode) {
  Pod p;
  p.startIstiod();
  p.startAgent();
  p.s.runtime.spawned()[0]->exit(139);
  p.s.loop.settle();
  ASSERT_TRUE(p.result.has_value());
  ASSERT_OK(*p.result);
  EXPECT_EQ(**p.result, 139);
}

TEST(Agent, DrainsBeforeItEnds) {
  for (const bool quit : {false, true}) {
    Pod p;
    p.startIstiod();
    p.startAgent();
    if (quit) {
      EXPECT_EQ(p.get("/quitquitquit").first, 405);
      EXPECT_EQ(p.get("/quitquitquit", 15020, "POST").first, 200);
    } else {
      p.stop.set();
    }
    p.s.loop.advance(seconds(4));
    EXPECT_FALSE(p.result.has_value());
    ASSERT_EQ(p.admin.asked.size(), 1u);
    EXPECT_EQ(p.admin.asked[0], "POST /drain_listeners");
    p.s.loop.advance(seconds(2));
    ASSERT_TRUE(p.result.has_value());
    ASSERT_OK(*p.result);
    EXPECT_EQ(**p.result, 0);
    EXPECT_EQ(p.s.runtime.spawned()[0]->signals.front(), SIGTERM);
  }
}

}  // namespace
}  // namespace meshka::mesh::agent
