// net in a simulated network: split reads, latency, cut connections, lost datagrams, from many
// seeds.
#include "net/client.h"
#include "net/pki.h"
#include "net/resolver.h"
#include "net/server.h"
#include "net/test/handlers.h"
#include "sim/world.h"

namespace meshka::net::test {
namespace {

struct Tally {
  int right = 0, failed = 0, wrong = 0;
};

io::Task<void> post(io::Loop& loop, HttpClient& client, std::string body, Tally& tally) {
  auto r = co_await client.send({.method = "POST", .target = "/echo", .body = body},
                                loop.clock().now() + seconds(60));
  if (!r) {
    ++tally.failed;
    co_return;
  }
  auto got = co_await readAll(*r->body, 64 << 20);
  if (!got) {
    ++tally.failed;
  } else {
    ++(r->status == 200 && *got == body ? tally.right : tally.wrong);
  }
}

// One seed: many bodies both ways; a body that comes whole is the right one, and nothing is left
// behind.
Tally bodies(uint64_t seed, bool tls, bool http2, const sim::LinkFaults& faults) {
  sim::SimWorld s(seed);
  TestHandler handler(s.loop);
  ServerOptions options;
  ClientOptions client_options{.endpoint = {"10.0.0.2", 443}, .server_name = "api"};
  if (tls) {
    const WallTime now = s.loop.clock().wall();
    auto ca = Authority::create("ca", {}, now, now + hours(10), s.rng);
    auto leaf = ca->issueWithNewKey(
        {.sans = {.dns = {"api"}}, .server = true, .not_before = now, .not_after = now + hours(9)},
        s.rng);
    options.tls = *TlsServerConfig::create(
        s.loop, {.certificate_pem = leaf->certificate_pem, .key_pem = leaf->key_pem});
    client_options.tls = *TlsClientConfig::create(s.loop, {.ca_pem = ca->certificatePem()});
  }
  client_options.http2_prior_knowledge = http2;
  client_options.http1_only = !http2;
  Tally tally;
  {
    HttpServer server(s.loop, handler, options);
    EXPECT_OK(server.listen(s.fabric.host("10.0.0.2"), {"10.0.0.2", 443}));
    s.fabric.faults = faults;
    auto client = newHttpClient(s.loop, s.network, client_options);
    io::Group group(s.loop, 20);
    for (int i = 0; i < 20; ++i) {
      const std::string body(s.fault_rng.below(200'000), static_cast<char>('a' + i));
      group.spawn(post(s.loop, *client, body, tally));
    }
    s.loop.advance(minutes(3));
    EXPECT_EQ(group.running(), 0u);
    client.reset();
    s.loop.advance(minutes(5));
    EXPECT_EQ(server.connections(), 0u);
  }
  EXPECT_EQ(handler.running, 0);
  return tally;
}

TEST(NetSim, SplitReadsChangeNothing) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    for (bool tls : {false, true}) {
      for (bool http2 : {false, true}) {
        const Tally t = bodies(
            seed, tls, http2, {.min_latency = millis(1), .max_latency = millis(30), .split = true});
        EXPECT_EQ(t.right, 20);
      }
    }
  }
}

TEST(NetSim, CutsNeverGiveWrongBodies) {
  int failed = 0, right = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    for (bool tls : {false, true}) {
      for (bool http2 : {false, true}) {
        const Tally t = bodies(seed, tls, http2,
                               {.min_latency = millis(1),
                                .max_latency = millis(50),
                                .refuse = 0.05,
                                .cut_on_write = 0.02,
                                .split = true});
        EXPECT_EQ(t.wrong, 0);
        EXPECT_EQ(t.right + t.failed, 20);
        failed += t.failed;
        right += t.right;
      }
    }
  }
  EXPECT_TRUE(failed > 0 && right > 0);  // the faults do something, and not everything
}

// Answers A questions for "web.corp.example" and denies the rest.
class NameServer final : private io::DatagramHandler {
 public:
  explicit NameServer(io::Network& network) {
    auto socket = network.bindDatagram({"10.0.0.53", 53});
    EXPECT_OK(socket);
    socket_ = std::move(*socket);
    socket_->setHandler(this);
  }
  std::vector<std::string> asked;

