#include "mesh/agent/upstream.h"

#include <algorithm>

#include "base/strings.h"
#include "io/disk.h"
#include "mesh/agent/limits.h"

namespace meshka::mesh::agent {

Upstream::Upstream(io::World world, const AgentConfig& config, const Secrets& secrets)
    : world_(world),
      config_(config),
      secrets_(secrets),
      resolver_(net::newSystemResolver(world, config.launch.layout.hosts,
                                       config.launch.layout.resolv_conf)) {}

io::Task<Result<std::string>> Upstream::rootFile() {
  co_return co_await world_.disk.readFile(config_.launch.layout.root_cert, kMaxFileBytes);
}

io::Task<Result<Connection>> Upstream::open(std::string address) {
  MESHKA_CO_TRY(const HostPort at, parseHostPort(address));
  MESHKA_CO_TRY(const std::string roots, co_await rootFile());
  MESHKA_CO_TRY(const std::string token,
                co_await world_.disk.readFile(config_.launch.layout.token, kMaxFileBytes));
  net::ClientOptions options;
  options.host = at.host;
  options.endpoint.port = at.port;
  options.resolver = resolver_;
  options.server_name = at.host;
  MESHKA_CO_TRY(options.tls, net::TlsClientConfig::create(
                                 world_.loop, {.ca_pem = cat(roots, "\n", secrets_.rootsPem()),
                                               .alpn = {"h2"}}));
  Connection out;
  out.channel = net::newGrpcChannel(world_.loop, world_.network, std::move(options));
  out.metadata.add("authorization", cat("Bearer ", trim(token)));
  out.metadata.add("clusterid", config_.cluster_id);
  co_return out;
}

Duration Backoff::next() {
  last_ = last_.ns == 0 ? kFirstRetry : std::min(last_ * 2, kLastRetry);
  const Duration part = last_ / 4;
  return last_ - part +
         Duration{static_cast<int64_t>(rng_.below(static_cast<uint64_t>(2 * part.ns)))};
}

}  // namespace meshka::mesh::agent
