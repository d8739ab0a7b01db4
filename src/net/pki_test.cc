#include "net/pki.h"

#include "base/test/test.h"
#include "doc/json.h"
#include "net/jwt.h"

namespace meshka::net {
namespace {

const WallTime kNow{1'790'000'000'000'000'000};

Authority makeCa(Rng& rng, Duration life = hours(1000)) {
  auto ca = Authority::create("test-ca", {"o"}, kNow, kNow + life, rng);
  EXPECT_OK(ca);
  return std::move(*ca);
}

TEST(Pki, LeafSaysWhatWasAsked) {
  SeededRng rng(1);
  const Authority ca = makeCa(rng);
  LeafSpec spec;
  spec.common_name = "system:node:n1";
  spec.organizations = {"system:nodes", "x"};
  spec.sans = {
      .dns = {"a.b", "*.c"}, .ips = {"10.1.2.3", "fd00::1"}, .uris = {"spiffe://td/ns/a/sa/b"}};
  spec.server = spec.client = true;
  spec.not_before = kNow;
  spec.not_after = kNow + hours(5000);  // longer than the CA
  const auto pair = ca.issueWithNewKey(spec, rng);
  ASSERT_OK(pair);
  const auto certs = parseCertificatesPem(pair->certificate_pem);
  ASSERT_OK(certs);
  ASSERT_EQ(certs->size(), 1u);
  const Certificate& c = (*certs)[0];
  EXPECT_EQ(c.common_name, "system:node:n1");
  EXPECT_EQ(join(c.organizations, ","), "system:nodes,x");
  EXPECT_TRUE(c.sans == spec.sans);
  EXPECT_TRUE(c.server_auth && c.client_auth && !c.is_ca);
  EXPECT_TRUE(c.not_after == ca.certificate().not_after);
  EXPECT_EQ(c.issuer, ca.certificate().subject);
  EXPECT_EQ(c.serial_hex.size(), 32u);
  EXPECT_EQ(c.fingerprint.size(), 64u);
  const auto key = PrivateKey::parsePem(pair->key_pem);
  ASSERT_OK(key);
  EXPECT_TRUE(key->publicKeyDer() == c.public_key_der);
  spec.sans.ips = {"not an ip"};
  EXPECT_FALSE(ca.issueWithNewKey(spec, rng).has_value());
}

TEST(Pki, AnIntermediateForAForeignKey) {
  SeededRng rng(3);
  const Authority ca = makeCa(rng);
  const auto key = PrivateKey::generateP256();
  ASSERT_OK(key);
  LeafSpec spec{.common_name = "mesh",
                .organizations = {"o"},
                .server = true,
                .not_before = kNow,
                .not_after = kNow + hours(5000)};
  spec.sans.uris = {"spiffe://td/ns/a/sa/b"};
  const auto pem = ca.issueIntermediate(spec, key->publicKeyDer(), rng);
  ASSERT_OK(pem);
  const auto chain = parseCertificatesPem(*pem);
  ASSERT_OK(chain);
  ASSERT_EQ(chain->size(), 1u);
  EXPECT_TRUE((*chain)[0].is_ca);
  EXPECT_TRUE((*chain)[0].not_after == ca.certificate().not_after);
  EXPECT_TRUE((*chain)[0].sans.uris == spec.sans.uris);
  const auto mid = Authority::fromPem(cat(*pem, ca.certificatePem()), key->pem());
  ASSERT_OK(mid);
  // It may sign leaves, and nothing that signs.
  const auto leaf = mid->issueWithNewKey(
      {.common_name = "l", .server = true, .not_before = kNow, .not_after = kNow + hours(1)}, rng);
  ASSERT_OK(leaf);
  const auto blocks = pemBlocks(leaf->certificate_pem, "CERTIFICATE");
  ASSERT_OK(blocks);
  EXPECT_OK(verifyChain(*blocks, ca.certificatePem(), Usage::kServer, "", kNow));
  auto below = mid->createIntermediate("below", kNow, kNow + hours(10), rng);
  ASSERT_OK(below);
  const auto deep = below->issueWithNewKey(
      {.common_name = "d", .server = true, .not_before = kNow, .not_after = kNow + hours(1)}, rng);
  ASSERT_OK(deep);
  EXPECT_FALSE(verifyChain(*pemBlocks(deep->certificate_pem, "CERTIFICATE"), ca.certificatePem(),
                           Usage::kServer, "", kNow)
                   .has_value());
  EXPECT_FALSE(ca.issueIntermediate(spec, "junk", rng).has_value());
}

TEST(Pki, ChainsVerify) {
  SeededRng rng(2);
  const Authority ca = makeCa(rng), stranger = makeCa(rng);
  auto mid = ca.createIntermediate("mid", kNow, kNow + hours(100), rng);
  ASSERT_OK(mid);
  LeafSpec spec{.common_name = "leaf",
                .sans = {.dns = {"leaf.example"}},
                .server = true,
                .not_before = kNow,
                .not_after = kNow + hours(10)};
  const auto pair = mid->issueWithNewKey(spec, rng);
  ASSERT_OK(pair);
  auto chain = pemBlocks(pair->certificate_pem, "CERTIFICATE");
  ASSERT_OK(chain);
  EXPECT_EQ(chain->size(), 3u);
  const std::string root = ca.certificatePem();
  EXPECT_OK(verifyChain(*chain, root, Usage::kServer, "leaf.example", kNow));
  EXPECT_FALSE(verifyChain(*chain, root, Usage::kClient, "", kNow).has_value());
  EXPECT_FALSE(verifyChain(*chain, root, Usage::kServer, "other.example", kNow).has_value());
  EXPECT_FALSE(verifyChain(*chain, root, Usage::kServer, "", kNow + hours(11)).has_value());
  EXPECT_FALSE(verifyChain(*chain, root, Usage::kServer, "", kNow - hours(1)).has_value());
  EXPECT_FALSE(
      verifyChain(*chain, stranger.certificatePem(), Usage::kServer, "", kNow).has_value());
  EXPECT_FALSE(verifyChain({(*chain)[0]}, root, Usage::kServer, "", kNow).has_value());
  // A common name is not a name to connect to.
  const auto named = ca.issueWithNewKey({.common_name = "cn.example",
                                         .server = true,
                                         .not_before = kNow,
                                         .not_after = kNow + hours(1)},
                                        rng);
  EXPECT_FALSE(verifyChain(*pemBlocks(named->certificate_pem, "CERTIFICATE"), root, Usage::kServer,
                           "cn.example", kNow)
                   .has_value());
  // A leaf is no authority, and pathlen 0 lets the intermediate make no other.
  EXPECT_FALSE(Authority::fromPem(pair->certificate_pem, pair->key_pem).has_value());
  auto deeper = mid->createIntermediate("deeper", kNow, kNow + hours(50), rng);
  ASSERT_OK(deeper);
  const auto low = deeper->issueWithNewKey(spec, rng);
  auto long_chain = pemBlocks(low->certificate_pem, "CERTIFICATE");
  EXPECT_FALSE(verifyChain(*long_chain, root, Usage::kServer, "", kNow).has_value());
}

TEST(Pki, Requests) {
  SeededRng rng(3);
  const auto key = PrivateKey::generateP256();
  const SubjectAltNames asked{.dns = {"a", "b"}, .ips = {"10.0.0.1"}};
  const auto pem = createRequestPem(*key, "system:node:x", {"system:nodes"}, asked);
  ASSERT_OK(pem);
  const auto request = parseRequestPem(*pem);
  ASSERT_OK(request);
  EXPECT_EQ(request->common_name, "system:node:x");
  EXPECT_EQ(join(request->organizations, ","), "system:nodes");
  EXPECT_TRUE(request->sans == asked);
  EXPECT_TRUE(request->public_key_der == key->publicKeyDer());
  const SubjectAltNames allowed{.dns = {"b", "c"}};
  EXPECT_TRUE(intersect(request->sans, allowed) == SubjectAltNames{.dns = {"b"}});
  // One changed byte: the signature does not hold any more.
  auto der = pemBlocks(*pem, "CERTIFICATE REQUEST");
  std::string broken = (*der)[0];
  broken[broken.find("system:node:x") + 12] = 'y';
  EXPECT_FALSE(parseRequestPem(pemEncode("CERTIFICATE REQUEST", broken)).has_value());
}

TEST(Pki, SansAreCounted) {
  SeededRng rng(5);
  const Authority ca = makeCa(rng);
  LeafSpec spec{
      .common_name = "many", .server = true, .not_before = kNow, .not_after = kNow + hours(1)};
  for (int i = 0; i < 10'000; ++i) spec.sans.dns.push_back(cat("n", i, ".example"));
  const auto pair = ca.issueWithNewKey(spec, rng);
  ASSERT_OK(pair);
  EXPECT_FALSE(parseCertificatesPem(pair->certificate_pem).has_value());
}

TEST(Pki, PemJunk) {
  SeededRng rng(4);
  const std::string good = makeCa(rng).certificatePem();
  EXPECT_OK(parseCertificatesPem(cat("junk before\n", good, "junk between\n", good)));
  EXPECT_FALSE(parseCertificatesPem("").has_value());
  EXPECT_FALSE(parseCertificatesPem("-----BEGIN CERTIFICATE-----\nAAAA").has_value());
  EXPECT_FALSE(
      parseCertificatesPem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
          .has_value());
  EXPECT_FALSE(parseCertificatesPem(good.substr(0, good.size() / 2)).has_value());
  EXPECT_FALSE(
      PrivateKey::parsePem(
          "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
          .has_value());
}

TEST(Jwt, SignAndVerify) {
  const auto ec = PrivateKey::generateP256();
  const auto rsa = PrivateKey::generateRsa(2048);
  ASSERT_OK(ec);
  ASSERT_OK(rsa);
  const auto claims =
      doc::parseJson(R"({"iss":"https://x","sub":"system:serviceaccount:a:b","exp":5})");
  for (const PrivateKey* key : {&*ec, &*rsa}) {
    const auto token = signJwt(*key, *claims);
    ASSERT_OK(token);
    const std::string der = key->publicKeyDer();
    const std::vector<JwtKey> keys = {{jwtKeyId(der), der}};
    const auto back = verifyJwt(*token, keys);
    ASSERT_OK(back);
    EXPECT_TRUE(*back == *claims);
    EXPECT_EQ((*peekJwtClaims(*token))["iss"].text(), "https://x");
    // Under another id the key is still tried; another key does not do.
    EXPECT_OK(verifyJwt(*token, {{"other", der}}));
    const std::string stranger = PrivateKey::generateP256()->publicKeyDer();
    EXPECT_FALSE(verifyJwt(*token, {{jwtKeyId(der), stranger}}).has_value());
    EXPECT_FALSE(verifyJwt(*token, {}).has_value());
    for (size_t i = 0; i < token->size(); i += 7) {
      std::string changed = *token;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_FALSE(verifyJwt(changed, keys).has_value());
    }
  }
}

TEST(Jwt, AlgorithmsAreTheKeysOwn) {
  const auto ec = PrivateKey::generateP256();
  const std::string der = ec->publicKeyDer();
  const std::vector<JwtKey> keys = {{jwtKeyId(der), der}};
  const std::string claims = base64UrlEncode(R"({"sub":"admin"})");
  for (std::string_view header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"HS256"})", R"({"alg":"RS256"})",
        R"({"alg":"ES256"})", R"({})", R"({"alg":"ES256","kid":"../../key"})"}) {
    for (std::string_view signature : {"", "AAAA"}) {
      EXPECT_FALSE(
          verifyJwt(cat(base64UrlEncode(header), ".", claims, ".", signature), keys).has_value());
    }
  }
  for (std::string_view bad : {"", ".", "..", "a.b", "a.b.c.d", "e30.e30."}) {
    EXPECT_FALSE(verifyJwt(bad, keys).has_value());
  }
}

TEST(Jwt, KeySet) {
  const auto ec = PrivateKey::generateP256();
  const auto keys = parseJwtKeys(
      cat(ec->pem(), ec->publicKeyPem(), PrivateKey::generateRsa(2048)->publicKeyPem()));
  ASSERT_OK(keys);
  ASSERT_EQ(keys->size(), 3u);
  EXPECT_EQ((*keys)[0].id, (*keys)[2].id);  // public keys come first
  const auto set = jwkSet(*keys);
  ASSERT_OK(set);
  EXPECT_EQ((*set)["keys"][size_t{0}]["crv"].text(), "P-256");
  EXPECT_EQ((*set)["keys"][size_t{0}]["x"].text().size(), 43u);
  EXPECT_EQ((*set)["keys"][1]["kty"].text(), "RSA");
  EXPECT_EQ((*set)["keys"][1]["e"].text(), "AQAB");
  EXPECT_FALSE(parseJwtKeys("nothing").has_value());
}

}  // namespace
}  // namespace meshka::net
