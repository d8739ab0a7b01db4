// CPU of a probe by HTTPS on a connection of its own, client and server together in one process
// over loopback. The peer is the same request with a TLS configuration made for it alone: the ratio
// is what keeping one configuration with its sessions saves (node/pod/context.h). Clear text for
// scale.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

#include "io/linux/run.h"
#include "io/linux/world.h"
#include "net/client.h"
#include "net/pki.h"
#include "net/server.h"

namespace meshka {
namespace {

constexpr int kProbes = 500, kRounds = 5;

class Healthy final : public net::Handler {
 public:
  io::Task<void> serve(net::ServerRequest&, net::ResponseWriter& response) override {
    net::respond(response, 200, "text/plain", "ok");
    co_return;
  }
};

double cpuMicros() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto micros = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return micros(u.ru_utime) + micros(u.ru_stime);
}

using MakeTls = Function<std::shared_ptr<net::TlsClientConfig>()>;

// CPU of one probe, or less than 0 when one failed.
io::Task<double> measure(io::World world, io::Endpoint to, MakeTls& tls) {
  const double before = cpuMicros();
  for (int i = 0; i < kProbes; ++i) {
    const auto client = net::newHttpClient(world.loop, world.network,
                                           {.endpoint = to, .tls = tls(), .http1_only = true});
    net::ClientRequest request{.target = "/healthz"};
    request.headers.set("Connection", "close");
    const auto response = co_await client->send(std::move(request), kNever);
    if (!response || !co_await net::readAll(*response->body, 1024)) co_return -1;
  }
  co_return (cpuMicros() - before) / kProbes;
}

io::Task<int> run(io::World world) {
  const WallTime now = world.clock().wall();
  const auto ca = net::Authority::create("bench", {}, now, now + hours(1), world.rng);
  const auto leaf = ca->issueWithNewKey({.common_name = "s",
                                         .sans = {.ips = {"127.0.0.1"}},
                                         .server = true,
                                         .not_before = now,
                                         .not_after = now + hours(1)},
                                        world.rng);
  const auto server_tls = net::TlsServerConfig::create(
      world.loop, {.certificate_pem = leaf->certificate_pem, .key_pem = leaf->key_pem});
  Healthy handler;
  net::HttpServer clear(world.loop, handler), secure(world.loop, handler, {.tls = *server_tls});
  const auto at = clear.listen(world.network, {"127.0.0.1", 0});
  const auto tls_at = secure.listen(world.network, {"127.0.0.1", 0});
  if (!at || !tls_at) co_return 1;
  const auto make = [&] {
    return *net::TlsClientConfig::create(world.loop, {.skip_verify = true});
  };
  const auto kept = make();
  MakeTls none = [] { return std::shared_ptr<net::TlsClientConfig>(); };
  MakeTls each = [&] { return make(); };
  MakeTls shared = [&] { return kept; };
  double best[3] = {1e9, 1e9, 1e9};
  for (int round = 0; round < kRounds; ++round) {
    const double now_us[3] = {co_await measure(world, *at, none),
                              co_await measure(world, *tls_at, each),
                              co_await measure(world, *tls_at, shared)};
    for (int i = 0; i < 3; ++i) {
      if (now_us[i] < 0) co_return 1;
      best[i] = std::min(best[i], now_us[i]);
    }
  }
  std::printf("probe in clear text                  %7.1f us of CPU\n", best[0]);
  std::printf("probe, a TLS configuration of its own %6.1f us of CPU\n", best[1]);
  std::printf("probe, the kept TLS configuration    %7.1f us of CPU   %.2f x of its own\n", best[2],
              best[2] / best[1]);
  co_return 0;
}

}  // namespace
}  // namespace meshka

int main() {
  meshka::io::LinuxWorld world;
  return meshka::io::runUntilDone(world.loop, meshka::run(world.world()));
}
