// The node agent's edge on a real containerd: the CRI contract, then pods with volumes, probes,
// hooks, a killed process, logs and deletion. Runs inside of the node's namespaces;
// tests/e2e/node_test.py makes them.
//   MESHKA_NODE_SOCKET=... MESHKA_NODE_DIRECTORY=... MESHKA_NODE_PODS=folder node_real [FILTER]
#include <cstdio>
#include <cstdlib>
#include <map>

#include "base/test/test.h"
#include "doc/yaml.h"
#include "io/linux/run.h"
#include "io/linux/world.h"
#include "net/client.h"
#include "net/server.h"
#include "net/websocket.h"
#include "node/cri/cri_contract.h"
#include "node/cri/grpc_cri.h"
#include "node/limits.h"
#include "node/network/conntrack.h"
#include "node/pod/worker.h"
#include "node/streams/pod_streams.h"
#include "node/test/fakes.h"
#include "node/volumes/files.h"
#include "node/volumes/linux_volume_host.h"

namespace meshka::node {
namespace {

using testing::Cluster;
using testing::Events;
using testing::FakeApi;

constexpr const char* kBusybox = "meshka.local/busybox:1.35";
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}
const std::string socket_path = variable("MESHKA_NODE_SOCKET");
const std::string directory = variable("MESHKA_NODE_DIRECTORY");
const std::string pods_folder = variable("MESHKA_NODE_PODS");

struct Node {
  Node() {
    config.node_name = "node-1";
    config.host_ip = "127.0.0.1";
    config.data_dir = directory + "/data";
    config.log_dir = directory + "/logs";
    config.cgroup_root = "/meshka-node-test";
    config.cluster_dns = "10.96.0.10";
    config.cpus = 2;
    config.memory_bytes = 4LL << 30;
  }
  io::Task<void> pump() {
    while (true) {
      auto stream = co_await cri->subscribeExits(kNever);
      if (!stream) co_return;
      while (auto exit = co_await (*stream)->next()) {
        if (worker) worker->containerExited(*exit);
      }
    }
  }
  // Turns of the real loop until it holds.
  bool until(const char* what, Function<bool()> holds, Duration limit = seconds(20)) {
    io::Timer timer(real.loop, [] {});
    const Instant end = real.loop.clock().now() + limit;
    timer.armAt(end);
    while (!holds() && real.loop.clock().now() < end) real.loop.turn(true);
    if (holds()) return true;
    std::printf("state: %s\n%s", api.state().c_str(), doc::toYaml(api.status).c_str());
    for (const std::string& line : events.lines) std::printf("event: %s\n", line.c_str());
    return test::expectTrue(false, what, __FILE__, __LINE__);
  }
  void run(const std::string& file) {
    auto pod = doc::parseYamlDocument(test::readFileOrDie(pods_folder + "/" + file));
    EXPECT_OK(pod);
    object = *pod;
    exits.start();
    finished = false;
    worker = std::make_unique<PodWorker>(context, object, [this] { finished = true; });
  }
  void remove() {
    doc::Draft d(object);
    d["status"] = api.status;
    d["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    d["metadata"]["deletionGracePeriodSeconds"] = 1;
    worker->setPod(d.finish());
  }

  io::LinuxWorld real;
  NodeConfig config;
  std::unique_ptr<cri::CriClient> cri = cri::newGrpcCri(real.world(), socket_path);
  std::unique_ptr<VolumeHost> volumes = newLinuxVolumeHost(real.runtime);
  FakeApi api{real.loop};
  Events events;
  Cluster cluster;
  Gate starts{real.loop, kMaxPodStarts};
  NodeContext context{real.world(), config, *cri, *volumes, api, events, cluster, starts};
  doc::Doc object;
  bool finished = false;
  std::unique_ptr<PodWorker> worker;
  io::Running exits{pump()};
};

TEST(real, criContract) {
  Node n;
  EXPECT_OK(files::makeDirectories(directory + "/contract/a"));
  EXPECT_OK(files::makeDirectories(directory + "/contract/b"));
  io::runUntilDone(n.real.loop, cri::criContract({.loop = n.real.loop,
                                                  .cri = *n.cri,
                                                  .lasting_image = kBusybox,
                                                  .lasting = {"/bin/sleep", "1000"},
                                                  .failing_image = kBusybox,
                                                  .failing = {"/bin/sh", "-c", "exit 3"},
                                                  .log_directory = directory + "/contract"}));
}

TEST(real, podFromStartToEnd) {
  Node n;
  n.cluster.config_maps["settings"] = *doc::parseYamlDocument("{data: {color: blue, size: '7'}}");
  n.cluster.secrets["key"] = *doc::parseYamlDocument("{data: {password: c2VzYW1l}}");
  n.run("busybox.yaml");
  if (!n.until("the pod is ready", [&] {
        return n.api.state() ==
               "Running setup=terminated:Completed,ready web=running:-,ready "
               "helper=running:-,ready";
      }))
    return;
  EXPECT_TRUE(n.api.status["podIP"].text().starts_with("10.244."));
  // The program wrote down what it saw.
  const std::string seen =
      files::readTail(directory + "/data/pods/u-busybox/volumes/emptyDir/out/seen", 10000);
  for (const char* line : {"uid 1234 2345", "groups 3456", "env blue web-0 500 sesame", "config 7",
                           "mode 400", "token token-x-1", "shm tmpfs", "sub from-init",
                           "root read-only", "hosts web-0 alias.example", "nnp 1", "seccomp 2",
                           "name web-0", "dns nameserver 10.96.0.10"}) {
    EXPECT_CONTAINS(seen, line);
  }
  // A changed ConfigMap arrives without a restart.
  n.cluster.config_maps["settings"] = *doc::parseYamlDocument("{data: {color: red, size: '8'}}");
  n.worker->objectsChanged();
  n.until("the new value arrives", [&] {
    return files::readTail(
               directory + "/data/pods/u-busybox/volumes/configMap/settings/..data/size", 10) ==
           "8";
  });
  // Killed from outside: one restart, and the log of both instances is there.
  const auto* web = n.worker->machine().current("web");
  EXPECT_TRUE(web != nullptr);
  io::ProcessSpec kill;
  kill.program = "/bin/sh";
  kill.args = {"-c",
               "for p in /proc/[0-9]*; do if grep -q the-web-program $p/cmdline 2>/dev/null && "
               "grep -q '^NSpid:.*\\s1$' $p/status; then kill -9 ${p#/proc/}; fi; done"};
  EXPECT_OK(io::runUntilDone(
      n.real.loop, n.real.runtime.run(std::move(kill), n.real.loop.clock().now() + seconds(10))));
  n.until("one restart", [&] {
    return n.api.state() ==
           "Running setup=terminated:Completed,ready web=running:-,ready,1 helper=running:-,ready";
  });
  EXPECT_EQ(
      n.api.status["containerStatuses"][size_t{0}]["lastState"]["terminated"]["exitCode"].integer(),
      137);
  n.remove();
  n.until("the pod is gone", [&] { return n.finished && n.api.forgotten; });
  EXPECT_EQ(files::readTail(directory + "/data/pods/u-busybox/etc-hosts", 10), "");
  auto left = io::runUntilDone(
      n.real.loop, n.cri->listContainers("u-busybox", n.real.loop.clock().now() + seconds(5)));
  EXPECT_TRUE(left && left->empty());
}

// A UDP client keeps its endpoint in the kernel's connection table until that is told to forget.
TEST(real, udpFlowsAreForgotten) {
  Node n;
  const auto sh = [&](const std::string& script) {
    io::ProcessSpec spec;
    spec.program = "/bin/sh";
    spec.args = {"-c", script};
    auto r = io::runUntilDone(
        n.real.loop, n.real.runtime.run(std::move(spec), n.real.loop.clock().now() + seconds(10)));
    EXPECT_OK(r);
    EXPECT_EQ(r ? r->err : std::string(), "");
  };
  sh("ip route replace 10.96.0.0/16 dev lo && ip route replace 192.0.2.0/24 dev lo && "
     "nft 'table ip t { chain o { type nat hook output priority -100; ip daddr 10.96.0.77 udp "
     "dport 53 dnat to 192.0.2.9:53; }; }'");
  auto socket = n.real.network.bindDatagram({.host = "0.0.0.0"});
  ASSERT_OK(socket);
  (*socket)->send("x", {.host = "10.96.0.77", .port = 53});
  const auto forget = [&](UdpFlow flow) {
    const auto r = forgetUdpFlows({std::move(flow)});
    return r ? static_cast<int64_t>(*r) : int64_t{-1};
  };
  EXPECT_EQ(forget({"10.96.0.77", 54, ""}), 0);
  EXPECT_EQ(forget({"10.96.0.77", 53, "192.0.2.8"}), 0);
  EXPECT_EQ(forget({"10.96.0.77", 53, "192.0.2.9"}), 1);
  EXPECT_EQ(forget({"10.96.0.77", 53, "192.0.2.9"}), 0);
  (*socket)->send("x", {.host = "10.96.0.77", .port = 53});
  EXPECT_EQ(forget({"10.96.0.77", 53, ""}), 1);
}

// As the API server hands a request on: logs and exec by WebSocket over a real connection.
struct Server final : net::Handler {
  Server(Node& n, doc::Doc p)
      : streams(n.real.world(), *n.cri), pod(std::move(p)), http(n.real.loop, *this) {
    auto at = http.listen(n.real.network, {.host = "127.0.0.1"});
    EXPECT_OK(at);
    net::ClientOptions options;
    options.endpoint = *at;
    options.http1_only = true;
    client = net::newHttpClient(n.real.loop, n.real.network, std::move(options));
  }
  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override {
    co_await streams.serve(request.path.substr(1), pod, request, response);
  }
  PodStreams streams;
  doc::Doc pod;
  net::HttpServer http;
  std::unique_ptr<net::HttpClient> client;
};

io::Task<std::string> execWith(Node& n, Server& server, std::string target, std::string protocol,
                               std::string input) {
  const Instant deadline = n.real.loop.clock().now() + seconds(10);
  auto opened = co_await net::connectWebSocket(n.real.loop, n.real.rng, *server.client, target, {},
                                               {protocol}, deadline);
  if (!opened) co_return cat("error: ", opened.error().message());
  if (!input.empty()) {
    (void)co_await opened->socket->write(net::WebSocketMessage::Type::kBinary,
                                         std::string(1, '\0') + input);
  }
  std::string out = opened->protocol;
  while (true) {
    auto m = co_await io::withDeadline(n.real.loop, deadline, opened->socket->read(), "exec");
    if (!m || m->type == net::WebSocketMessage::Type::kClose) break;
    if (m->payload.size() > 1)
      out += cat(" ", static_cast<int>(m->payload[0]), ":", m->payload.substr(1));
  }
  co_return out;
}

io::Task<std::string> fetch(Server& server, std::string target) {
  auto r = co_await server.client->send({.method = "GET", .target = std::move(target)}, kNever);
  if (!r) co_return r.error().message();
  auto body = co_await net::readAll(*r->body, 1 << 20);
  co_return body ? *body : body.error().message();
}

TEST(real, logsAndExec) {
  Node n;
  n.cluster.config_maps["settings"] = *doc::parseYamlDocument("{data: {color: blue, size: '7'}}");
  n.cluster.secrets["key"] = *doc::parseYamlDocument("{data: {password: c2VzYW1l}}");
  n.run("busybox.yaml");
  if (!n.until("the pod is ready",
               [&] { return n.api.state().ends_with("helper=running:-,ready"); }))
    return;
  Server server(n, n.object);
  EXPECT_EQ(io::runUntilDone(n.real.loop, fetch(server, "/log?container=web")), "started\n");
  const auto exec = [&](const std::string& query, const std::string& protocol,
                        const std::string& input = "") {
    return io::runUntilDone(
        n.real.loop, execWith(n, server, "/exec?container=helper&" + query, protocol, input));
  };
  EXPECT_EQ(exec("command=echo&command=hi&stdout=true", "v4.channel.k8s.io"),
            "v4.channel.k8s.io 1:hi\n 3:{\"metadata\":{},\"status\":\"Success\"}");
  EXPECT_CONTAINS(exec("command=sh&command=-c&command=echo+no+>%262;exit+7&stdout=true&stderr=true",
                       "v5.channel.k8s.io"),
                  "\"reason\":\"ExitCode\",\"message\":\"7\"");
  EXPECT_CONTAINS(
      exec("command=head&command=-n1&stdin=true&stdout=true", "v4.channel.k8s.io", "typed\n"),
      "1:typed\n");
  EXPECT_CONTAINS(exec("command=cat&stdin=true&stdout=true", "v5.channel.k8s.io"),
                  "error: ");  // SPDY can, v4 cannot
  EXPECT_CONTAINS(exec("command=not-there&stdout=true", "v4.channel.k8s.io"), "not-there");
  n.remove();
  n.until("the pod is gone", [&] { return n.finished; });
}

TEST(real, envoyWithHttpProbe) {
  Node n;
  n.cluster.config_maps["envoy"] =
      *doc::parseYamlDocument(test::readFileOrDie(pods_folder + "/envoy-config.yaml"));
  n.run("envoy.yaml");
  n.until(
      "Envoy is ready", [&] { return n.api.state() == "Running envoy=running:-,ready"; },
      seconds(30));
  n.remove();
  n.until("the pod is gone", [&] { return n.finished; });
}

}  // namespace
}  // namespace meshka::node
