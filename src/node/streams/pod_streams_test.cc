// Logs, and the refusals of exec, through an in-process HTTP client. Exec itself needs the
// runtime's streaming server: test/real_main.cc.
#include "node/streams/pod_streams.h"

#include <cstdio>
#include <cstdlib>

#include "base/test/test.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "net/in_process.h"
#include "node/cri/fake_cri.h"
#include "node/volumes/files.h"
#include "sim/world.h"

namespace meshka::node {
namespace {

struct Streams final : net::Handler {
  explicit Streams(PodStreams& s) : streams(s) {}
  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override {
    co_await streams.serve(request.path.substr(1), pod, request, response);
  }
  PodStreams& streams;
  doc::Doc pod;
};

struct Fixture {
  Fixture() : world(1), cri(world.loop), streams(world.world(), cri), handler(streams) {
    char name[] = "/tmp/meshka-logs-XXXXXX";
    folder = mkdtemp(name);
    cri.addImage("app");
    handler.pod = *doc::parseYamlDocument(
        "{metadata: {name: web-0, uid: u1}, spec: {containers: [{name: web}, {name: side}]},"
        " status: {containerStatuses: [{name: side, state: {waiting: {reason: "
        "CrashLoopBackOff}}}]}}");
    cri::SandboxConfig sandbox;
    sandbox.name = "web-0";
    sandbox.uid = "u1";
    sandbox.log_directory = folder;
    const std::string id = *world.loop.run(cri.runSandbox(sandbox, "", kNever));
    for (uint32_t attempt = 0; attempt < 2; ++attempt) {
      cri::ContainerConfig c;
      c.name = "web";
      c.attempt = attempt;
      c.image = "app";
      c.labels[std::string(cri::kPodUidLabel)] = "u1";
      c.log_path = cat("web/", attempt, ".log");
      EXPECT_OK(files::writeFile(
          cat(folder, "/", c.log_path),
          cat("2026-01-01T00:00:0", attempt, "Z stdout F try ", attempt, "\n"), 0644));
      const std::string made = *world.loop.run(cri.createContainer(id, c, sandbox, kNever));
      if (attempt == 1) EXPECT_OK(world.loop.run(cri.startContainer(made, kNever)));
    }
    client = net::newInProcessClient(world.loop, handler);
  }
  ~Fixture() { EXPECT_OK(files::removeTree(folder)); }

  io::Task<std::string> fetch(std::string target) {
    auto r = co_await client->send({.method = "GET", .target = std::move(target)}, kNever);
    if (!r) co_return r.error().message();
    auto body = co_await net::readAll(*r->body, 1 << 20);
    if (!body) co_return body.error().message();
    if (r->status == 200) co_return *body;
    const auto status = doc::parseJson(*body);
    co_return cat(r->status, " ", status ? (*status)["message"].text() : std::string_view(*body));
  }
  std::string get(std::string target) { return world.loop.run(fetch(std::move(target))); }

  sim::SimWorld world;
  cri::FakeCri cri;
  PodStreams streams;
  Streams handler;
  std::string folder;
  std::unique_ptr<net::HttpClient> client;
};

TEST(podStreams, logs) {
  Fixture f;
  const struct {
    const char* target;
    const char* want;
  } cases[] = {
      {"/log?container=web", "try 1\n"},
      {"/log?container=web&previous=true", "try 0\n"},
      {"/log?container=web&timestamps=true", "2026-01-01T00:00:01Z try 1\n"},
      {"/log?container=web&limitBytes=3", "try"},
      {"/log?container=web&tailLines=0", ""},
      {"/log?container=web&sinceTime=2027-01-01T00%3A00%3A00Z", ""},
      {"/log", "400 a container name must be specified for pod web-0, choose one of: [web side]"},
      {"/log?container=none", "400 container none is not valid for pod web-0"},
      {"/log?container=side",
       "400 container \"side\" in pod \"web-0\" is waiting to start: CrashLoopBackOff"},
      {"/log?container=side&previous=true",
       "400 previous terminated container \"side\" in pod \"web-0\" not found"},
      {"/exec?container=web&command=ls",
       "400 unable to upgrade: websocket with v4.channel.k8s.io or SPDY/3.1 is needed"},
      {"/portforward", "501 pods/portforward is not supported yet"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(cat(c.target, " -> ", f.get(c.target)), cat(c.target, " -> ", c.want));
}

TEST(podStreams, followsUntilTheContainerEnds) {
  Fixture f;
  std::string out;
  io::Running follow([](Fixture& x, std::string& to) -> io::Task<void> {
    to = co_await x.fetch("/log?container=web&follow=true");
  }(f, out));
  follow.start();
  f.world.loop.advance(seconds(5));
  EXPECT_FALSE(follow.finished());
  FILE* log = fopen(cat(f.folder, "/web/1.log").c_str(), "a");
  fputs("2026-01-01T00:00:09Z stdout F more\n", log);
  fclose(log);
  f.world.loop.advance(seconds(1));
  f.cri.kill("web");
  f.world.loop.advance(seconds(2));
  EXPECT_TRUE(follow.finished());
  EXPECT_EQ(out, "try 1\nmore\n");
}

TEST(podStreams, queries) {
  EXPECT_EQ(join(queryValues("command=sh&command=-c&x=1&command=echo+a%20b", "command"), "|"),
            "sh|-c|echo a b");
  EXPECT_TRUE(queryValues("", "command").empty());
  EXPECT_EQ(queryValues("stdin", "stdin").size(), 1u);
}

}  // namespace
}  // namespace meshka::node
