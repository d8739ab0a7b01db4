#include "cli/meshctl/pod_log.h"

#include "base/strings.h"
#include "client/http_api_client.h"
#include "io/async.h"
#include "mgmt/lifecycle/resources.h"

namespace meshka::cli::meshctl {

using io::Task;

namespace {

constexpr Duration kLogTimeout = seconds(5);
constexpr size_t kMaxLogBytes = 64u << 10;

Task<Result<std::string>> readLog(io::World& world, client::Credentials credentials,
                                  std::string target, Instant deadline) {
  MESHKA_CO_TRY(const auto connection, client::newServerConnection(world, credentials));
  client::TokenSource tokens(world, credentials);
  net::ClientRequest request;
  request.target = std::move(target);
  MESHKA_CO_CHECK(co_await tokens.authorize(request.headers));
  MESHKA_CO_TRY(net::ClientResponse answer,
                co_await connection->send(std::move(request), deadline));
  if (answer.status != 200) co_return std::string();
  co_return co_await io::withDeadline(world.loop, deadline,
                                      net::readAll(*answer.body, kMaxLogBytes), "log");
}

}  // namespace

Task<std::string> logTail(io::World& world, const ClusterAccess& access, std::string ns,
                          std::string app, int lines) {
  const Instant deadline = world.clock().now() + kLogTimeout;
  client::ListOptions options;
  options.label_selector = cat("app=", app);
  const auto pods = co_await access.api->list(mgmt::resources::pods(), ns, options, deadline);
  if (!pods || pods->items.empty()) co_return std::string();
  const doc::Doc* newest = &pods->items.front();
  for (const doc::Doc& pod : pods->items) {
    if (pod["metadata"]["creationTimestamp"].text() >
        (*newest)["metadata"]["creationTimestamp"].text())
      newest = &pod;
  }
  const auto text = co_await readLog(
      world, access.credentials,
      cat("/api/v1/namespaces/", urlEncode(ns), "/pods/",
          urlEncode((*newest)["metadata"]["name"].text()), "/log?tailLines=", lines),
      deadline);
  co_return text ? *text : std::string();
}

}  // namespace meshka::cli::meshctl
