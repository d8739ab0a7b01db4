// The shared root of trust end to end: from a discovered mesh to the Secret that Istio reads, in
// two clusters that then have one root.
#include "mgmt/test/plane.h"
#include "mgmt/trust/names.h"

using namespace meshka;
using namespace meshka::mgmt;
using namespace meshka::mgmt::test;

namespace {

const Resource kRequests{"internal.gloo.solo.io", "v2", "certificaterequests"};
const Resource kIssued{"internal.gloo.solo.io", "v2", "issuedcertificates"};
const Resource kPolicies{"admin.gloo.solo.io", "v2", "roottrustpolicies"};

std::string pem(const Doc& secret, std::string_view key) {
  return base64Decode(secret["data"][key].text()).value_or("");
}

struct TwoMeshes : Plane {
  explicit TwoMeshes(uint64_t seed = 1) : Plane(seed) {
    define(mgmt, "admin.gloo.solo.io", "v2", "RootTrustPolicy", "roottrustpolicies");
    for (const char* name : {"cluster-1", "cluster-2"}) {
      addCluster(name);
      registerCluster(name);
    }
  }
  void begin() {
    startServer();
    for (auto& [name, w] : workloads) {
      startAgent(*w);
      addMesh(*w);
    }
    pass(seconds(20));
  }
  void addMesh(Workload& w) {
    make(w.api, configMaps(), "istio-system",
         cat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"istio"},
               "data":{"mesh":"trustDomain: )",
             w.name, R"(\n"}})"));
    make(w.api, deployments(), "istio-system",
         R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"istiod"},
           "spec":{"template":{"metadata":{"labels":{"app":"istiod"}},"spec":{"serviceAccountName":"istiod",
             "containers":[{"name":"discovery","image":"pilot:1.11.7"}]}}}})");
  }
  Workload& one() { return *workloads.at("cluster-1"); }
  Workload& two() { return *workloads.at("cluster-2"); }
  Doc authority(Workload& w) { return w.api.find(secrets(), "istio-system", "cacerts"); }
  Doc issued(Workload& w) {
    return w.api.find(kIssued, "istio-system", cat("istiod-istio-system-", w.name));
  }
};

}  // namespace

TEST(Trust, BothMeshesGetAnAuthorityUnderOneRoot) {
  TwoMeshes p;
  p.begin();
  const Doc a = p.authority(p.one());
  const Doc b = p.authority(p.two());
  ASSERT_TRUE(a.exists() && b.exists());
  EXPECT_EQ(pem(a, "root-cert.pem"), pem(b, "root-cert.pem"));
  EXPECT_TRUE(pem(a, "ca-key.pem") != pem(b, "ca-key.pem"));
  const Doc root = p.mgmt.find(secrets(), "gloo-mesh", "shared-root.gloo-mesh");
  EXPECT_EQ(pem(root, "root-cert.pem"), pem(a, "root-cert.pem"));
  // Istio can sign with it, and what it signs leads to the root.
  const auto mid = net::Authority::fromPem(pem(a, "cert-chain.pem"), pem(a, "ca-key.pem"));
  ASSERT_OK(mid);
  EXPECT_EQ(mid->certificate().sans.uris.at(0), "spiffe://cluster-1/ns/istio-system/sa/istiod");
  const WallTime now = p.sim.loop.clock().wall();
  const auto leaf = mid->issueWithNewKey(
      {.common_name = "w", .server = true, .not_before = now, .not_after = now + hours(1)},
      p.sim.rng);
  ASSERT_OK(leaf);
  const auto chain = net::pemBlocks(leaf->certificate_pem, "CERTIFICATE");
  EXPECT_OK(net::verifyChain(*chain, pem(b, "root-cert.pem"), net::Usage::kServer, "", now));
  EXPECT_EQ(a["metadata"]["labels"]["gloo.solo.io/parent_kind"].text(), "IssuedCertificate");
  EXPECT_EQ(p.issued(p.one())["status"]["state"].text(), "ISSUED");
  // The key stays where it was made.
  const Doc key = p.one().api.find(secrets(), "istio-system", "istiod-istio-system-cluster-1");
  EXPECT_FALSE(key["data"]["private-key"].text().empty());
  for (const auto& [name, kept] : p.store.kept) {
    for (const auto& [resource, objects] : kept.objects) {
      for (const auto& [k, object] : objects) {
        const std::string text = doc::toJson(object);
        EXPECT_TRUE(text.find(a["data"]["ca-key.pem"].text()) == text.npos);
        EXPECT_TRUE(text.find("ca-key.pem") == text.npos);
        if (resource == "secrets") {
          EXPECT_EQ(k.name, "cacerts");
          EXPECT_FALSE(object["data"].exists());
          EXPECT_EQ(object["dataHash"].text().size(), 64u);
        }
      }
    }
    EXPECT_EQ(kept.objects.at("secrets").size(), 1u);
  }
  // At rest nothing is written or signed.
  const size_t writes = p.one().api.writes() + p.two().api.writes() + p.mgmt.writes();
  p.pass(minutes(10));
  EXPECT_EQ(p.one().api.writes() + p.two().api.writes() + p.mgmt.writes(), writes);
  EXPECT_EQ(p.sim.log.errors(), 0u);
}

