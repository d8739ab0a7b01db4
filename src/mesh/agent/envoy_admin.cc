#include "mesh/agent/envoy_admin.h"

#include "base/strings.h"
#include "io/async.h"
#include "mesh/agent/limits.h"
#include "net/client.h"

namespace meshka::mesh::agent {
namespace {

io::Task<Result<AdminAnswer>> exchange(net::HttpClient& client, net::ClientRequest request,
                                       Instant deadline) {
  MESHKA_CO_TRY(net::ClientResponse response, co_await client.send(std::move(request), deadline));
  AdminAnswer out{.status = response.status};
  MESHKA_CO_TRY(out.body, co_await net::readAll(*response.body, kMaxAdminBytes));
  co_return out;
}

}  // namespace

EnvoyAdmin::EnvoyAdmin(io::World world, uint16_t port)
    : world_(world),
      client_(net::newHttpClient(
          world.loop, world.network,
          {.endpoint = {.host = "127.0.0.1", .port = port}, .http1_only = true})) {}

io::Task<Result<AdminAnswer>> EnvoyAdmin::request(std::string method, std::string path,
                                                  std::string body) {
  if (!path.starts_with('/')) path.insert(0, "/");
  net::ClientRequest out{
      .method = std::move(method), .target = std::move(path), .body = std::move(body)};
  const Instant deadline = world_.clock().now() + kAdminTimeout;
  co_return co_await io::withDeadline(world_.loop, deadline,
                                      exchange(*client_, std::move(out), deadline),
                                      "Envoy's admin interface");
}

}  // namespace meshka::mesh::agent
