// Endpoints and slices of a service, by tables.
#include "base/strings.h"
#include "base/test/test.h"
#include "control/network/endpoints.h"
#include "doc/json.h"

namespace meshka::control {
namespace {

doc::Doc json(std::string_view text) {
  auto parsed = doc::parseJson(text);
  if (!parsed) test::report(__FILE__, __LINE__, parsed.error().message());
  return parsed ? *parsed : doc::Doc();
}

doc::Doc service(std::string_view spec) {
  return json(cat(R"({"metadata":{"name":"web","namespace":"ns"},"spec":)", spec, "}"));
}

struct PodShape {
  const char* name;
  const char* ip;
  bool ready = true;
  const char* phase = "Running";
  bool leaving = false;
  const char* ports = R"([{"name":"http","containerPort":8080}])";
  const char* spec = "";  // more fields of it
};
doc::Doc pod(const PodShape& p) {
  return json(cat(R"({"metadata":{"name":")", p.name, R"(","namespace":"ns","uid":"u-)", p.name,
                  "\"", p.leaving ? R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")" : "",
                  R"(},"spec":{"nodeName":"n1")", p.spec, R"(,"containers":[{"name":"c","ports":)",
                  p.ports, R"(}]},"status":{"phase":")", p.phase, R"(","podIP":")", p.ip,
                  R"(","conditions":[{"type":"Ready","status":")", p.ready ? "True" : "False",
                  R"("}]}})"));
}

// "ready a b | waiting c : 8080"
std::string subsets(const doc::Doc& of, const std::vector<doc::Doc>& pods) {
  const doc::Doc all = endpointSubsets(of, pods);
  std::string out;
  for (const doc::Value subset : all.value().elements()) {
    for (const doc::Value a : subset["addresses"].elements()) {
      out += cat(a["ip"].text(), a["hostname"].exists() ? cat("(", a["hostname"].text(), ")") : "",
                 " ");
    }
    out += "| ";
    for (const doc::Value a : subset["notReadyAddresses"].elements())
      out += cat(a["ip"].text(), " ");
    for (const doc::Value p : subset["ports"].elements()) {
      out += cat(":", p["name"].text(), "/", p["port"].integer(), "/", p["protocol"].text(), " ");
    }
    out += ";";
  }
  return out;
}

// "ip rst" with r, s, t for ready, serving, terminating.
std::string slices(const doc::Doc& of, const std::vector<doc::Doc>& pods) {
  std::string out;
  for (const doc::Doc& slice : endpointSlices(of, pods)) {
    for (const doc::Value e : slice["endpoints"].elements()) {
      const doc::Value c = e["conditions"];
      out += cat(e["addresses"][size_t{0}].text(), " ", c["ready"].boolean() ? "r" : "-",
                 c["serving"].boolean() ? "s" : "-", c["terminating"].boolean() ? "t" : "-", " ");
    }
    out += ";";
  }
  return out;
}

const char* kWeb = R"({"ports":[{"name":"http","port":80,"targetPort":"http"}]})";

}  // namespace

TEST(Endpoints, readyAndWaitingPods) {
  EXPECT_EQ(subsets(service(kWeb), {pod({"a", "10.0.0.1"}), pod({"b", "10.0.0.2", false})}),
            "10.0.0.1 | 10.0.0.2 :http/8080/TCP ;");
  EXPECT_EQ(
      subsets(service(R"({"publishNotReadyAddresses":true,"ports":[{"port":80,"targetPort":81}]})"),
              {pod({"b", "10.0.0.2", false})}),
      "10.0.0.2 | :/81/TCP ;");
}

TEST(Endpoints, leavesOutWhatCannotServe) {
  EXPECT_EQ(subsets(service(kWeb), {pod({"a", ""}), pod({"b", "10.0.0.2", true, "Succeeded"}),
                                    pod({"c", "10.0.0.3", false, "Failed"}),
                                    pod({"d", "10.0.0.4", true, "Running", true}),
                                    pod({"e", "10.0.0.5", true, "Running", false, "[]"})}),
            "");
}

