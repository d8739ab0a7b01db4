// The server over simulated UDP and TCP, with upstreams that answer, lie or stay silent.
#include "dns/server.h"

#include <memory>

#include "base/test/test.h"
#include "dns/limits.h"
#include "dns/zone.h"
#include "doc/yaml.h"
#include "io/stream_tasks.h"
#include "sim/world.h"

namespace meshka::dns {
namespace {

struct Upstream final : io::DatagramHandler {
  Upstream(io::Network& network, std::string host) {
    socket = std::move(*network.bindDatagram({.host = std::move(host), .port = 53}));
    socket->setHandler(this);
  }
  void onDatagram(std::string_view bytes, const io::Endpoint& from) override {
    ++asked;
    const auto q = parseQuery(bytes);
    if (!q || silent) return;
    Answer a;
    a.recursion_available = true;
    a.answers.push_back({.name = q->question.name,
                         .type = Type::kA,
                         .ttl = 60,
                         .address = std::string("\x05\x06\x07\x08")});
    std::string answer = writeAnswer(*q, a, 512);
    if (wrong_id) answer[0] = static_cast<char>(answer[0] + 1);
    socket->send(answer, from);
  }
  std::unique_ptr<io::DatagramSocket> socket;
  int asked = 0;
  bool silent = false, wrong_id = false;
};

struct Client final : io::DatagramHandler {
  Client(sim::SimWorld& w, io::Network& network) : world(w) {
    socket = std::move(*network.bindDatagram({.host = "0.0.0.0"}));
    socket->setHandler(this);
  }
  void onDatagram(std::string_view bytes, const io::Endpoint&) override { last = bytes; }
  // "0 10.96.0.20" (rcode and addresses), "timeout", "tc" when truncated.
  std::string ask(const std::string& name, Type type = Type::kA, Duration patience = seconds(10)) {
    last.clear();
    socket->send(
        writeQuery(77, {.name = name, .type = static_cast<uint16_t>(type), .klass = 1}, true),
        {.host = "10.0.0.1", .port = 53});
    world.loop.runUntil([&] { return !last.empty(); }, patience);
    return show(last);
  }
  static std::string show(const std::string& bytes) {
    if (bytes.empty()) return "timeout";
    const auto r = parseResponse(bytes);
    if (!r) return "broken";
    if (r->truncated) return "tc";
    std::string out = cat(static_cast<int>(r->rcode));
    for (const Record& record : r->answers)
      out += cat(" ", record.address.empty() ? record.target : addressText(record.address));
    return out;
  }
  sim::SimWorld& world;
  std::unique_ptr<io::DatagramSocket> socket;
  std::string last;
};

struct Fixture {
  explicit Fixture(std::vector<io::Endpoint> upstreams = {})
      : world(11), zone("cluster.local"), client_network(world.fabric.host("10.0.0.2")) {
    zone.setService(*doc::parseYamlDocument(
        "{metadata: {name: web, namespace: a}, spec: {clusterIP: 10.96.0.20}}"));
    zone.setService(
        *doc::parseYamlDocument("{metadata: {name: out, namespace: a}, spec: {type: ExternalName, "
                                "externalName: far.example}}"));
    doc::Draft slice = doc::Draft::object();
    slice["metadata"] = *doc::parseYamlDocument(
        "{name: s, namespace: a, labels: {kubernetes.io/service-name: many}}");
    for (int i = 1; i <= 100; ++i) {
      doc::Draft e = doc::Draft::object();
      e["addresses"] = doc::Draft::strings({cat("10.244.0.", i)});
      slice["endpoints"].push(std::move(e));
    }
    zone.setSlice(slice.finish());
    zone.setService(
        *doc::parseYamlDocument("{metadata: {name: many, namespace: a}, spec: {clusterIP: None}}"));
    server = std::make_unique<Server>(world.world(), zone,
                                      ServerConfig{.listen = {{.host = "10.0.0.1", .port = 53}},
                                                   .upstreams = std::move(upstreams)});
    EXPECT_OK(server->start());
    client = std::make_unique<Client>(world, client_network);
  }
  sim::SimWorld world;
  Zone zone;
  sim::SimNetwork& client_network;
  std::unique_ptr<Server> server;
  std::unique_ptr<Client> client;
};

TEST(server, ownNames) {
  Fixture f;
  EXPECT_EQ(f.client->ask("web.a.svc.cluster.local"), "0 10.96.0.20");
  EXPECT_EQ(f.client->ask("none.a.svc.cluster.local"), "3");
  EXPECT_EQ(f.client->ask("out.a.svc.cluster.local"), "0 far.example");
  EXPECT_EQ(f.client->ask("far.example"), "3");  // without upstreams at once
  EXPECT_EQ(f.client->ask("many.a.svc.cluster.local"), "tc");
}

io::Task<std::string> askTcp(io::Loop& loop, io::Network& network, std::string query,
                             size_t times) {
  auto stream =
      co_await network.connect({.host = "10.0.0.1", .port = 53}, loop.clock().now() + seconds(5));
  if (!stream) co_return "refused";
  io::StreamIo io(loop, **stream);
  std::string wire;
  for (size_t i = 0; i < times; ++i) {
    wire.push_back(static_cast<char>(query.size() >> 8));
    wire.push_back(static_cast<char>(query.size()));
    wire += query;
  }
  (void)co_await io.writeAll(wire, loop.clock().now() + seconds(5));
  std::string message;
  for (size_t i = 0; i < times; ++i) {
    char head[2];
    if (!co_await io.readExactly(head, loop.clock().now() + seconds(5))) co_return "cut";
    message.resize(static_cast<size_t>(static_cast<uint8_t>(head[0])) << 8 |
                   static_cast<uint8_t>(head[1]));
    if (!co_await io.readExactly(message, loop.clock().now() + seconds(5))) co_return "cut";
  }
  co_return message;
}

TEST(server, tcpCarriesWhatUdpCannot) {
  Fixture f;
  const std::string query =
      writeQuery(5, {.name = "many.a.svc.cluster.local", .type = 1, .klass = 1}, true);
  const auto r = parseResponse(f.world.loop.run(askTcp(f.world.loop, f.client_network, query, 3)));
  ASSERT_OK(r);
  EXPECT_EQ(r->answers.size(), 100u);
}

TEST(server, idleConnectionsAreClosed) {
  Fixture f;
  auto stream = f.world.loop.run(
      f.client_network.connect({.host = "10.0.0.1", .port = 53}, f.world.in(seconds(1))));
  ASSERT_OK(stream);
  f.world.loop.advance(kConnectionIdle + seconds(1));
  char byte[1];
  EXPECT_TRUE((*stream)->tryRead(byte).state == io::IoState::kEof);
}

TEST(server, forwards) {
  Fixture f({{.host = "10.0.0.3", .port = 53}, {.host = "10.0.0.4", .port = 53}});
  Upstream first(f.world.fabric.host("10.0.0.3"), "10.0.0.3"),
      second(f.world.fabric.host("10.0.0.4"), "10.0.0.4");
  EXPECT_EQ(f.client->ask("far.example"), "0 5.6.7.8");
  EXPECT_EQ(f.client->ask("out.a.svc.cluster.local"),
            "0 far.example 5.6.7.8");  // the alias' end too
  EXPECT_EQ(second.asked, 0);
  first.silent = true;
  EXPECT_EQ(f.client->ask("far.example"), "0 5.6.7.8");  // by the second one
  second.wrong_id = true;
  EXPECT_EQ(f.client->ask("far.example"), "2");
  EXPECT_EQ(f.server->counters().upstream_failures, 1u);
}

TEST(server, oneClientCannotTakeAllForwards) {
  Fixture f({{.host = "10.0.0.3", .port = 53}});
  Upstream up(f.world.fabric.host("10.0.0.3"), "10.0.0.3");
  up.silent = true;
  Client other(f.world, f.world.fabric.host("10.0.0.5"));
  for (size_t i = 0; i < kMaxForwardsPerClient + 10; ++i) {
    f.client->socket->send(
        writeQuery(1, {.name = cat("n", i, ".example"), .type = 1, .klass = 1}, true),
        {.host = "10.0.0.1", .port = 53});
  }
  f.world.loop.advance(millis(100));
  EXPECT_EQ(f.server->counters().refused_by_limit, 10u);
  up.silent = false;
  EXPECT_EQ(other.ask("far.example"), "0 5.6.7.8");
}

TEST(server, garbage) {
  Fixture f;
  for (const std::string& bytes :
       {std::string("x"), std::string(12, '\0'), std::string(600, '\xff')}) {
    f.client->last.clear();
    f.client->socket->send(bytes, {.host = "10.0.0.1", .port = 53});
    f.world.loop.advance(seconds(1));
  }
  EXPECT_EQ(f.server->counters().malformed, 3u);
  EXPECT_EQ(f.client->ask("web.a.svc.cluster.local"), "0 10.96.0.20");
}

}  // namespace
}  // namespace meshka::dns
