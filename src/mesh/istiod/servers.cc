#include "mesh/istiod/servers.h"

#include "base/strings.h"
#include "mesh/istiod/limits.h"

namespace meshka::mesh {

Servers::Servers(io::World& world, const IstiodOptions& options, CaKeeper& ca,
                 net::GrpcService& services, net::Handler& status, net::Handler& webhooks)
    : world_(world),
      options_(options),
      ca_(ca),
      grpc_handler_(net::newGrpcHandler(world.loop, services, &status)),
      status_(status),
      webhooks_(webhooks) {}

void Servers::onSigner() {
  const Signer* signer = ca_.signer();
  if (signer == nullptr) return;
  auto made = signer->serving(servingNames(options_), world_.clock().wall(), world_.rng);
  if (!made) {
    world_.log.error("istiod's own certificate cannot be made",
                     {{"error", made.error().message()}});
    return;
  }
  serving_ = std::move(*made);
  const auto done = reload();
  if (!done) world_.log.error("TLS cannot be set up", {{"error", done.error().message()}});
}

void Servers::onRoots(const std::string& bundle) {
  bundle_ = bundle;
  const auto done = reload();
  if (!done) world_.log.error("TLS cannot be set up", {{"error", done.error().message()}});
}

Result<void> Servers::reload() {
  if (serving_.key_pem.empty() || bundle_.empty()) return {};
  const net::TlsServerOptions grpc{.certificate_pem = serving_.certificate_pem,
                                   .key_pem = serving_.key_pem,
                                   .client_ca_pem = bundle_};
  const net::TlsServerOptions webhooks{.certificate_pem = serving_.certificate_pem,
                                       .key_pem = serving_.key_pem};
  if (grpc_tls_ == nullptr) {
    MESHKA_TRY(grpc_tls_, net::TlsServerConfig::create(world_.loop, grpc));
    MESHKA_TRY(webhook_tls_, net::TlsServerConfig::create(world_.loop, webhooks));
    return {};
  }
  MESHKA_CHECK(grpc_tls_->reload(grpc));
  return webhook_tls_->reload(webhooks);
}

Result<Istiod::Addresses> Servers::listen() {
  if (grpc_tls_ == nullptr) return fail(Code::kInternal, "no certificate to serve with");
  const auto make = [this](net::Handler& handler, std::shared_ptr<net::TlsServerConfig> tls) {
    return std::make_unique<net::HttpServer>(
        world_.loop, handler, net::ServerOptions{.tls = std::move(tls), .log = &world_.log});
  };
  http_server_ = make(status_, nullptr);
  monitoring_server_ = make(status_, nullptr);
  grpc_server_ = make(*grpc_handler_, nullptr);
  secure_server_ = make(*grpc_handler_, grpc_tls_);
  webhook_server_ = make(webhooks_, webhook_tls_);
  Istiod::Addresses out;
  MESHKA_TRY(out.http, http_server_->listen(world_.network, options_.http));
  MESHKA_TRY(out.monitoring, monitoring_server_->listen(world_.network, options_.monitoring));
  MESHKA_TRY(out.grpc, grpc_server_->listen(world_.network, options_.grpc));
  MESHKA_TRY(out.secure_grpc, secure_server_->listen(world_.network, options_.secure_grpc));
  MESHKA_TRY(out.webhooks, webhook_server_->listen(world_.network, options_.webhooks));
  return out;
}

io::Task<void> Servers::stop(Instant deadline) {
  // Streams of proxies never end by themselves: they are cut, and the agents come back.
  secure_server_.reset();
  grpc_server_.reset();
  for (auto* server : {&webhook_server_, &http_server_, &monitoring_server_}) {
    if (*server) co_await (*server)->stop(deadline);
    server->reset();
  }
}

}  // namespace meshka::mesh
