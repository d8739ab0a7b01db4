// The server that real clients speak to (test.py): clear text and TLS on loopback ports that the
// system chooses.
//   net_interop_server DIRECTORY    writes ca.pem, client.pem, client.key there, prints "CLEAR_PORT
//   TLS_PORT"
#include <cstdio>
#include <cstdlib>

#include "base/strings.h"
#include "io/async.h"
#include "io/linux/world.h"
#include "net/pki.h"
#include "net/server.h"
#include "net/websocket.h"

namespace meshka {
namespace {

class InteropHandler final : public net::Handler {
 public:
  InteropHandler(io::Loop& loop, Rng& rng) : loop_(loop), rng_(rng) {}
  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override {
    struct Count {
      int& n;
      ~Count() { --n; }
    } count{++running_};
    if (request.path == "/echo") {
      auto body = co_await net::readAll(*request.body, 64 << 20);
      co_return net::respond(response, body ? 200 : 413, "text/plain", body ? *body : "too large");
    }
    if (request.path == "/big") {
      response.start(200, {});
      const std::string block(10'000, 'b');
      for (int64_t left = parseInt(request.query).value_or(0); left > 0; left -= 10'000) {
        if (auto ok = co_await response.write(block); !ok) co_return;
      }
      co_return;
    }
    if (request.path == "/who") {
      std::string who = request.peer.certificate_rejected ? "rejected" : "nobody";
      if (!request.peer.certificates.empty()) {
        auto c = net::parseCertificateDer(request.peer.certificates[0]);
        if (c) who = c->common_name;
      }
      co_return net::respond(response, 200, "text/plain", who);
    }
    if (request.path == "/version")
      co_return net::respond(response, 200, "text/plain", cat(request.version));
    if (request.path == "/hang") co_return co_await io::sleepFor(loop_, hours(1));
    if (request.path == "/running")
      co_return net::respond(response, 200, "text/plain", cat(running_ - 1));
    if (request.path == "/ws") {
      auto ws = net::acceptWebSocket(loop_, rng_, request, response, {});
      if (!ws) co_return;
      for (;;) {
        auto m = co_await ws->socket->read();
        if (!m || m->type == net::WebSocketMessage::Type::kClose) co_return;
        if (auto ok = co_await ws->socket->write(m->type, m->payload); !ok) co_return;
      }
    }
    net::respond(response, 404, "text/plain", "not here");
  }

 private:
  io::Loop& loop_;
  Rng& rng_;
  int running_ = 0;
};

net::KeyPair leaf(const net::Authority& ca, std::string_view name, bool server, WallTime now,
                  Rng& rng) {
  net::LeafSpec spec{.common_name = std::string(name),
                     .server = server,
                     .client = !server,
                     .not_before = now,
                     .not_after = now + hours(1)};
  if (server) spec.sans = {.dns = {"localhost"}, .ips = {"127.0.0.1"}};
  return *ca.issueWithNewKey(spec, rng);
}

void writeFile(const std::string& path, std::string_view text) {
  FILE* f = std::fopen(path.c_str(), "w");
  if (f == nullptr) std::abort();
  std::fwrite(text.data(), 1, text.size(), f);
  std::fclose(f);
}

int run(const std::string& directory) {
  io::LinuxWorld linux_world;
  const io::World world = linux_world.world();
  const WallTime now = world.clock().wall();
  const auto ca = net::Authority::create("interop", {}, now, now + hours(2), world.rng);
  if (!ca) return 1;
  const net::KeyPair server = leaf(*ca, "server", true, now, world.rng),
                     client = leaf(*ca, "alice", false, now, world.rng);
  writeFile(directory + "/ca.pem", ca->certificatePem());
  writeFile(directory + "/client.pem", client.certificate_pem);
  writeFile(directory + "/client.key", client.key_pem);
  auto tls = net::TlsServerConfig::create(world.loop, {.certificate_pem = server.certificate_pem,
                                                       .key_pem = server.key_pem,
                                                       .client_ca_pem = ca->certificatePem()});
  if (!tls) return 1;
  InteropHandler handler(world.loop, world.rng);
  net::HttpServer clear(world.loop, handler), secure(world.loop, handler, {.tls = *tls});
  const auto a = clear.listen(world.network, {"127.0.0.1", 0});
  const auto b = secure.listen(world.network, {"127.0.0.1", 0});
  if (!a || !b) return 1;
  std::printf("%d %d\n", a->port, b->port);
  std::fflush(stdout);
  linux_world.loop.run();
  return 0;
}

}  // namespace
}  // namespace meshka

int main(int argc, char** argv) {
  return argc == 2 ? meshka::run(argv[1]) : 2;
}
