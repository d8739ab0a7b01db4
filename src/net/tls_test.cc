// TLS between server and client: who is believed, who is not, and what a live reload changes.
#include "net/tls.h"

#include "net/client.h"
#include "net/pki.h"
#include "net/server.h"
#include "net/test/handlers.h"

namespace meshka::net::test {
namespace {

const io::Endpoint kAt{"10.0.0.1", 443};

struct Fixture {
  Fixture() : network(loop), handler(loop), ca(authority("ca")), other_ca(authority("other")) {}

  Authority authority(std::string_view name) {
    const WallTime now = loop.clock().wall();
    auto a = Authority::create(name, {}, now, now + hours(24 * 365), rng);
    EXPECT_OK(a);
    return std::move(*a);
  }
  KeyPair leaf(const Authority& by, std::string_view name, bool for_server,
               Duration life = hours(24)) {
    LeafSpec spec;
    spec.common_name = name;
    spec.organizations = {"system:masters"};
    if (for_server) spec.sans = {.dns = {std::string(name)}, .ips = {"10.0.0.1"}};
    spec.server = for_server;
    spec.client = !for_server;
    spec.not_before = loop.clock().wall();
    spec.not_after = spec.not_before + life;
    auto pair = by.issueWithNewKey(spec, rng);
    EXPECT_OK(pair);
    return std::move(*pair);
  }
  void serve(TlsServerOptions options) {
    auto config = TlsServerConfig::create(loop, std::move(options));
    EXPECT_OK(config);
    server_config = *config;
    server = std::make_unique<HttpServer>(loop, handler, ServerOptions{.tls = server_config});
    EXPECT_OK(server->listen(network, kAt));
  }
  TlsServerOptions serverOptions(const Authority& by, std::string client_ca = {}) {
    const KeyPair pair = leaf(by, "api.example", true);
    return {.certificate_pem = pair.certificate_pem,
            .key_pem = pair.key_pem,
            .client_ca_pem = std::move(client_ca)};
  }
  std::unique_ptr<HttpClient> client(TlsClientOptions options, std::string name = "api.example") {
    auto config = TlsClientConfig::create(loop, std::move(options));
    EXPECT_OK(config);
    client_config = *config;
    return newHttpClient(loop, network, {.endpoint = kAt, .tls = *config, .server_name = name});
  }
  static io::Task<void> get(HttpClient& c, std::string target, std::string& out) {
    auto r = co_await c.send({.target = target}, kNever);
    if (!r) {
      out = cat(toString(r.error().code()), ": ", r.error().message());
      co_return;
    }
    auto body = co_await readAll(*r->body, 1 << 20);
    out = body ? *body : body.error().message();
  }
  std::string get(HttpClient& c, std::string target = "/hello?x") {
    std::string out;
    loop.run(get(c, std::move(target), out));
    return out;
  }

