// Keys, certificates and the change of roots, without a cluster.
#include "base/test/test.h"
#include "mesh/ca/limits.h"
#include "mesh/ca/material.h"
#include "mesh/ca/rotation.h"
#include "mesh/ca/signer.h"

namespace meshka::mesh {
namespace {

constexpr WallTime kNow{1'790'000'000'000'000'000};

struct Root {
  explicit Root(std::string name, SeededRng& rng)
      : authority(
            *net::Authority::create("", {std::move(name)}, kNow, kNow + kSelfSignedLife, rng)) {}
  net::Authority authority;
};

doc::Doc cacerts(const Root& root, SeededRng& rng, const std::string& more_roots = {}) {
  const auto issuer = root.authority.createIntermediate("issuer", kNow, kNow + hours(8760), rng);
  const auto certificates = net::parseCertificatesPem(issuer->certificatePem());
  const std::string own = net::certificatePem((*certificates)[0].der);
  doc::Draft secret = doc::Draft::object();
  secret["data"]["ca-cert.pem"] = base64Encode(own);
  secret["data"]["ca-key.pem"] = base64Encode(issuer->keyPem());
  secret["data"]["cert-chain.pem"] = base64Encode(own);
  secret["data"]["root-cert.pem"] = base64Encode(more_roots + root.authority.certificatePem());
  return secret.finish();
}

std::string request() {
  const auto key = net::PrivateKey::generateP256();
  net::SubjectAltNames asked;
  asked.uris = {"spiffe://somewhere/ns/kube-system/sa/admin"};
  return *net::createRequestPem(*key, "admin", {"system:masters"}, asked);
}

TEST(Spiffe, Names) {
  EXPECT_EQ(spiffeUri("vcluster_cluster1_cluster1", {"a", "b"}),
            "spiffe://vcluster_cluster1_cluster1/ns/a/sa/b");
  EXPECT_EQ(spiffeUri("me@example", {"a", "b"}), "spiffe://me.example/ns/a/sa/b");
  EXPECT_EQ(parseSpiffeUri("spiffe://td/ns/a/sa/b")->identity.service_account, "b");
  for (const char* bad : {"", "spiffe://td/ns/a", "spiffe:///ns/a/sa/b", "https://td/ns/a/sa/b",
                          "spiffe://td/ns/a/sa/b/c", "spiffe://td/ns//sa/b"}) {
    EXPECT_FALSE(parseSpiffeUri(bad).has_value());
  }
  EXPECT_EQ(parseServiceAccountUser("system:serviceaccount:n:s")->ns, "n");
  EXPECT_FALSE(parseServiceAccountUser("system:node:x:y").has_value());
}

TEST(CaMaterial, PluggedInChainsEndInTheRoot) {
  SeededRng rng(1);
  const Root root("mine", rng);
  const Root other("other", rng);
  const auto ca = pluggedInCa(cacerts(root, rng, other.authority.certificatePem()), kNow);
  ASSERT_OK(ca);
  EXPECT_EQ(ca->root_pem, root.authority.certificatePem());
  ASSERT_EQ(ca->other_roots.size(), size_t{1});
  const auto signer = Signer::create(*ca);
  ASSERT_OK(signer);
  const auto made = signer->sign(request(), "td_1", {"shop", "web"}, {}, kNow, rng);
  ASSERT_OK(made);
  ASSERT_EQ(made->chain.size(), size_t{3});
  const auto leaf = net::parseCertificatesPem(made->chain[0]);
  ASSERT_OK(leaf);
  const net::Certificate& c = (*leaf)[0];
  // Nothing of what the request asked for.
  EXPECT_EQ(join(c.sans.uris, ","), "spiffe://td_1/ns/shop/sa/web");
  EXPECT_EQ(c.subject, "");
  EXPECT_TRUE(c.server_auth && c.client_auth && !c.is_ca);
  EXPECT_TRUE(c.not_after == kNow + hours(24));
  EXPECT_EQ(made->chain[2], root.authority.certificatePem());
  std::vector<std::string> der = {c.der, (*net::parseCertificatesPem(made->chain[1]))[0].der};
  EXPECT_OK(net::verifyChain(der, made->chain[2], net::Usage::kClient, "", kNow));
}

TEST(CaMaterial, WhatCannotBeUsedIsNamed) {
  SeededRng rng(2);
  const Root root("mine", rng);
  const Root stranger("stranger", rng);
  doc::Draft secret(cacerts(root, rng));
  secret["data"]["root-cert.pem"] = base64Encode(stranger.authority.certificatePem());
  const auto no_path = pluggedInCa(secret.finish(), kNow);
  ASSERT_TRUE(!no_path);
  EXPECT_CONTAINS(no_path.error().message(), "no path to a root");
  secret = doc::Draft(cacerts(root, rng));
  secret["data"]["ca-key.pem"] = base64Encode(stranger.authority.keyPem());
  const auto wrong_key = pluggedInCa(secret.finish(), kNow);
  ASSERT_TRUE(!wrong_key);
  EXPECT_CONTAINS(wrong_key.error().message(), "key does not fit");
  secret["data"].erase("ca-cert.pem");
  const auto missing = pluggedInCa(secret.finish(), kNow);
  ASSERT_TRUE(!missing);
  EXPECT_CONTAINS(missing.error().message(), "has no key ca-cert.pem");
  EXPECT_FALSE(pluggedInCa(cacerts(root, rng), kNow + hours(20 * 8760)).has_value());
}

TEST(CaMaterial, SelfSignedRoundTrip) {
  SeededRng rng(3);
  const auto made = newSelfSignedCa("td_1", kNow, rng);
  ASSERT_OK(made);
  const doc::Doc secret = selfSignedSecret(*made, "istio-system");
  EXPECT_EQ(secret["type"].text(), "istio.io/ca-root");
  const auto read = selfSignedCa(secret, kNow);
  ASSERT_OK(read);
  EXPECT_TRUE(*read == *made);
  EXPECT_EQ((*net::parseCertificatesPem(made->root_pem))[0].organizations[0], "td_1");
}

TEST(Signer, LifeTimes) {
  SeededRng rng(4);
  const auto signer = Signer::create(*newSelfSignedCa("td", kNow, rng));
  ASSERT_OK(signer);
  const auto sign = [&](Duration life) {
    return signer->sign(request(), "td", {"a", "b"}, life, kNow, rng);
  };
  EXPECT_TRUE(sign(hours(1))->not_after == kNow + hours(1));
  EXPECT_EQ(sign(hours(1))->chain.size(), size_t{2});  // the root signs by itself
  const auto too_long = sign(kMaxCertificateLife + seconds(1));
  ASSERT_TRUE(!too_long);
  EXPECT_CONTAINS(too_long.error().message(), "is greater than the max allowed TTL");
  EXPECT_FALSE(signer->sign("no request", "td", {"a", "b"}, {}, kNow, rng).has_value());
  const auto serving = signer->serving({"istiod.istio-system.svc"}, kNow, rng);
  ASSERT_OK(serving);
  EXPECT_EQ((*net::parseCertificatesPem(serving->certificate_pem))[0].sans.dns[0],
            "istiod.istio-system.svc");
}

CaMaterial materialOf(const Root& root, SeededRng& rng) {
  return *pluggedInCa(cacerts(root, rng), kNow);
}

TEST(RootRotation, BothAreTrustedBeforeTheNewOneSigns) {
  SeededRng rng(5);
  const Root a("a", rng);
  const Root b("b", rng);
  const CaMaterial old = materialOf(a, rng);
  const CaMaterial next = materialOf(b, rng);
  RootRotation rotation(old, {}, kNow);
  EXPECT_EQ(rotation.bundle(), old.root_pem);
  EXPECT_TRUE(rotation.offer(next, kNow));
  EXPECT_FALSE(rotation.offer(next, kNow));
  EXPECT_TRUE(rotation.spreading());
  EXPECT_TRUE(rotation.signer() == old);
  EXPECT_EQ(rotation.bundle(), old.root_pem + next.root_pem);
  rotation.noteIssued(kNow + hours(48));
  EXPECT_TRUE(rotation.spread(kNow));
  EXPECT_FALSE(rotation.spread(kNow));
  EXPECT_TRUE(rotation.signer() == next);
  EXPECT_EQ(rotation.bundle(), next.root_pem + old.root_pem);
  EXPECT_FALSE(rotation.expire(kNow + hours(47)));
  EXPECT_TRUE(rotation.nextExpiry() == kNow + hours(48));
  EXPECT_TRUE(rotation.expire(kNow + hours(48)));
  EXPECT_EQ(rotation.bundle(), next.root_pem);
}

TEST(RootRotation, AnotherIssuerUnderTheSameRootSignsAtOnce) {
  SeededRng rng(6);
  const Root a("a", rng);
  RootRotation rotation(materialOf(a, rng), {}, kNow);
  const CaMaterial next = materialOf(a, rng);
  EXPECT_TRUE(rotation.offer(next, kNow));
  EXPECT_FALSE(rotation.spreading());
  EXPECT_TRUE(rotation.signer() == next);
}

TEST(RootRotation, ChangesOfMindWhileSpreading) {
  SeededRng rng(7);
  const Root a("a", rng);
  const Root b("b", rng);
  const Root c("c", rng);
  const CaMaterial first = materialOf(a, rng);
  RootRotation rotation(first, {}, kNow);
  EXPECT_TRUE(rotation.offer(materialOf(b, rng), kNow));
  const CaMaterial third = materialOf(c, rng);
  EXPECT_TRUE(rotation.offer(third, kNow));
  EXPECT_EQ(rotation.bundle(), first.root_pem + third.root_pem);  // b never signed anything
  EXPECT_TRUE(rotation.offer(first, kNow));
  EXPECT_FALSE(rotation.spreading());
  EXPECT_EQ(rotation.bundle(), first.root_pem);
}

TEST(RootRotation, ThereAndBackKeepsBothRoots) {
  SeededRng rng(8);
  const Root a("a", rng);
  const Root b("b", rng);
  const CaMaterial first = materialOf(a, rng);
  const CaMaterial second = materialOf(b, rng);
  RootRotation rotation(first, {{"forgotten", kNow - seconds(1)}}, kNow);
  EXPECT_TRUE(rotation.retired().empty());
  (void)rotation.offer(second, kNow);
  (void)rotation.spread(kNow);
  (void)rotation.offer(first, kNow);
  (void)rotation.spread(kNow);
  EXPECT_EQ(rotation.bundle(), first.root_pem + second.root_pem);
}

}  // namespace
}  // namespace meshka::mesh
