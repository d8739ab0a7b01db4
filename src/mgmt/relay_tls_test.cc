// The relay with certificates: bootstrap by token, streams by certificate, and who is refused.
#include "mgmt/relay/identity.h"
#include "mgmt/test/plane.h"

using namespace meshka;
using namespace meshka::mgmt;
using namespace meshka::mgmt::test;

namespace {

struct Secure : Plane {
  Secure() {
    const WallTime now = sim.loop.clock().wall();
    auto root = net::Authority::create("relay-root", {}, now, now + hours(24 * 3650), sim.rng);
    EXPECT_OK(root);
    auto signing = root->createIntermediate("relay-signing", now, now + hours(24 * 365), sim.rng);
    EXPECT_OK(signing);
    net::LeafSpec leaf{.common_name = "server",
                       .server = true,
                       .not_before = now,
                       .not_after = now + hours(24 * 365)};
    leaf.sans.dns = {"gloo-mesh-mgmt-server.gloo-mesh"};
    auto pair = root->issueWithNewKey(leaf, sim.rng);
    EXPECT_OK(pair);
    root_pem = root->certificatePem();
    policy = {.insecure = false,
              .token = "the-token",
              .signing = std::make_shared<net::Authority>(*signing),
              .ca_pem = root_pem};
    tls = {.certificate_pem = pair->certificate_pem,
           .key_pem = pair->key_pem,
           .client_ca_pem = root_pem,
           .alpn = {"h2"}};
    uplink.insecure = false;
    uplink.root_ca_path = "/tls/ca.crt";
    uplink.token_path = "/token";
    write("/tls/ca.crt", root_pem);
    write("/token", "the-token\n");
  }
  void write(std::string path, std::string text) {
    EXPECT_OK(sim.loop.run(sim.disk.makeDirectories("/tls")));
    EXPECT_OK(sim.loop.run(sim.disk.writeFileAtomic(std::move(path), std::move(text))));
  }
  Doc certificate(Workload& w) {
    return w.api.find(secrets(), "gloo-mesh", "relay-client-tls-secret");
  }
  std::string root_pem;
};

}  // namespace

TEST(RelayTls, ATokenBuysACertificateThatIsKeptAndRenewed) {
  Secure p;
  p.startServer();
  Plane::Workload& w = p.addCluster("cluster-1");
  p.registerCluster("cluster-1");
  p.startAgent(w);
  p.pass(seconds(5));
  EXPECT_EQ(w.agent->notReady(), "");
  const Doc first = p.certificate(w);
  const auto chain =
      net::parseCertificatesPem(base64Decode(first["data"]["tls.crt"].text()).value_or(""));
  ASSERT_OK(chain);
  EXPECT_EQ(chain->front().sans.uris.at(0), agentIdentity("cluster-1"));
  // The token is not needed again: not for a restart, not for the next certificate.
  p.write("/token", "");
  w.agent.reset();
  p.startAgent(w);
  p.pass(seconds(5));
  EXPECT_EQ(w.agent->notReady(), "");
  EXPECT_TRUE(p.certificate(w) == first);
  p.pass(hours(24 * 28));
  EXPECT_EQ(w.agent->notReady(), "");
  EXPECT_FALSE(p.certificate(w)["data"] == first["data"]);
  EXPECT_CONTAINS(p.server->metrics(), "relay_bootstraps_total 2");
  EXPECT_EQ(p.sim.log.errors(), 0u);
}

TEST(RelayTls, AWrongTokenIsRefusedAndGuessingIsSlow) {
  Secure p;
  p.write("/token", "a-guess");
  p.startServer();
  Plane::Workload& w = p.addCluster("cluster-1");
  p.registerCluster("cluster-1");
  p.startAgent(w);
  p.pass(seconds(2));
  EXPECT_CONTAINS(w.agent->notReady(), "the relay token is wrong");
  EXPECT_TRUE(p.logged("bootstrap refused"));
  EXPECT_FALSE(p.certificate(w).exists());
  // Ten others at once: the rest is told to try later.
  for (int i = 2; i < 40; ++i) {
    p.startAgent(p.addCluster(cat("cluster-", i)));
  }
  p.pass(seconds(1));
  EXPECT_TRUE(p.logged("too many bootstraps"));
  p.write("/token", "the-token");
  p.pass(minutes(2));
  EXPECT_EQ(w.agent->notReady(), "");
}

