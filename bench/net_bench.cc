// CPU per request of net, client and server together in one process over loopback, 2 KiB answers,
// and the memory of idle TLS connections. The peer is the same handler without a wire
// (net/in_process.h): the ratio is what the wire costs.
#include <sys/resource.h>

#include <cstdio>
#include <vector>

#include "base/strings.h"
#include "io/async.h"
#include "io/linux/world.h"
#include "net/client.h"
#include "net/grpc.h"
#include "net/in_process.h"
#include "net/pki.h"
#include "net/server.h"

namespace meshka {
namespace {

class Answer final : public net::Handler {
 public:
  io::Task<void> serve(net::ServerRequest&, net::ResponseWriter& response) override {
    net::respond(response, 200, "application/json", body_);
    co_return;
  }

 private:
  const std::string body_ = std::string(2048, 'x');
};

class Echo final : public net::GrpcService {
 public:
  io::Task<Result<void>> serve(net::GrpcServerCall& call) override {
    MESHKA_CO_TRY(auto m, co_await call.read());
    co_return co_await call.write(m ? std::move(*m) : std::string());
  }
};

double cpuSeconds() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto s = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return s(u.ru_utime) + s(u.ru_stime);
}
long residentKb() {
  long pages = 0, resident = 0;
  if (FILE* f = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(f, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(f);
  }
  return resident * 4;
}

io::Task<void> requests(net::HttpClient& client, int n, int& failed) {
  for (int i = 0; i < n; ++i) {
    auto r = co_await client.send({.target = "/x"}, kNever);
    if (!r || !co_await net::readAll(*r->body, 1 << 20)) ++failed;
  }
}
io::Task<void> calls(net::GrpcChannel& channel, int n, int& failed) {
  const std::string message(2048, 'x');
  for (int i = 0; i < n; ++i) {
    if (!co_await channel.unary("/a.B/C", message, kNever)) ++failed;
  }
}
io::Task<void> hold(net::HttpClient& client, std::vector<std::unique_ptr<net::BodyReader>>& kept) {
  auto r = co_await client.send({.target = "/x"}, kNever);
  if (r) kept.push_back(std::move(r->body));
}
io::Task<void> stopAfter(io::Group& group, io::LinuxLoop& loop) {
  co_await group.drain();
  loop.stop();
}

constexpr int kWorkers = 32, kEach = 1500, kIdle = 500;

struct Bench {
  double run(const char* name, auto start) {
    io::Group group(linux_world.loop, kWorkers + 1);
    int failed = 0;
    for (int i = 0; i < kWorkers; ++i) group.spawn(start(failed));
    io::Group stopper(linux_world.loop, 1);
    stopper.spawn(stopAfter(group, linux_world.loop));
    const double before = cpuSeconds();
    linux_world.loop.run();
    const double us = (cpuSeconds() - before) * 1e6 / (kWorkers * kEach);
    if (base == 0) base = us;
    std::printf("%-28s %7.1f us of CPU per request   %5.1f x in process%s\n", name, us, us / base,
                failed != 0 ? "   FAILURES" : "");
    return us;
  }
  io::LinuxWorld linux_world;
  double base = 0;
};

int run() {
  Bench b;
  const io::World world = b.linux_world.world();
  Answer answer;
  Echo echo;
  const WallTime now = world.clock().wall();
  auto ca = net::Authority::create("bench", {}, now, now + hours(1), world.rng);
  auto leaf = ca->issueWithNewKey({.common_name = "s",
                                   .sans = {.ips = {"127.0.0.1"}},
                                   .server = true,
                                   .not_before = now,
                                   .not_after = now + hours(1)},
                                  world.rng);
  auto tls = net::TlsServerConfig::create(
      world.loop, {.certificate_pem = leaf->certificate_pem, .key_pem = leaf->key_pem});
  auto trust = net::TlsClientConfig::create(world.loop, {.ca_pem = ca->certificatePem()});
  auto grpc = net::newGrpcHandler(world.loop, echo, &answer);
  net::HttpServer clear(world.loop, *grpc), secure(world.loop, *grpc, {.tls = *tls});
  const auto a = clear.listen(world.network, {"127.0.0.1", 0}),
             s = secure.listen(world.network, {"127.0.0.1", 0});
  if (!a || !s) return 1;

  const auto http = [&](const char* name, std::unique_ptr<net::HttpClient> client) {
    b.run(name, [&](int& failed) { return requests(*client, kEach, failed); });
  };
  const auto make = [&](net::ClientOptions o) {
    return net::newHttpClient(world.loop, world.network, std::move(o));
  };
  net::ClientLimits pool;
  pool.max_idle_connections = kWorkers;
  http("in process", net::newInProcessClient(world.loop, answer));
  http("HTTP/1.1", make({.endpoint = *a, .limits = pool}));
  http("HTTP/2", make({.endpoint = *a, .http2_prior_knowledge = true}));
  http("HTTP/1.1 over TLS",
       make({.endpoint = *s, .tls = *trust, .http1_only = true, .limits = pool}));
  http("HTTP/2 over TLS", make({.endpoint = *s, .tls = *trust}));
  auto channel = net::newGrpcChannel(world.loop, world.network, {.endpoint = *a});
  b.run("gRPC unary, 2 KiB each way", [&](int& failed) { return calls(*channel, kEach, failed); });

  std::vector<std::unique_ptr<net::HttpClient>> clients;
  std::vector<std::unique_ptr<net::BodyReader>> kept;
  const long before = residentKb();
  io::Group group(world.loop, kIdle);
  for (int i = 0; i < kIdle; ++i) {
    clients.push_back(make({.endpoint = *s, .tls = *trust}));
    group.spawn(hold(*clients.back(), kept));
  }
  io::Group stopper(world.loop, 1);
  stopper.spawn(stopAfter(group, b.linux_world.loop));
  b.linux_world.loop.run();
  std::printf("%-28s %7.1f KB, both ends\n", "idle HTTP/2 over TLS",
              static_cast<double>(residentKb() - before) / kIdle);
  return 0;
}

}  // namespace
}  // namespace meshka

int main() {
  return meshka::run();
}
