#include "mesh/agent/status_server.h"

#include "base/strings.h"
#include "mesh/agent/app_probe.h"
#include "mesh/agent/limits.h"
#include "net/client.h"

namespace meshka::mesh::agent {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kMetricsText = "text/plain; version=0.0.4; charset=utf-8";

io::Task<Result<std::string>> fetch(net::HttpClient& client, std::string path, Instant deadline) {
  MESHKA_CO_TRY(net::ClientResponse response,
                co_await client.send({.target = std::move(path)}, deadline));
  MESHKA_CO_TRY(std::string body, co_await net::readAll(*response.body, kMaxAppMetricsBytes));
  if (response.status != 200)
    co_return fail(Code::kUnavailable, cat("the application answers ", response.status));
  co_return body;
}

bool fromThisPod(const net::Peer& peer) {
  return peer.address.host == "127.0.0.1" || peer.address.host == "::1";
}

}  // namespace

io::Task<void> StatusServer::serve(net::ServerRequest& request, net::ResponseWriter& response) {
  if (request.path == "/healthz/ready") {
    const auto ready = co_await parts_.readiness.check();
    co_return net::respond(response, ready ? 200 : 503, kText,
                           ready ? "" : cat(ready.error().message(), "\n"));
  }
  if (request.path == "/stats/prometheus") co_return co_await metrics(response);
  if (request.path.starts_with("/app-health/")) co_return co_await appHealth(request, response);
  if (request.path == "/quitquitquit") {
    if (!fromThisPod(request.peer))
      co_return net::respond(response, 403, kText, "only from inside the pod\n");
    if (request.method != "POST") co_return net::respond(response, 405, kText, "use POST\n");
    parts_.quit.set();
    co_return net::respond(response, 200, kText, "OK");
  }
  net::respond(response, 404, kText, "not found\n");
}

io::Task<void> StatusServer::appHealth(net::ServerRequest& request, net::ResponseWriter& response) {
  auto probe = findAppProbe(parts_.config.app_probers, request.path, parts_.config.ip);
  if (!probe) {
    co_return net::respond(response, probe.error().code() == Code::kNotFound ? 404 : 400, kText,
                           cat(probe.error().message(), "\n"));
  }
  const std::string agent(request.headers.get("User-Agent").value_or(""));
  const auto status = co_await runAppProbe(world_, parts_.app_network, std::move(*probe), agent);
  co_return net::respond(response, status.value_or(500), kText,
                         status ? "" : cat(status.error().message(), "\n"));
}

io::Task<Result<std::string>> StatusServer::appMetrics() {
  const doc::Value wanted = parts_.config.app_metrics;
  if (wanted["scrape"].text() != "true") co_return std::string();
  const auto port = parseInt(wanted["port"].text("80"));
  if (!port || *port < 1 || *port > 65535)
    co_return fail(Code::kInvalid, "ISTIO_PROMETHEUS_ANNOTATIONS: port is not a number");
  const auto client =
      net::newHttpClient(world_.loop, parts_.app_network,
                         {.endpoint = {.host = "127.0.0.1", .port = static_cast<uint16_t>(*port)},
                          .http1_only = true});
  const Instant deadline = world_.clock().now() + kAppMetricsTimeout;
  const std::string path(wanted["path"].text("/metrics"));
  co_return co_await io::withDeadline(world_.loop, deadline, fetch(*client, path, deadline),
                                      "application's metrics");
}

std::string StatusServer::ownMetrics() const {
  const auto line = [](std::string_view name, std::string_view type, std::string_view help,
                       uint64_t value) {
    return cat("# HELP istio_agent_", name, " ", help, "\n# TYPE istio_agent_", name, " ", type,
               "\nistio_agent_", name, " ", value, "\n");
  };
  const int64_t left = (parts_.identity.expires() - world_.clock().wall()).ns / 1'000'000'000;
  const bool issued = parts_.identity.issued() > 0;
  return cat(
      line("xds_connected", "gauge", "1 while a stream to the control plane lives",
           parts_.relay.connected() ? 1 : 0),
      line("xds_pushes_total", "counter", "responses of the control plane", parts_.relay.pushes()),
      line("xds_refusals_total", "counter", "configuration that Envoy refused",
           parts_.relay.refusals()),
      line("certificates_issued_total", "counter", "certificates of this proxy",
           parts_.identity.issued()),
      line("cert_expiry_seconds", "gauge", "until the certificate ends",
           issued && left > 0 ? static_cast<uint64_t>(left) : 0));
}

io::Task<void> StatusServer::metrics(net::ResponseWriter& response) {
  std::string out;
  const auto envoy = co_await parts_.admin.request("GET", "/stats/prometheus");
  if (envoy && envoy->status == 200) {
    out += envoy->body;
  } else {
    out += cat("# Envoy: ", envoy ? cat("status ", envoy->status) : envoy.error().message(), "\n");
  }
  const auto app = co_await appMetrics();
  out += app ? *app : cat("# application: ", app.error().message(), "\n");
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  out += ownMetrics();
  net::respond(response, 200, kMetricsText, out);
}

}  // namespace meshka::mesh::agent
