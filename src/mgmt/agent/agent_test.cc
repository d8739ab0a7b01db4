// What the server is told of objects, and the proxies' telemetry.
#include "mgmt/agent/watched.h"
#include "mgmt/test/plane.h"

using namespace meshka;
using namespace meshka::mgmt;
using namespace meshka::mgmt::test;

namespace {

const LiveKind& kind(std::string_view name) {
  static const std::vector<LiveKind> kinds = watchedKinds();
  for (const LiveKind& k : kinds) {
    if (k.name == name) return k;
  }
  EXPECT_EQ(name, "a watched kind");
  return kinds.front();
}

LiveKind custom(std::string group, std::string plural) {
  LiveKind out{.custom = true};
  out.resource = {std::move(group), "v2", std::move(plural)};
  out.name = resourceName(out.resource);
  return out;
}

}  // namespace

TEST(Watched, AHeartbeatIsNoNews) {
  const Doc pod = json(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"b",
    "resourceVersion":"1","labels":{"app":"a"},"managedFields":[{"manager":"x"}]},
    "spec":{"nodeName":"n","serviceAccountName":"s","containers":[{"name":"c","image":"i",
      "env":[{"name":"PASSWORD","value":"hush"}],"ports":[{"containerPort":80}]}]},
    "status":{"phase":"Running","podIP":"10.0.0.1","conditions":[
      {"type":"Ready","status":"True","lastProbeTime":"1"},{"type":"Initialized","status":"True"}]}})");
  const Doc told = toldObject(kind("pods"), pod);
  EXPECT_EQ(doc::toJson(told),
            R"({"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"app":"a"},"name":"a",)"
            R"("namespace":"b"},"spec":{"containers":[{"image":"i","name":"c",)"
            R"("ports":[{"containerPort":80}]}],"nodeName":"n","serviceAccountName":"s"},)"
            R"("status":{"conditions":[{"status":"True","type":"Ready"}],"phase":"Running",)"
            R"("podIP":"10.0.0.1"}})");
  doc::Draft later(pod);
  later["metadata"]["resourceVersion"] = "2";
  later["status"]["conditions"].at(0)["lastProbeTime"] = "2";
  EXPECT_TRUE(toldObject(kind("pods"), later.finish()) == told);
}

TEST(Watched, SecretsAreTheirHash) {
  const Doc told = toldSecret(json(R"({"metadata":{"name":"cacerts","namespace":"istio-system",
    "annotations":{"kubectl.kubernetes.io/last-applied-configuration":"hush"}},
    "data":{"ca-key.pem":"aHVzaA=="}})"));
  const std::string text = doc::toJson(told);
  EXPECT_TRUE(text.find("hush") == text.npos && text.find("aHVzaA") == text.npos);
  EXPECT_EQ(told["dataHash"].text().size(), 64u);
  for (const LiveKind& k : watchedKinds()) EXPECT_TRUE(k.resource.name != "secrets");
  EXPECT_FALSE(isWatchedGroup("", "secrets"));
}

TEST(Watched, OursAndCopiesAreNotToldBack) {
  const auto with = [](std::string_view reconciler) {
    return json(cat(R"({"metadata":{"name":"a","labels":{"reconciler.mesh.gloo.solo.io/name":")",
                    reconciler, R"("}},"spec":{},"status":{"state":"X"}})"));
  };
  EXPECT_FALSE(
      toldObject(custom("networking.istio.io", "serviceentries"), with("translator")).exists());
  EXPECT_TRUE(toldObject(custom("networking.istio.io", "serviceentries"),
                         json(R"({"metadata":{"name":"a"},"spec":{}})"))
                  .exists());
  EXPECT_FALSE(toldObject(custom("internal.gloo.solo.io", "meshes"), with("mesh-copy")).exists());
  EXPECT_EQ(
      toldObject(custom("internal.gloo.solo.io", "meshes"), with("discovery"))["status"]["state"]
          .text(),
      "X");
  // The server writes these statuses itself.
  EXPECT_FALSE(toldObject(custom("admin.gloo.solo.io", "workspaces"), with(""))["status"].exists());
}

TEST(Agent, TelemetryIsCountedAndDropped) {
  Plane p;
  Plane::Workload& w = p.addCluster("cluster-1");
  p.startAgent(w);
  const auto line =
      net::newGrpcChannel(p.sim.loop, w.network, {.endpoint = w.agent->grpcEndpoint()});
  const auto open = [&](std::string_view method) {
    auto call = p.sim.loop.run(line->open(std::string(method), kNever));
    EXPECT_OK(call);
    return std::move(*call);
  };
  const auto metrics = open("/envoy.service.metrics.v3.MetricsService/StreamMetrics");
  EXPECT_OK(p.sim.loop.run(metrics->write("0123456789")));
  EXPECT_OK(p.sim.loop.run(metrics->write("01234")));
  const auto logs = open("/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs");
  EXPECT_OK(p.sim.loop.run(logs->write("0")));
  p.pass(seconds(1));
  std::string text = w.agent->metrics();
  EXPECT_CONTAINS(text, "agent_telemetry_streams{kind=\"metrics\"} 1\n");
  EXPECT_CONTAINS(text, "agent_telemetry_messages_dropped_total{kind=\"metrics\"} 2\n");
  EXPECT_CONTAINS(text, "agent_telemetry_bytes_dropped_total{kind=\"metrics\"} 15\n");
  EXPECT_CONTAINS(text, "agent_telemetry_messages_dropped_total{kind=\"access_logs\"} 1\n");
  metrics->closeWrite();
  const auto end = p.sim.loop.run(metrics->read());
  EXPECT_OK(end);
  p.pass(seconds(1));
  EXPECT_CONTAINS(w.agent->metrics(), "agent_telemetry_streams{kind=\"metrics\"} 0\n");
  const auto unknown = open("/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats");
  unknown->closeWrite();
  EXPECT_FALSE(p.sim.loop.run(unknown->read()).has_value());
}