TEST(Trust, RestartsChangeNothing) {
  TwoMeshes p;
  p.begin();
  const Doc before = p.authority(p.one());
  p.stopServer();
  p.one().agent.reset();
  p.startServer();
  p.startAgent(p.one());
  p.pass(seconds(60));
  EXPECT_TRUE(p.authority(p.one()) == before);
}

TEST(Trust, AnAuthorityIsRenewedBeforeItEnds) {
  TwoMeshes p;
  p.make(
      p.mgmt, kPolicies, "gloo-mesh",
      R"({"apiVersion":"admin.gloo.solo.io/v2","kind":"RootTrustPolicy","metadata":{"name":"root"},
           "spec":{"config":{"mgmtServerCa":{"generated":{}},"intermediateCertOptions":{"ttlDays":1}}}})");
  p.begin();
  const Doc first = p.authority(p.one());
  EXPECT_TRUE(p.mgmt.find(secrets(), "gloo-mesh", "root.gloo-mesh").exists());
  EXPECT_EQ(p.mgmt.find(kPolicies, "gloo-mesh", "root")["status"]["state"].text(), "ACCEPTED");
  p.pass(hours(20));
  EXPECT_TRUE(p.authority(p.one()) == first);
  p.pass(hours(3));
  const Doc second = p.authority(p.one());
  EXPECT_TRUE(pem(second, "ca-key.pem") != pem(first, "ca-key.pem"));
  EXPECT_EQ(pem(second, "root-cert.pem"), pem(first, "root-cert.pem"));
  const auto chain = net::parseCertificatesPem(pem(second, "ca-cert.pem"));
  ASSERT_OK(chain);
  EXPECT_TRUE(chain->front().not_after > p.sim.loop.clock().wall() + hours(20));
}

TEST(Trust, AnAuthorityOfTheUserIsLeftAlone) {
  TwoMeshes p;
  p.make(
      p.one().api, secrets(), "istio-system",
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"cacerts"},"data":{"ca-cert.pem":"bWluZQ=="}})");
  p.begin();
  EXPECT_EQ(pem(p.authority(p.one()), "ca-cert.pem"), "mine");
  EXPECT_EQ(p.issued(p.one())["status"]["state"].text(), "INVALID");
  EXPECT_CONTAINS(p.issued(p.one())["status"]["message"].text(), kAdoptAnnotation);
  p.change(p.one().api, secrets(), "istio-system", "cacerts",
           R"({"metadata":{"annotations":{"gloo.solo.io/adopt-cacerts":"true"}}})");
  p.pass(seconds(10));
  EXPECT_TRUE(pem(p.authority(p.one()), "ca-cert.pem") != "mine");
  EXPECT_EQ(p.issued(p.one())["status"]["state"].text(), "ISSUED");
}

TEST(Trust, SwitchedOffItIsRemoved) {
  TwoMeshes p;
  p.begin();
  EXPECT_TRUE(p.authority(p.one()).exists());
  p.stopServer();
  p.shared_trust = false;
  p.startServer();
  p.pass(seconds(60));
  EXPECT_FALSE(p.authority(p.one()).exists());
  EXPECT_FALSE(p.issued(p.one()).exists());
  EXPECT_EQ(p.one().api.count(kRequests), 0u);
}

TEST(Trust, WhatIsDeletedByHandComesBack) {
  TwoMeshes p;
  p.begin();
  const Doc before = p.authority(p.one());
  p.remove(p.one().api, secrets(), "istio-system", "cacerts");
  p.remove(p.one().api, kIssued, "istio-system", "istiod-istio-system-cluster-1");
  p.pass(seconds(30));
  EXPECT_EQ(pem(p.authority(p.one()), "ca-cert.pem"), pem(before, "ca-cert.pem"));
  EXPECT_EQ(p.issued(p.one())["status"]["state"].text(), "ISSUED");
}