TEST(Endpoints, aPortThatIsNamedIsEachPodsOwn) {
  EXPECT_EQ(subsets(service(kWeb),
                    {pod({"a", "10.0.0.1"}), pod({"b", "10.0.0.2", true, "Running", false,
                                                  R"([{"name":"http","containerPort":9090}])"})}),
            "10.0.0.1 | :http/8080/TCP ;10.0.0.2 | :http/9090/TCP ;");
}

TEST(Endpoints, headlessServicesNeedNoPortsAndGiveHostNames) {
  PodShape named{"a", "10.0.0.1"};
  named.spec = R"(,"hostname":"db-0","subdomain":"web")";
  PodShape other{"b", "10.0.0.2"};
  other.spec = R"(,"hostname":"db-1","subdomain":"elsewhere")";
  EXPECT_EQ(subsets(service(R"({"clusterIP":"None"})"), {pod(named), pod(other)}),
            "10.0.0.1(db-0) 10.0.0.2 | ;");
}

TEST(EndpointSlices, conditionsOfPodsThatLeave) {
  EXPECT_EQ(slices(service(kWeb), {pod({"a", "10.0.0.1"}), pod({"b", "10.0.0.2", false}),
                                   pod({"c", "10.0.0.3", true, "Running", true}),
                                   pod({"d", "10.0.0.4", false, "Running", true})}),
            "10.0.0.1 rs- 10.0.0.2 --- 10.0.0.3 -st 10.0.0.4 --t ;");
  EXPECT_EQ(
      slices(
          service(R"({"publishNotReadyAddresses":true,"ports":[{"port":80,"targetPort":"http"}]})"),
          {pod({"b", "10.0.0.2", false}), pod({"d", "10.0.0.4", true, "Running", true})}),
      "10.0.0.2 r-- 10.0.0.4 rst ;");
}

TEST(EndpointSlices, haveAtMostAHundredEndpoints) {
  std::vector<doc::Doc> pods;
  std::vector<std::string> ips;
  for (int i = 0; i < 250; ++i) ips.push_back(cat("10.0.", i / 100, ".", i % 100));
  for (const std::string& ip : ips) pods.push_back(pod({ip.c_str(), ip.c_str()}));
  const std::vector<doc::Doc> out = endpointSlices(service(kWeb), pods);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[0]["endpoints"].size(), 100u);
  EXPECT_EQ(out[2]["endpoints"].size(), 50u);
  EXPECT_EQ(out[2]["ports"][size_t{0}]["port"].integer(), 8080);
}

TEST(EndpointSlices, mirrorHandMadeEndpoints) {
  const doc::Doc endpoints = json(
      R"({"subsets":[{"addresses":[{"ip":"1.1.1.1","hostname":"h"}],"notReadyAddresses":[{"ip":"1.1.1.2"}],
          "ports":[{"name":"x","port":5432,"protocol":"TCP"}]}]})");
  const std::vector<doc::Doc> out = mirroredSlices(endpoints);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0]["endpoints"][size_t{0}]["hostname"].text(), "h");
  EXPECT_TRUE(out[0]["endpoints"][size_t{0}]["conditions"]["ready"].boolean());
  EXPECT_FALSE(out[0]["endpoints"][size_t{1}]["conditions"]["ready"].boolean(true));
  EXPECT_EQ(out[0]["ports"][size_t{0}]["port"].integer(), 5432);
}

TEST(EndpointSlices, mirrorEverythingOfALargeSubset) {
  doc::Draft addresses = doc::Draft::array();
  for (int i = 0; i < 150; ++i)
    addresses.push(doc::Draft::object({{"ip", cat("1.1.", i / 100, ".", i % 100)}}));
  doc::Draft endpoints = doc::Draft::object();
  endpoints["subsets"] =
      doc::Draft::array({doc::Draft::object({{"addresses", std::move(addresses)}})});
  size_t mirrored = 0;
  for (const doc::Doc& slice : mirroredSlices(endpoints.finish())) {
    EXPECT_TRUE(slice["endpoints"].size() <= 100);
    mirrored += slice["endpoints"].size();
  }
  EXPECT_EQ(mirrored, 150u);
}

}  // namespace meshka::control
