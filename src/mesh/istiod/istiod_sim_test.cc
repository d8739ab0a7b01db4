// istiod as a whole against an API server in memory, with proxies on other hosts of the simulation.
#include "mesh/istiod/istiod.h"

#include "base/test/test.h"
#include "client/fake_api_client.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "mesh/ca/csr_service.h"
#include "mesh/ca/limits.h"
#include "net/client.h"
#include "net/grpc.h"
#include "net/pki.h"
#include "sim/world.h"
#include "xds/codec.h"
#include "xds/request.h"
#include "xds/server.h"
#include "xds/types.h"

namespace meshka::mesh {
namespace {

using client::Resource;

const Resource kSecrets{"", "v1", "secrets"};
const Resource kConfigMaps{"", "v1", "configmaps"};
const Resource kNamespaces{"", "v1", "namespaces"};
const Resource kServices{"", "v1", "services"};
const Resource kSlices{"discovery.k8s.io", "v1", "endpointslices"};
const Resource kDefinitions{"apiextensions.k8s.io", "v1", "customresourcedefinitions"};
const Resource kGateways{"networking.istio.io", "v1beta1", "gateways"};
const Resource kValidating{"admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"};

// The fake server, with the answers that only a real one has: tokens are "NAMESPACE/ACCOUNT", and a
// Gateway without servers is refused.
class TestApi final : public client::ApiClient {
 public:
  TestApi(io::Loop& loop, Rng& rng) : fake(loop, rng) {}
  io::Task<Result<doc::Doc>> get(Resource r, std::string ns, std::string name,
                                 Instant deadline) override {
    return fake.get(r, ns, name, deadline);
  }
  io::Task<Result<client::ObjectList>> list(Resource r, std::string ns, client::ListOptions options,
                                            Instant deadline) override {
    return fake.list(r, ns, options, deadline);
  }
  io::Task<Result<doc::Doc>> create(Resource r, std::string ns, doc::Doc object, Instant deadline,
                                    client::WriteOptions options) override {
    if (r.name == "tokenreviews") co_return review(object);
    if (options.dry_run && object["spec"]["servers"].size() == 0) {
      co_return fail(Code::kForbidden,
                     "admission webhook denied the request: configuration is invalid: x");
    }
    co_return co_await fake.create(r, ns, object, deadline, options);
  }
  io::Task<Result<doc::Doc>> update(Resource r, std::string ns, doc::Doc object, Instant deadline,
                                    client::WriteOptions options) override {
    return fake.update(r, ns, object, deadline, options);
  }
  io::Task<Result<doc::Doc>> patch(Resource r, std::string ns, std::string name,
                                   client::PatchType type, doc::Doc patch, Instant deadline,
                                   client::WriteOptions options) override {
    return fake.patch(r, ns, name, type, patch, deadline, options);
  }
  io::Task<Result<void>> remove(Resource r, std::string ns, std::string name,
                                client::DeleteOptions options, Instant deadline) override {
    return fake.remove(r, ns, name, options, deadline);
  }
  io::Task<Result<doc::Doc>> subresource(std::string method, Resource r, std::string ns,
                                         std::string name, std::string sub, doc::Doc body,
                                         Instant deadline) override {
    return fake.subresource(method, r, ns, name, sub, body, deadline);
  }
  io::Task<Result<std::unique_ptr<client::WatchStream>>> watch(Resource r, std::string ns,
                                                               client::ListOptions options,
                                                               Instant deadline) override {
    return fake.watch(r, ns, options, deadline);
  }
  io::Task<Result<doc::Doc>> raw(std::string method, std::string target, doc::Doc body,
                                 Instant deadline) override {
    return fake.raw(method, target, body, deadline);
  }
  client::FakeApiClient fake;

