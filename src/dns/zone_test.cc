#include "dns/zone.h"

#include "base/test/test.h"
#include "doc/yaml.h"

namespace meshka::dns {
namespace {

constexpr std::string_view kObjects = R"(
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.20, clusterIPs: [10.96.0.20], ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}]}
---
kind: Service
metadata: {name: db, namespace: data}
spec: {clusterIP: None, clusterIPs: [None], ports: [{name: sql, port: 5432}]}
---
kind: Service
metadata: {name: out, namespace: default}
spec: {type: ExternalName, externalName: Example.ORG.}
---
kind: Service
metadata: {name: alias, namespace: default}
spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
---
kind: Service
metadata: {name: empty, namespace: data}
spec: {clusterIP: None}
---
kind: EndpointSlice
metadata: {name: db-1, namespace: data, labels: {kubernetes.io/service-name: db}}
ports: [{name: sql, port: 5432, protocol: TCP}]
endpoints:
- {addresses: [10.244.0.5], hostname: db-0, conditions: {ready: true}}
- {addresses: [10.244.0.6], conditions: {ready: true}}
- {addresses: [10.244.0.7], hostname: db-2, conditions: {ready: false}}
---
kind: EndpointSlice
metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.244.0.9]}]
)";

Zone makeZone() {
  Zone zone("cluster.local");
  for (const doc::Doc& object : *doc::parseYaml(kObjects)) {
    object["kind"].text() == "Service" ? zone.setService(object) : zone.setSlice(object);
  }
  zone.setHost("node-1", "100.64.1.2");
  return zone;
}

// "NOERROR 10.96.0.20" / "NXDOMAIN soa" / "forward"
std::string ask(const Zone& zone, std::string name, Type type) {
  const auto a =
      zone.resolve({.name = std::move(name), .type = static_cast<uint16_t>(type), .klass = 1});
  if (!a) return "forward";
  std::string out = a->rcode == Rcode::kNoError    ? "ok"
                    : a->rcode == Rcode::kNxDomain ? "nxdomain"
                                                   : "refused";
  for (const Record& r : a->answers) {
    out += ' ';
    if (!r.address.empty())
      out += addressText(r.address);
    else if (r.type == Type::kSrv)
      out += cat(r.weight, ":", r.target, ":", r.port);
    else
      out += r.target;
  }
  if (!a->authority.empty()) out += " soa";
  return out;
}

TEST(zone, answers) {
  const Zone zone = makeZone();
  const struct {
    const char* name;
    Type type;
    const char* want;
  } cases[] = {
      {"web.default.svc.cluster.local", Type::kA, "ok 10.96.0.20"},
      {"web.default.svc.cluster.local", Type::kAaaa, "ok soa"},
      {"web.data.svc.cluster.local", Type::kA, "nxdomain soa"},
      {"default.svc.cluster.local", Type::kA, "ok soa"},
      {"nowhere.svc.cluster.local", Type::kA, "nxdomain soa"},
      {"svc.cluster.local", Type::kA, "ok soa"},
      {"web.default.svc.cluster.local.default.svc.cluster.local", Type::kA, "nxdomain soa"},
      {"db.data.svc.cluster.local", Type::kA, "ok 10.244.0.5 10.244.0.6"},
      {"db-0.db.data.svc.cluster.local", Type::kA, "ok 10.244.0.5"},
      {"10-244-0-6.db.data.svc.cluster.local", Type::kA, "ok 10.244.0.6"},
      {"db-2.db.data.svc.cluster.local", Type::kA, "nxdomain soa"},  // not ready
      {"empty.data.svc.cluster.local", Type::kA, "ok soa"},
      {"_http._tcp.web.default.svc.cluster.local", Type::kSrv,
       "ok 100:web.default.svc.cluster.local:80"},
      {"_http._udp.web.default.svc.cluster.local", Type::kSrv, "nxdomain soa"},
      {"_tcp.web.default.svc.cluster.local", Type::kA, "ok soa"},
      {"_sql._tcp.db.data.svc.cluster.local", Type::kSrv,
       "ok 50:db-0.db.data.svc.cluster.local:5432 50:10-244-0-6.db.data.svc.cluster.local:5432"},
      {"out.default.svc.cluster.local", Type::kA, "ok example.org"},
      {"alias.default.svc.cluster.local", Type::kA, "ok web.default.svc.cluster.local 10.96.0.20"},
      {"10-244-0-9.default.pod.cluster.local", Type::kA, "ok 10.244.0.9"},
      {"x.default.pod.cluster.local", Type::kA, "nxdomain soa"},
      {"20.0.96.10.in-addr.arpa", Type::kPtr, "ok web.default.svc.cluster.local"},
      {"5.0.244.10.in-addr.arpa", Type::kPtr, "ok db-0.db.data.svc.cluster.local"},
      {"1.1.1.1.in-addr.arpa", Type::kPtr, "forward"},
      {"dns-version.cluster.local", Type::kTxt, "ok 1.1.0"},
      {"cluster.local", Type::kSoa, "ok ns.dns.cluster.local"},
      {"example.org", Type::kA, "forward"},
      {"notcluster.local", Type::kA, "forward"},
      {"node-1", Type::kA, "ok 100.64.1.2"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(cat(c.name, " ", ask(zone, c.name, c.type)), cat(c.name, " ", c.want));
}

TEST(zone, whatIsNotThereIsForgottenSooner) {
  const Zone zone = makeZone();
  const auto ask = [&](const char* name) {
    return zone.resolve({.name = name, .type = static_cast<uint16_t>(Type::kA), .klass = 1});
  };
  const auto there = ask("web.default.svc.cluster.local");
  const auto missing = ask("web.data.svc.cluster.local");
  ASSERT_TRUE(there && there->answers.size() == 1 && missing && missing->authority.size() == 1);
  EXPECT_EQ(there->answers[0].ttl, 30u);
  EXPECT_EQ(missing->authority[0].ttl, 5u);
  EXPECT_EQ(missing->authority[0].minimum, 5u);
}

TEST(zone, followsChanges) {
  Zone zone = makeZone();
  zone.removeService("default", "web");
  EXPECT_EQ(ask(zone, "web.default.svc.cluster.local", Type::kA), "nxdomain soa");
  EXPECT_EQ(ask(zone, "20.0.96.10.in-addr.arpa", Type::kPtr), "forward");
  zone.removeSlice("data", "db-1");
  EXPECT_EQ(ask(zone, "db.data.svc.cluster.local", Type::kA), "ok soa");
  EXPECT_EQ(ask(zone, "5.0.244.10.in-addr.arpa", Type::kPtr), "forward");
  zone.removeService("data", "db");
  zone.removeService("data", "empty");
  EXPECT_EQ(ask(zone, "data.svc.cluster.local", Type::kA), "nxdomain soa");
}

TEST(zone, newClusterIpReplacesTheOldOne) {
  Zone zone = makeZone();
  const auto changed = doc::parseYamlDocument(
      "{metadata: {name: web, namespace: default}, spec: {clusterIP: 10.96.0.21}}");
  ASSERT_OK(changed);
  zone.setService(*changed);
  EXPECT_EQ(ask(zone, "web.default.svc.cluster.local", Type::kA), "ok 10.96.0.21");
  EXPECT_EQ(ask(zone, "20.0.96.10.in-addr.arpa", Type::kPtr), "forward");
}

}  // namespace
}  // namespace meshka::dns
