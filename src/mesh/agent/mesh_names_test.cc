#include "mesh/agent/mesh_names.h"

#include "base/strings.h"
#include "base/test/test.h"
#include "doc/yaml.h"

namespace meshka::mesh::agent {
namespace {

constexpr uint16_t kA = 1, kAaaa = 28, kTxt = 16;

MeshNames names() {
  MeshNames out("store.svc.cluster.local",
                {"store.svc.cluster.local", "svc.cluster.local", "cluster.local"});
  out.set(*doc::parseYamlDocument(R"({table: {
    shop.store.svc.cluster.local: {ips: [10.96.0.7], registry: Kubernetes, shortname: shop, namespace: store},
    db.data.svc.cluster.local: {ips: [10.1.0.1, 10.1.0.2], registry: Kubernetes, shortname: db, namespace: data},
    shop.store.global: {ips: [240.240.0.1], registry: External},
    six.example.com: {ips: ['fd00::1'], registry: External},
    '*.wild.example.com': {ips: [240.240.0.2], registry: External}}})"));
  return out;
}

std::string ask(const MeshNames& n, std::string name, uint16_t type = kA) {
  const auto answer = n.resolve({.name = std::move(name), .type = type});
  if (!answer) return "upstream";
  std::string out = cat(static_cast<int>(answer->rcode));
  for (const dns::Record& r : answer->answers)
    out += cat(" ", r.name, "=", r.target.empty() ? dns::addressText(r.address) : r.target);
  return out;
}

TEST(MeshNames, ShortFormsOfOwnAndOtherNamespaces) {
  const MeshNames n = names();
  for (const char* name : {"shop", "shop.store", "shop.store.svc", "Shop.Store.svc.cluster.local"})
    EXPECT_EQ(ask(n, name), cat("0 ", name, "=10.96.0.7"));
  EXPECT_EQ(ask(n, "db"), "upstream");
  EXPECT_EQ(ask(n, "db.data").substr(0, 2), "0 ");
  EXPECT_EQ(ask(n, "shop.store.global"), "0 shop.store.global=240.240.0.1");
}

TEST(MeshNames, SearchDomainsAreAliases) {
  const MeshNames n = names();
  EXPECT_EQ(ask(n, "shop.store.global.store.svc.cluster.local"),
            "0 shop.store.global.store.svc.cluster.local=shop.store.global "
            "shop.store.global=240.240.0.1");
  EXPECT_EQ(ask(n, "nobody.store.svc.cluster.local"), "upstream");
}

TEST(MeshNames, OtherFamilyIsEmptyNotMissing) {
  const MeshNames n = names();
  EXPECT_EQ(ask(n, "shop.store.global", kAaaa), "0");
  EXPECT_EQ(ask(n, "six.example.com", kAaaa), "0 six.example.com=fd00::1");
  EXPECT_EQ(ask(n, "six.example.com"), "0");
  EXPECT_EQ(ask(n, "shop.store.global", kTxt), "upstream");
  EXPECT_EQ(ask(n, "x.wild.example.com"), "upstream");
}

TEST(MeshNames, AddressesTakeTurns) {
  const MeshNames n = names();
  const std::string first = ask(n, "db.data");
  EXPECT_TRUE(first != ask(n, "db.data"));
  EXPECT_EQ(first, ask(n, "db.data"));
}

TEST(MeshNames, FailsUntilTheTableIsThere) {
  MeshNames n("store.svc.cluster.local", {});
  EXPECT_EQ(ask(n, "anything.example.com"), "2");
  EXPECT_FALSE(n.received());
  n.set(*doc::parseYamlDocument("{}"));
  EXPECT_TRUE(n.received());
  EXPECT_EQ(ask(n, "anything.example.com"), "upstream");
}

}  // namespace
}  // namespace meshka::mesh::agent