 private:
  static doc::Doc review(doc::Value request) {
    const std::string token(request["spec"]["token"].text());
    const size_t slash = token.find('/');
    doc::Draft out(request);
    out["status"]["authenticated"] = slash != token.npos;
    if (slash == token.npos) return out.finish();
    out["status"]["audiences"] = doc::Draft(request["spec"]["audiences"]);
    out["status"]["user"]["username"] =
        cat("system:serviceaccount:", token.substr(0, slash), ":", token.substr(slash + 1));
    return out.finish();
  }
};

doc::Doc yaml(std::string_view text) {
  const auto parsed = doc::parseYamlDocument(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : doc::Doc();
}

struct Fixture {
  Fixture() {
    for (const char* ns : {"istio-system", "shop", "kube-system"}) {
      put(kNamespaces, "", cat("{metadata: {name: ", ns, "}}"));
    }
    put(kConfigMaps, "istio-system",
        "{metadata: {name: istio, namespace: istio-system}, data: {mesh: 'trustDomain: td_1'}}");
  }
  Instant in(Duration d) { return world.loop.clock().now() + d; }
  void put(const Resource& r, const std::string& ns, std::string_view text) {
    const doc::Doc object = yaml(text);
    auto made = world.loop.run(api.fake.create(r, ns, object, in(seconds(5))));
    if (!made && made.error().code() == Code::kAlreadyExists) {
      made = world.loop.run(api.fake.update(r, ns, object, in(seconds(5))));
    }
    EXPECT_OK(made);
  }
  void start() {
    IstiodOptions options;
    for (io::Endpoint* at : {&options.http, &options.grpc, &options.secure_grpc,
                             &options.monitoring, &options.webhooks}) {
      at->host = "10.0.0.1";
    }
    istiod = std::make_unique<Istiod>(world.world(), api, options);
    EXPECT_OK(world.loop.run(istiod->start()));
    world.loop.advance(millis(200));
  }
  std::string http(const std::string& target) {
    net::ClientOptions options{.endpoint = {"10.0.0.1", 15014, false}};
    const auto client = net::newHttpClient(world.loop, world.fabric.host("10.0.0.9"), options);
    return world.loop.run(fetch(*client, target, in(seconds(5))));
  }
  static io::Task<std::string> fetch(net::HttpClient& client, std::string target,
                                     Instant deadline) {
    auto response = co_await client.send({.target = std::move(target)}, deadline);
    if (!response) co_return response.error().message();
    auto body = co_await net::readAll(*response->body, 10 << 20);
    co_return cat(response->status, " ", body ? *body : "");
  }
  std::string rootsIn(const std::string& ns) {
    const doc::Doc map = api.fake.find(kConfigMaps, ns, "istio-ca-root-cert");
    return std::string(map["data"]["root-cert.pem"].text());
  }
  size_t logged(std::string_view text) const {
    size_t n = 0;
    for (const std::string& line : world.log.lines) n += line.find(text) != line.npos ? 1 : 0;
    return n;
  }

  sim::SimWorld world{5};
  TestApi api{world.loop, world.rng};
  std::unique_ptr<Istiod> istiod;
};

net::Headers bearer(const std::string& token) {
  net::Headers out;
  out.add("authorization", "Bearer " + token);
  return out;
}

// A proxy that acknowledges what it hears.
struct Proxy {
  Proxy(Fixture& f, std::string node_id, std::string account_, std::string address)
      : fixture(f), id(std::move(node_id)), account(std::move(account_)) {
    net::ClientOptions options{.endpoint = {"10.0.0.1", 15010, false},
                               .http2_prior_knowledge = true};
    channel = net::newGrpcChannel(f.world.loop, f.world.fabric.host(address), options);
    f.world.loop.run(open());
  }
  io::Task<void> open() {
    auto opened =
        co_await channel->open(std::string(xds::AdsServer::kStreamMethod), kNever, bearer(account));
    EXPECT_OK(opened);
    if (opened) call = std::move(*opened);
  }
  io::Task<void> write(std::string bytes) { EXPECT_OK(co_await call->write(std::move(bytes))); }
  void say(std::string_view type, const std::vector<std::string>& names, const std::string& nonce) {
    doc::Draft r = doc::Draft::object({{"type_url", type}});
    r["resource_names"] = doc::Draft::strings(names);
    r["response_nonce"] = nonce;
    r["node"]["id"] = id;
    r["node"]["metadata"]["LABELS"]["app"] = "gw";
    r["node"]["metadata"]["NAMESPACE"] = "shop";
    r["node"]["metadata"]["SERVICE_ACCOUNT"] = "gw";
    const auto bytes = xds::encode("envoy.service.discovery.v3.DiscoveryRequest", r.finish());
    EXPECT_OK(bytes);
    if (bytes) fixture.world.loop.run(write(*bytes));
    asked[std::string(type)] = names;
  }
  io::Task<void> read() {
    auto message = co_await call->read();
    last = doc::Doc();
    if (!message) {
      text = cat("!", message.error().reason(), ": ", message.error().message());
      co_return;
    }
    auto response = xds::decode("envoy.service.discovery.v3.DiscoveryResponse", **message);
    EXPECT_OK(response);
    if (response) last = *response;
  }
  // "LDS 1" (type and number of resources); "silence". Acknowledges at once when asked to.
  std::string hear(bool acknowledge = true, Duration limit = millis(500)) {
    text = "silence";
    io::Running reading(read());
    reading.start();
    if (!fixture.world.loop.runUntil([&] { return reading.finished(); }, limit) &&
        !reading.finished()) {
      return "silence";
    }
    if (!last.exists()) return text;
    const std::string type(last["type_url"].text());
    if (acknowledge) say(type, asked[type], std::string(last["nonce"].text()));
    return cat(xds::shortType(type), " ", last["resources"].size());
  }
  Fixture& fixture;
  std::string id, account, text;
  doc::Doc last;
  std::map<std::string, std::vector<std::string>> asked;
  std::unique_ptr<net::GrpcChannel> channel;
  std::unique_ptr<net::GrpcCall> call;
};

constexpr const char* kGatewayNode = "router~10.0.0.2~gw.shop~shop.svc.cluster.local";

doc::Doc definition(const char* plural, const char* kind) {
  return yaml(cat("{metadata: {name: ", plural,
                  ".networking.istio.io}, spec: {group: networking.istio.io, "
                  "names: {kind: ",
                  kind,
                  "}, versions: [{name: v1alpha3, served: true}, {name: v1beta1, served: true}]}, "
                  "status: {conditions: [{type: Established, status: 'True'}]}}"));
}

TEST(Istiod, ReadyWithKeysRootsAndNoDefinitions) {
  Fixture f;
  f.start();
  EXPECT_EQ(f.istiod->notReady(), "");
  EXPECT_EQ(f.http("/ready"), "200 ");
  EXPECT_EQ(f.http("/version"), "200 1.11.7-meshka-Clean");
  const doc::Doc secret = f.api.fake.find(kSecrets, "istio-system", "istio-ca-secret");
  EXPECT_EQ(secret["type"].text(), "istio.io/ca-root");
  const std::string root = f.rootsIn("shop");
  EXPECT_EQ(base64Encode(root), secret["data"]["ca-cert.pem"].text());
  EXPECT_EQ(f.rootsIn("kube-system"), "");
  // Edited and deleted ones come back, new namespaces get one.
  f.put(kConfigMaps, "shop",
        "{metadata: {name: istio-ca-root-cert, namespace: shop}, data: {root-cert.pem: x, more: "
        "y1}}");
  f.put(kNamespaces, "", "{metadata: {name: later}}");
  EXPECT_OK(f.world.loop.run(
      f.api.remove(kConfigMaps, "istio-system", "istio-ca-root-cert", {}, f.in(seconds(5)))));
  f.world.loop.advance(seconds(1));
  EXPECT_EQ(f.rootsIn("shop"), root);
  EXPECT_EQ(f.rootsIn("later"), root);
  EXPECT_EQ(f.rootsIn("istio-system"), root);
  EXPECT_EQ(f.world.log.errors(), size_t{0});
}

TEST(Istiod, DefinitionsMayComeLater) {
  Fixture f;
  f.start();
  Proxy gateway(f, kGatewayNode, "shop/gw", "10.0.0.2");
  gateway.say(xds::kListener, {}, "");
  EXPECT_EQ(gateway.hear(), "LDS 0");
  EXPECT_OK(f.world.loop.run(
      f.api.create(kDefinitions, "", definition("gateways", "Gateway"), f.in(seconds(5)), {})));
  f.put(kGateways, "shop",
        "{metadata: {name: g, namespace: shop}, spec: {selector: {app: gw}, servers: "
        "[{port: {number: 8080, name: http, protocol: HTTP}, hosts: ['*']}]}}");
  EXPECT_EQ(gateway.hear(), "LDS 1");
  EXPECT_OK(f.world.loop.run(
      f.api.remove(kDefinitions, "", "gateways.networking.istio.io", {}, f.in(seconds(5)))));
  EXPECT_EQ(gateway.hear(), "LDS 0");
}

TEST(Istiod, EndpointsAloneAreEndpointsAlone) {
  Fixture f;
  f.put(
      kServices, "shop",
      "{metadata: {name: web, namespace: shop}, spec: {clusterIP: 10.96.0.9, selector: {app: web}, "
      "ports: [{name: http, port: 80, targetPort: 8080, protocol: TCP}]}}");
  f.start();
  Proxy sidecar(f, "sidecar~10.0.0.3~c.shop~shop.svc.cluster.local", "shop/gw", "10.0.0.3");
  sidecar.say(xds::kCluster, {}, "");
  EXPECT_TRUE(sidecar.hear().starts_with("CDS "));
  sidecar.say(xds::kEndpoints, {"outbound|80||web.shop.svc.cluster.local", "no such"}, "");
  EXPECT_EQ(sidecar.hear(), "EDS 2");
  EXPECT_EQ(sidecar.hear(), "silence");
  const size_t before = f.logged("CDS: PUSH");
  f.put(kSlices, "shop",
        "{metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}, "
        "addressType: IPv4, "
        "ports: [{name: http, port: 8080, protocol: TCP}], endpoints: [{addresses: [10.0.0.7], "
        "conditions: {ready: true}}]}");
  EXPECT_EQ(sidecar.hear(), "EDS 1");
  EXPECT_CONTAINS(doc::toJson(sidecar.last), "10.0.0.7");
  EXPECT_EQ(f.logged("CDS: PUSH"), before);
}

TEST(Istiod, AnAccountBehindAServiceChangesClusters) {
  Fixture f;
  f.put(
      kServices, "shop",
      "{metadata: {name: web, namespace: shop}, spec: {clusterIP: 10.96.0.9, selector: {app: web}, "
      "ports: [{name: http, port: 80, targetPort: 8080, protocol: TCP}]}}");
  f.start();
  Proxy sidecar(f, "sidecar~10.0.0.3~c.shop~shop.svc.cluster.local", "shop/gw", "10.0.0.3");
  sidecar.say(xds::kCluster, {}, "");
  EXPECT_TRUE(sidecar.hear().starts_with("CDS "));
  f.put({"", "v1", "pods"}, "shop",
        "{metadata: {name: p, namespace: shop, labels: {app: web, security.istio.io/tlsMode: "
        "istio}}, "
        "spec: {serviceAccountName: keeper}, status: {podIP: 10.0.0.7, phase: Running}}");
  EXPECT_EQ(sidecar.hear(), "silence");
  f.put(kSlices, "shop",
        "{metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}, "
        "addressType: IPv4, "
        "ports: [{name: http, port: 8080, protocol: TCP}], endpoints: [{addresses: [10.0.0.7], "
        "conditions: {ready: true}, "
        "targetRef: {kind: Pod, name: p, namespace: shop}}]}");
  EXPECT_TRUE(sidecar.hear().starts_with("CDS "));
  EXPECT_CONTAINS(doc::toJson(sidecar.last), "spiffe://td_1/ns/shop/sa/keeper");
}

TEST(Istiod, WhoMaySpeak) {
  Fixture f;
  f.start();
  Proxy other(f, kGatewayNode, "shop/other", "10.0.0.2");
  other.say(xds::kCluster, {}, "");
  EXPECT_TRUE(other.hear().starts_with("!PERMISSION_DENIED: authorization failed"));
  Proxy foreign(f, kGatewayNode, "elsewhere/gw", "10.0.0.2");
  foreign.say(xds::kCluster, {}, "");
  EXPECT_TRUE(foreign.hear().starts_with("!PERMISSION_DENIED: authorization failed"));
  Proxy nobody(f, kGatewayNode, "nonsense", "10.0.0.2");
  nobody.say(xds::kCluster, {}, "");
  EXPECT_EQ(nobody.hear(), "!UNAUTHENTICATED: request authenticate failure");
}

TEST(Istiod, SecretsOfGateways) {
  Fixture f;
  for (const char* ns : {"shop", "istio-system"}) {
    f.put(kSecrets, ns,
          cat("{metadata: {name: site, namespace: ", ns,
              "}, data: {tls.crt: YQ==, tls.key: Yg==, ca.crt: Yw==}}"));
  }
  f.start();
  Proxy gateway(f, kGatewayNode, "shop/gw", "10.0.0.2");
  gateway.say(xds::kSecret,
              {"kubernetes://site", "kubernetes://site-cacert", "kubernetes://istio-system/site",
               "kubernetes://missing", "default"},
              "");
  EXPECT_EQ(gateway.hear(), "SDS 2");
  EXPECT_CONTAINS(doc::toJson(gateway.last), R"("private_key":{"inline_bytes":"Yg=="})");
  EXPECT_EQ(f.logged("a proxy may not have this secret"), size_t{1});
  f.put(kSecrets, "shop",
        "{metadata: {name: site, namespace: shop}, data: {tls.crt: ZA==, tls.key: ZQ==, ca.crt: "
        "Yw==}}");
  EXPECT_EQ(gateway.hear(), "SDS 1");
  Proxy sidecar(f, "sidecar~10.0.0.3~c.shop~shop.svc.cluster.local", "shop/gw", "10.0.0.3");
  sidecar.say(xds::kSecret, {"kubernetes://site"}, "");
  EXPECT_EQ(sidecar.hear(), "SDS 0");
  // What a person may look at does not show keys.
  const std::string dump = f.http("/debug/config_dump?proxyID=gw.shop");
  EXPECT_CONTAINS(dump, "kubernetes://site");
  EXPECT_TRUE(dump.find("ZQ==") == dump.npos);
  EXPECT_TRUE(f.http("/debug/configz").find("ZQ==") == std::string::npos);
}

std::string cacerts(Fixture& f, const char* name) {
  const WallTime now = f.world.loop.clock().wall();
  const auto root = net::Authority::create("", {name}, now, now + hours(8760), f.world.rng);
  const auto issuer = root->createIntermediate("issuer", now, now + hours(800), f.world.rng);
  const auto chain = net::parseCertificatesPem(issuer->certificatePem());
  doc::Draft secret = doc::Draft::object();
  secret["metadata"]["name"] = "cacerts";
  secret["metadata"]["namespace"] = "istio-system";
  secret["data"]["ca-cert.pem"] = base64Encode(net::certificatePem((*chain)[0].der));
  secret["data"]["ca-key.pem"] = base64Encode(issuer->keyPem());
  secret["data"]["cert-chain.pem"] = base64Encode(net::certificatePem((*chain)[0].der));
  secret["data"]["root-cert.pem"] = base64Encode(root->certificatePem());
  f.put(kSecrets, "istio-system", doc::toJson(secret.finish()));
  return root->certificatePem();
}

io::Task<std::string> certificate(net::GrpcChannel& channel, Instant deadline,
                                  const std::string& token) {
  const auto key = net::PrivateKey::generateP256();
  const auto csr = net::createRequestPem(*key, "", {}, {});
  doc::Draft request = doc::Draft::object({{"csr", *csr}, {"validity_duration", 3600}});
  auto bytes = xds::encode("istio.v1.auth.IstioCertificateRequest", request.finish());
  auto answer = co_await channel.unary(std::string(CsrService::kMethod), std::move(*bytes),
                                       deadline, bearer(token));
  if (!answer) co_return cat("!", answer.error().reason());
  auto reply = xds::decode("istio.v1.auth.IstioCertificateResponse", *answer);
  const doc::Value chain = (*reply)["cert_chain"];
  const auto leaf = net::parseCertificatesPem(chain[0].text());
  co_return cat((*leaf)[0].sans.uris[0], " ", chain[chain.size() - 1].text());
}

TEST(Istiod, ARootChangesWhenAllHaveIt) {
  Fixture f;
  f.put(kValidating, "",
        "{metadata: {name: v, labels: {istio.io/rev: default}}, webhooks: [{name: a, "
        "failurePolicy: Ignore, "
        "clientConfig: {url: 'https://x'}}]}");
  f.start();
  Proxy proxy(f, kGatewayNode, "shop/gw", "10.0.0.2");
  proxy.say(xds::kProxyConfig, {}, "");
  EXPECT_EQ(proxy.hear(), "PCDS 1");
  const std::string old = f.rootsIn("shop");
  const auto ask = [&] {
    return f.world.loop.run(certificate(*proxy.channel, f.in(seconds(5)), "shop/gw"));
  };
  EXPECT_EQ(ask(), "spiffe://td_1/ns/shop/sa/gw " + old);
  EXPECT_EQ(f.world.loop.run(certificate(*proxy.channel, f.in(seconds(5)), "nobody")),
            "!UNAUTHENTICATED");
  const std::string next = cacerts(f, "next");
  EXPECT_EQ(proxy.hear(false), "PCDS 1");
  EXPECT_EQ(proxy.last["resources"][0]["ca_certificates_pem"].size(), size_t{2});
  f.world.loop.advance(seconds(2));
  EXPECT_EQ(f.rootsIn("shop"), old + next);
  EXPECT_EQ(ask(), "spiffe://td_1/ns/shop/sa/gw " + old);  // not acknowledged yet
  proxy.say(xds::kProxyConfig, {}, std::string(proxy.last["nonce"].text()));
  EXPECT_EQ(proxy.hear(), "PCDS 1");
  EXPECT_EQ(proxy.last["resources"][0]["ca_certificates_pem"][0].text(), next);
  EXPECT_EQ(ask(), "spiffe://td_1/ns/shop/sa/gw " + next);
  f.world.loop.advance(seconds(1));
  EXPECT_EQ(f.rootsIn("shop"), next + old);
  const doc::Doc hook = f.api.fake.find(kValidating, "", "v");
  EXPECT_EQ(hook["webhooks"][0]["clientConfig"]["caBundle"].text(), base64Encode(next + old));
  EXPECT_EQ(hook["webhooks"][0]["failurePolicy"].text(), "Fail");
  // A restart knows both; a day later the old one has no living certificates.
  f.istiod.reset();
  f.start();
  EXPECT_EQ(f.rootsIn("shop"), next + old);
  f.world.loop.advance(hours(25));
  EXPECT_EQ(f.rootsIn("shop"), next);
}

TEST(Istiod, ARootChangesWithoutThoseWhoAreSilent) {
  Fixture f;
  f.start();
  Proxy proxy(f, kGatewayNode, "shop/gw", "10.0.0.2");
  proxy.say(xds::kProxyConfig, {}, "");
  EXPECT_EQ(proxy.hear(), "PCDS 1");
  const std::string old = f.rootsIn("shop");
  const std::string next = cacerts(f, "next");
  EXPECT_EQ(proxy.hear(false), "PCDS 1");
  f.world.loop.advance(kRootSpreadTimeout + seconds(1));
  EXPECT_EQ(f.logged("because=\"time is over\""), size_t{1});
  EXPECT_EQ(f.rootsIn("shop"), next + old);
  // What cannot be used changes nothing.
  f.put(kSecrets, "istio-system",
        "{metadata: {name: cacerts, namespace: istio-system}, data: {ca-cert.pem: '', ca-key.pem: "
        "YQ==}}");
  f.world.loop.advance(seconds(1));
  EXPECT_EQ(f.logged("secret cacerts cannot be used"), size_t{1});
  EXPECT_EQ(f.rootsIn("shop"), next + old);
}

TEST(Istiod, ARootThatCameWhileNobodyWasHereIsSpreadToo) {
  Fixture f;
  f.start();
  const std::string old = f.rootsIn("shop");
  f.istiod.reset();
  const std::string next = cacerts(f, "next");
  f.start();
  f.world.loop.advance(seconds(1));
  EXPECT_EQ(f.logged("a new root of trust: old and new are trusted"), size_t{1});
  EXPECT_EQ(f.rootsIn("shop"), next + old);
}

TEST(Istiod, Pages) {
  Fixture f;
  f.start();
  Proxy gateway(f, kGatewayNode, "shop/gw", "10.0.0.2");
  gateway.say(xds::kCluster, {}, "");
  (void)gateway.hear();
  EXPECT_CONTAINS(f.http("/debug/syncz"), "\"proxy\": \"gw.shop\"");
  EXPECT_CONTAINS(f.http("/debug/adsz"), "\"totalClients\": 1");
  EXPECT_CONTAINS(f.http("/debug/mesh"), "td_1");
  EXPECT_CONTAINS(f.http("/debug/nonsense"), "404 /debug/nonsense is not supported yet");
  EXPECT_CONTAINS(f.http("/debug/config_dump?proxyID=a.b"), "404 Proxy a.b is not connected");
  EXPECT_CONTAINS(f.http("/debug/config_dump"), "400 ");
  EXPECT_CONTAINS(f.http("/debug/registryz"), "200 [");
  EXPECT_CONTAINS(f.http("/metrics"), "pilot_xds{version=\"1.11.7\"} 1\n");
}

}  // namespace
}  // namespace meshka::mesh