TEST(RelayTls, ACertificateSpeaksForItsOwnClusterOnly) {
  Secure p;
  p.startServer();
  Plane::Workload& one = p.addCluster("cluster-1");
  Plane::Workload& two = p.addCluster("cluster-2");
  p.registerCluster("cluster-1");
  p.registerCluster("cluster-2");
  p.startAgent(one);
  p.pass(seconds(5));
  // The same certificate, another name in the hello.
  net::TlsClientOptions stolen{.ca_pem = p.root_pem};
  const Doc secret = p.certificate(one);
  stolen.certificate_pem = base64Decode(secret["data"]["tls.crt"].text()).value_or("");
  stolen.key_pem = base64Decode(secret["data"]["tls.key"].text()).value_or("");
  const auto ask = [&](net::TlsClientOptions options, std::string_view method) {
    auto tls = net::TlsClientConfig::create(p.sim.loop, std::move(options));
    EXPECT_OK(tls);
    const auto line = net::newGrpcChannel(p.sim.loop, two.network,
                                          {.endpoint = {"10.0.0.1", 9900, false},
                                           .tls = *tls,
                                           .server_name = "gloo-mesh-mgmt-server.gloo-mesh"});
    auto answer = p.sim.loop.run(line->unary(std::string(method),
                                             encode(AgentMessage(Hello{.cluster = "cluster-2"})),
                                             p.sim.in(seconds(5))));
    EXPECT_FALSE(answer.has_value());
    return answer ? std::string() : cat(answer.error().reason(), ": ", answer.error().message());
  };
  EXPECT_CONTAINS(ask(stolen, kPushMethod), "PERMISSION_DENIED");
  EXPECT_CONTAINS(ask(stolen, kPullMethod), "speaks for cluster \"cluster-2\"");
  EXPECT_CONTAINS(ask({.ca_pem = p.root_pem}, kPushMethod), "UNAUTHENTICATED");
  EXPECT_EQ(one.agent->notReady(), "");
}

TEST(RelayTls, ASecureServerRefusesPlainText) {
  Secure p;
  p.uplink.insecure = true;
  p.startServer();
  Plane::Workload& w = p.addCluster("cluster-1");
  p.registerCluster("cluster-1");
  p.startAgent(w);
  p.pass(seconds(5));
  EXPECT_FALSE(w.agent->notReady().empty());
  EXPECT_TRUE(p.logged("plain text connection refused"));
  EXPECT_TRUE(p.logged("10.0.1.1:"));
}

// A server that allows plain text serves those that come with TLS as well.
TEST(RelayTls, AnInsecureServerServesBoth) {
  Secure p;
  p.policy.insecure = true;
  p.startServer();
  Plane::Workload& one = p.addCluster("cluster-1");
  Plane::Workload& two = p.addCluster("cluster-2");
  p.registerCluster("cluster-1");
  p.registerCluster("cluster-2");
  p.startAgent(one);
  p.uplink.insecure = true;
  p.startAgent(two);
  p.pass(seconds(5));
  EXPECT_EQ(one.agent->notReady(), "");
  EXPECT_EQ(two.agent->notReady(), "");
  EXPECT_TRUE(p.certificate(one).exists());
  EXPECT_FALSE(p.certificate(two).exists());
}

TEST(RelayTls, SecretsCompare) {
  EXPECT_TRUE(equalSecrets("abc", "abc"));
  EXPECT_FALSE(equalSecrets("abc", "abd"));
  EXPECT_FALSE(equalSecrets("abc", "ab"));
  EXPECT_FALSE(equalSecrets("abc", ""));
}
