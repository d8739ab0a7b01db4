#include "mesh/agent/app_probe.h"

#include "base/strings.h"
#include "io/async.h"
#include "mesh/agent/limits.h"
#include "net/client.h"

namespace meshka::mesh::agent {
namespace {

io::Task<Result<int>> get(net::HttpClient& client, net::ClientRequest request, Instant deadline) {
  MESHKA_CO_TRY(net::ClientResponse response, co_await client.send(std::move(request), deadline));
  (void)co_await net::readAll(*response.body, kMaxAppProbeBytes);  // so that the app can finish
  co_return response.status;
}

}  // namespace

Result<AppProbe> findAppProbe(doc::Value probers, std::string_view path, std::string_view pod_ip) {
  const doc::Value found = probers[path];
  if (!found.exists()) return fail(Code::kNotFound, cat("no probe at ", path));
  AppProbe out;
  const int64_t timeout_s = found["timeoutSeconds"].integer();
  out.timeout = timeout_s > 0 ? seconds(timeout_s) : kAppProbeTimeout;
  const doc::Value http = found["httpGet"], tcp = found["tcpSocket"];
  const doc::Value target = http.exists() ? http : tcp;
  if (!target.exists()) return fail(Code::kInvalid, cat(path, ": neither httpGet nor tcpSocket"));
  const int64_t port = target["port"].integer();
  if (port < 1 || port > 65535) return fail(Code::kInvalid, cat(path, ": port is not a number"));
  out.port = static_cast<uint16_t>(port);
  out.host = target["host"].text(pod_ip);
  if (out.host.empty()) out.host = pod_ip;
  out.tcp = !http.exists();
  out.tls = equalsIgnoreCase(http["scheme"].text(), "https");
  out.path = http["path"].text("/");
  if (!out.path.starts_with('/')) out.path.insert(0, "/");
  for (const doc::Value header : http["httpHeaders"].elements())
    out.headers.emplace_back(header["name"].text(), header["value"].text());
  return out;
}

io::Task<Result<int>> runAppProbe(io::World world, io::Network& network, AppProbe probe,
                                  std::string user_agent) {
  const Instant deadline = world.clock().now() + probe.timeout;
  if (probe.tcp) {
    MESHKA_CO_TRY(const auto stream,
                  co_await network.connect({.host = probe.host, .port = probe.port}, deadline));
    co_return 200;
  }
  net::ClientOptions options;
  options.host = probe.host;
  options.endpoint.port = probe.port;
  options.http1_only = true;
  if (probe.tls) {  // as the kubelet: an application's certificate is its own business
    MESHKA_CO_TRY(options.tls, net::TlsClientConfig::create(world.loop, {.skip_verify = true}));
  }
  net::ClientRequest request{.target = probe.path};
  if (!user_agent.empty()) request.headers.add("User-Agent", std::move(user_agent));
  for (auto& [name, value] : probe.headers) {
    if (equalsIgnoreCase(name, "host")) {
      options.authority = value;
    } else {
      request.headers.add(name, value);
    }
  }
  const auto client = net::newHttpClient(world.loop, network, std::move(options));
  co_return co_await io::withDeadline(world.loop, deadline,
                                      get(*client, std::move(request), deadline), "probe");
}

}  // namespace meshka::mesh::agent
