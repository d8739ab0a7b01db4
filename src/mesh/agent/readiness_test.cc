#include "mesh/agent/readiness.h"

#include "base/test/test.h"
#include "doc/yaml.h"
#include "mesh/agent/app_probe.h"

namespace meshka::mesh::agent {
namespace {

std::string why(std::string_view stats) {
  const auto r = readyByStats(stats);
  return r ? "ready" : r.error().message();
}

TEST(Readiness, NeedsAllFour) {
  const std::string all =
      "cluster_manager.cds.update_success: 2\nlistener_manager.lds.update_success: 1\n"
      "listener_manager.workers_started: 1\nserver.state: 0\n";
  EXPECT_EQ(why(all), "ready");
  EXPECT_EQ(why(""), "no clusters received from the control plane");
  EXPECT_EQ(why("cluster_manager.cds.update_success: 2"),
            "no listeners received from the control plane");
  EXPECT_EQ(why(all + "server.state: 2\n"), "Envoy is not live (state 2)");
  EXPECT_EQ(why(all + "listener_manager.workers_started: 0\n"), "Envoy's workers have not started");
}

TEST(AppProbe, ReadsWhatTheInjectorKept) {
  const doc::Doc probers = *doc::parseYamlDocument(R"(
/app-health/a/readyz: {httpGet: {path: up, port: 8080, scheme: HTTPS, httpHeaders: [{name: Host, value: a.example}]}, timeoutSeconds: 3}
/app-health/a/livez: {tcpSocket: {port: 5}}
/app-health/b/livez: {httpGet: {port: http}}
/app-health/c/livez: {exec: {command: [x]}}
)");
  const auto probe = findAppProbe(probers, "/app-health/a/readyz", "10.0.0.1");
  ASSERT_OK(probe);
  EXPECT_EQ(probe->host, "10.0.0.1");
  EXPECT_EQ(probe->path, "/up");
  EXPECT_TRUE(probe->tls);
  EXPECT_TRUE(probe->timeout == seconds(3));
  ASSERT_EQ(probe->headers.size(), 1u);
  const auto tcp = findAppProbe(probers, "/app-health/a/livez", "10.0.0.1");
  ASSERT_OK(tcp);
  EXPECT_TRUE(tcp->tcp);
  for (const char* bad : {"/app-health/b/livez", "/app-health/c/livez", "/app-health/d/livez"})
    EXPECT_FALSE(findAppProbe(probers, bad, "10.0.0.1").has_value());
}

}  // namespace
}  // namespace meshka::mesh::agent