  TestLoop loop;
  TestNetwork network, narrow{loop, 700};
  TestHandler handler;
  SeededRng rng{7};
  Authority ca, other_ca;
  std::shared_ptr<TlsServerConfig> server_config;
  std::shared_ptr<TlsClientConfig> client_config;
  std::unique_ptr<HttpServer> server;
};

TEST(Tls, ServerIsVerified) {
  Fixture f;
  f.serve(f.serverOptions(f.ca));
  const std::string ca = f.ca.certificatePem();
  EXPECT_EQ(f.get(*f.client({.ca_pem = ca})), "hello x");
  EXPECT_EQ(f.handler.version, 20);  // by ALPN
  EXPECT_EQ(f.get(*f.client({.ca_pem = ca, .alpn = {"http/1.1"}})), "hello x");
  EXPECT_EQ(f.handler.version, 11);
  EXPECT_EQ(f.get(*f.client({.ca_pem = ca}, "10.0.0.1")), "hello x");
  EXPECT_CONTAINS(f.get(*f.client({.ca_pem = ca}, "10.0.0.2")), "IP address mismatch");
  EXPECT_CONTAINS(f.get(*f.client({.ca_pem = ca}, "evil.example")), "ostname mismatch");
  EXPECT_CONTAINS(f.get(*f.client({.ca_pem = f.other_ca.certificatePem()})),
                  "failed to verify certificate");
  EXPECT_EQ(f.get(*f.client({.skip_verify = true}, "evil.example")), "hello x");
  EXPECT_FALSE(TlsClientConfig::create(f.loop, {}).has_value());  // skipping is never the default
  EXPECT_TRUE(f.handler.peer.tls);
  EXPECT_TRUE(f.handler.peer.certificates.empty());
  EXPECT_FALSE(f.handler.peer.certificate_rejected);
}

TEST(Tls, ExpiredServerIsRefused) {
  Fixture f;
  f.serve(f.serverOptions(f.ca));
  auto c = f.client({.ca_pem = f.ca.certificatePem(), .alpn = {"http/1.1"}});
  EXPECT_EQ(f.get(*c), "hello x");
  f.loop.advance(hours(25));
  EXPECT_CONTAINS(f.get(*f.client({.ca_pem = f.ca.certificatePem()})), "certificate has expired");
}

TEST(Tls, NotYetValidServerIsRefused) {
  Fixture f;
  LeafSpec spec{.common_name = "api.example",
                .sans = {.dns = {"api.example"}},
                .server = true,
                .not_before = f.loop.clock().wall() + hours(2),
                .not_after = f.loop.clock().wall() + hours(4)};
  const auto early = f.ca.issueWithNewKey(spec, f.rng);
  ASSERT_OK(early);
  f.serve({.certificate_pem = early->certificate_pem, .key_pem = early->key_pem});
  EXPECT_CONTAINS(f.get(*f.client({.ca_pem = f.ca.certificatePem()})), "not yet valid");
  f.loop.advance(hours(3));
  EXPECT_EQ(f.get(*f.client({.ca_pem = f.ca.certificatePem()})), "hello x");
}

TEST(Tls, NamesAreNotCaseSensitiveAndNotPartial) {
  Fixture f;
  const WallTime now = f.loop.clock().wall();
  LeafSpec spec{.common_name = "cn.example",  // a common name is not a name to connect to
                .sans = {.dns = {"api.example", "*.wild.example"}},
                .server = true,
                .not_before = now,
                .not_after = now + hours(1)};
  const auto pair = f.ca.issueWithNewKey(spec, f.rng);
  ASSERT_OK(pair);
  f.serve({.certificate_pem = pair->certificate_pem, .key_pem = pair->key_pem});
  const auto as = [&](std::string name) {
    return f.get(*f.client({.ca_pem = f.ca.certificatePem()}, std::move(name)));
  };
  for (std::string_view good : {"api.example", "API.Example", "a.wild.example"}) {
    EXPECT_EQ(as(std::string(good)), "hello x");
  }
  for (std::string_view bad :
       {"cn.example", "b.a.wild.example", "wild.example", "api.example.evil"}) {
    EXPECT_CONTAINS(as(std::string(bad)), "ostname mismatch");
  }
}

TEST(Tls, ClientCertificates) {
  Fixture f;
  f.serve(f.serverOptions(f.ca, f.ca.certificatePem()));
  const std::string ca = f.ca.certificatePem();
  const auto with = [&](const KeyPair& pair) {
    return f.client(
        {.ca_pem = ca, .certificate_pem = pair.certificate_pem, .key_pem = pair.key_pem});
  };
  EXPECT_EQ(f.get(*with(f.leaf(f.ca, "alice", false))), "hello x");
  ASSERT_EQ(f.handler.peer.certificates.size(), 1u);
  const auto parsed = parseCertificateDer(f.handler.peer.certificates[0]);
  ASSERT_OK(parsed);
  EXPECT_EQ(parsed->common_name, "alice");
  EXPECT_EQ(join(parsed->organizations, ","), "system:masters");

  // A stranger's certificate makes no identity, and is told from "none".
  EXPECT_EQ(f.get(*with(f.leaf(f.other_ca, "alice", false))), "hello x");
  EXPECT_TRUE(f.handler.peer.certificates.empty());
  EXPECT_TRUE(f.handler.peer.certificate_rejected);
  // So does a server's certificate used as a client's, and one that has run out.
  EXPECT_EQ(f.get(*with(f.leaf(f.ca, "alice", true))), "hello x");
  EXPECT_TRUE(f.handler.peer.certificates.empty());
  EXPECT_EQ(f.get(*with(f.leaf(f.ca, "alice", false, Duration{0} - minutes(1)))), "hello x");
  EXPECT_TRUE(f.handler.peer.certificates.empty());
}

TEST(Tls, RequiredClientCertificates) {
  Fixture f;
  TlsServerOptions options = f.serverOptions(f.ca, f.ca.certificatePem());
  options.require_client_certificate = true;
  f.serve(std::move(options));
  const std::string ca = f.ca.certificatePem();
  const KeyPair good = f.leaf(f.ca, "alice", false), bad = f.leaf(f.other_ca, "alice", false);
  EXPECT_EQ(f.get(*f.client(
                {.ca_pem = ca, .certificate_pem = good.certificate_pem, .key_pem = good.key_pem})),
            "hello x");
  const int before = f.handler.started;
  EXPECT_TRUE(f.get(*f.client({.ca_pem = ca})) != "hello x");
  EXPECT_TRUE(f.get(*f.client({.ca_pem = ca,
                               .certificate_pem = bad.certificate_pem,
                               .key_pem = bad.key_pem})) != "hello x");
  EXPECT_EQ(f.handler.started, before);
}

TEST(Tls, LiveReload) {
  Fixture f;
  f.serve(f.serverOptions(f.ca, f.ca.certificatePem()));
  const KeyPair alice = f.leaf(f.ca, "alice", false);
  TlsClientOptions options{.ca_pem = cat(f.ca.certificatePem(), f.other_ca.certificatePem()),
                           .certificate_pem = alice.certificate_pem,
                           .key_pem = alice.key_pem,
                           .alpn = {"http/1.1"}};
  auto config = TlsClientConfig::create(f.loop, options);
  ASSERT_OK(config);
  const auto connect = [&] {
    return newHttpClient(f.loop, f.network,
                         {.endpoint = kAt, .tls = *config, .server_name = "api.example"});
  };
  auto old = connect();
  EXPECT_EQ(f.get(*old), "hello x");
  EXPECT_EQ(f.handler.peer.certificates.size(), 1u);
  // The client CA is replaced: new connections of alice are strangers, even with a session to
  // resume.
  EXPECT_OK(f.server_config->reload(f.serverOptions(f.other_ca, f.other_ca.certificatePem())));
  EXPECT_EQ(f.get(*connect()), "hello x");
  EXPECT_TRUE(f.handler.peer.certificate_rejected);
  // Running connections go on, and a bad reload changes nothing.
  EXPECT_EQ(f.get(*old), "hello x");
  EXPECT_FALSE(f.server_config->reload({.certificate_pem = "x", .key_pem = "y"}).has_value());
  EXPECT_EQ(f.get(*connect()), "hello x");
}

TEST(Tls, SessionsResume) {
  Fixture f;
  const KeyPair pair = f.leaf(f.ca, "api.example", true);
  auto server = TlsServerConfig::create(f.loop, {.certificate_pem = pair.certificate_pem,
                                                 .key_pem = pair.key_pem,
                                                 .client_ca_pem = f.ca.certificatePem()});
  const KeyPair alice = f.leaf(f.ca, "alice", false);
  auto client = TlsClientConfig::create(f.loop, {.ca_pem = f.ca.certificatePem(),
                                                 .certificate_pem = alice.certificate_pem,
                                                 .key_pem = alice.key_pem});
  ASSERT_OK(server);
  ASSERT_OK(client);
  // By address too: there is no server name to tell sessions apart then.
  for (const auto& [name, expected] : {std::pair("api.example", false),
                                       {"api.example", true},
                                       {"10.0.0.1", false},
                                       {"10.0.0.1", true}}) {
    StreamPair wire = newStreamPair(f.loop, 64 << 10);
    auto s = (*server)->accept(std::move(wire.b));
    auto c = (*client)->connect(std::move(wire.a), name);
    struct Op {
      static io::Task<void> both(TlsStream& x, bool& ok) {
        ok = (co_await x.handshake(kNever)).has_value();
      }
    };
    bool ok = false;
    TlsStream& server_side = *s;
    f.loop.run(Op::both(*c, ok));
    f.loop.settle();
    EXPECT_TRUE(ok && server_side.established());
    char byte[1];
    (void)c->tryRead(byte);  // takes the tickets in
    EXPECT_EQ(c->resumed(), expected);
    EXPECT_EQ(server_side.peerCertificates().size(), 1u);
    EXPECT_EQ(server_side.serverName(), std::string_view(name) == "10.0.0.1" ? "" : name);
  }
}

TEST(Tls, GarbageAndSilenceEndTheConnection) {
  Fixture f;
  f.serve(f.serverOptions(f.ca));
  for (std::string_view bytes : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\xff\xff", ""}) {
    StreamPair wire = newStreamPair(f.loop, 64 << 10);
    f.server->serve(std::move(wire.b));
    Probe probe(std::move(wire.a));
    probe.send(bytes);
    f.loop.advance(seconds(31));
    EXPECT_TRUE(probe.ended);
    EXPECT_EQ(f.server->connections(), 0u);
  }
}

TEST(Tls, BigBodiesThroughSmallWires) {
  Fixture f;
  f.serve(f.serverOptions(f.ca));
  EXPECT_OK(f.server->listen(f.narrow, kAt));
  const std::string big(1 << 20, 'z');
  for (std::vector<std::string> alpn : {std::vector<std::string>{"h2"}, {"http/1.1"}}) {
    auto config = TlsClientConfig::create(f.loop, {.ca_pem = f.ca.certificatePem(), .alpn = alpn});
    auto c = newHttpClient(f.loop, f.narrow,
                           {.endpoint = kAt, .tls = *config, .server_name = "api.example"});
    struct Op {
      static io::Task<void> post(HttpClient& client, const std::string& body, bool& same) {
        auto r = co_await client.send({.method = "POST", .target = "/echo", .body = body}, kNever);
        EXPECT_OK(r);
        if (!r) co_return;
        auto got = co_await readAll(*r->body, 2 << 20);
        EXPECT_OK(got);
        same = got && *got == body;
      }
    };
    bool same = false;
    f.loop.run(Op::post(*c, big, same));
    EXPECT_TRUE(same);
  }
}

}  // namespace
}  // namespace meshka::net::test
