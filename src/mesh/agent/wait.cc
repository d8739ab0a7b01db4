#include "mesh/agent/wait.h"

#include <algorithm>

#include "base/strings.h"
#include "io/async.h"
#include "mesh/agent/limits.h"
#include "net/client.h"

namespace meshka::mesh::agent {
namespace {

io::Task<Result<int>> ask(net::HttpClient& client, std::string path, Instant deadline) {
  MESHKA_CO_TRY(net::ClientResponse response,
                co_await client.send({.target = std::move(path)}, deadline));
  (void)co_await net::readAll(*response.body, kMaxAppProbeBytes);
  co_return response.status;
}

}  // namespace

// Asking again and again is what the command is for: it speaks to whatever serves the URL, in
// another process, and nothing there could wake it.
io::Task<Result<void>> waitUntilReady(io::World world, WaitSpec spec) {
  MESHKA_CO_TRY(const net::Url url, net::parseUrl(spec.url));
  if (url.tls) co_return fail(Code::kUnsupported, cat(spec.url, ": https is not supported yet"));
  net::ClientOptions options{.http1_only = true};
  net::setTarget(options, url);
  const auto client = net::newHttpClient(world.loop, world.network, std::move(options));
  const std::string path = url.path.empty() ? "/" : url.path;
  const Instant end = world.clock().now() + spec.timeout;
  for (;;) {
    const Instant deadline = std::min(end, world.clock().now() + spec.request_timeout);
    const auto status =
        co_await io::withDeadline(world.loop, deadline, ask(*client, path, deadline), "request");
    if (status && *status == 200) co_return Result<void>();
    if (world.clock().now() + spec.period >= end) {
      co_return fail(Code::kTimeout,
                     cat(spec.url, " is not ready after ", toString(spec.timeout), ": ",
                         status ? cat("it answers ", *status) : status.error().message()));
    }
    co_await io::sleepFor(world.loop, spec.period);
  }
}

}  // namespace meshka::mesh::agent