 private:
  void onDatagram(std::string_view bytes, const io::Endpoint& from) override {
    std::string name;
    size_t at = 12;
    while (at < bytes.size() && bytes[at] != 0) {
      const auto n = static_cast<size_t>(bytes[at]);
      name += cat(name.empty() ? "" : ".", bytes.substr(at + 1, n));
      at += n + 1;
    }
    const int type = bytes[at + 2];
    asked.push_back(cat(name, " ", type));
    const bool known = name == "web.corp.example";
    std::string out(bytes.substr(0, at + 5));
    out[2] = static_cast<char>(0x81);
    out[3] = static_cast<char>(known ? 0x80 : 0x83);
    if (known && type == 1) {
      out[7] = 2;  // answers
      for (char last : {'\7', '\10'}) {
        out += std::string_view("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0", 15);
        out += last;
      }
    }
    // Strangers' answers: another id, another question. Neither counts.
    std::string forged = out;
    forged[0] = static_cast<char>(forged[0] ^ 1);
    socket_->send(forged, from);
    forged = out;
    forged[14] = 'x';
    socket_->send(forged, from);
    socket_->send(out, from);
  }
  std::unique_ptr<io::DatagramSocket> socket_;
};

std::string lookup(sim::SimWorld& s, Resolver& resolver, std::string name) {
  auto out = s.loop.tryRun(resolver.resolve(std::move(name), s.in(seconds(60))));
  if (!out) return "!does not end";
  return *out ? join(**out, ",") : cat("!", out->error().message());
}

TEST(NetSim, Resolver) {
  sim::SimWorld s(1);
  NameServer server(s.fabric.host("10.0.0.53"));
  const auto put = [&](std::string path, std::string text) {
    s.loop.tryRun(s.disk.writeFileAtomic(std::move(path), std::move(text)));
  };
  s.loop.tryRun(s.disk.makeDirectories("/etc"));
  put("/etc/hosts", "127.0.0.1 localhost\n10.1.1.1 db db.local # comment\nfd00::1 db\n");
  put("/etc/resolv.conf",
      "# x\nnameserver 10.0.0.53\nsearch corp.example other.example\noptions ndots:2\n");
  auto resolver = newSystemResolver(s.world());
  EXPECT_EQ(lookup(s, *resolver, "DB"), "10.1.1.1,fd00::1");
  EXPECT_TRUE(server.asked.empty());
  EXPECT_EQ(lookup(s, *resolver, "web"), "10.0.0.7,10.0.0.8");
  EXPECT_EQ(join(server.asked, ";"), "web.corp.example 1;web.corp.example 28");
  EXPECT_EQ(lookup(s, *resolver, "web.corp.example"), "10.0.0.7,10.0.0.8");
  EXPECT_EQ(lookup(s, *resolver, "web."), "!lookup web.: no such host");
  EXPECT_EQ(lookup(s, *resolver, "none"), "!lookup none: no such host");
  EXPECT_EQ(lookup(s, *resolver, std::string(300, 'a')).substr(0, 7), "!lookup");
  s.fabric.faults.lose_datagrams = 0.3;
  int found = 0;
  for (int i = 0; i < 20; ++i) found += lookup(s, *resolver, "web") == "10.0.0.7,10.0.0.8" ? 1 : 0;
  EXPECT_TRUE(found > 5);
  s.fabric.faults.lose_datagrams = 1;
  EXPECT_CONTAINS(lookup(s, *resolver, "web"), "no name server answers");
}

}  // namespace
}  // namespace meshka::net::test
