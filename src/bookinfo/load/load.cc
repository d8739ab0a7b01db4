#include "bookinfo/load/load.h"

#include <algorithm>

#include "base/strings.h"
#include "bookinfo/limits.h"
#include "io/async.h"
#include "net/client.h"

namespace meshka::bookinfo {
namespace {

struct Load {
  io::World& world;
  LoadOptions options;
  std::string path;
  std::unique_ptr<net::HttpClient> client;
  Instant start;
  size_t next = 0;
  LoadResult result;
};

io::Task<Result<std::string>> ask(Load& load, Instant deadline, int& status) {
  net::Headers headers = load.options.headers;
  MESHKA_CO_TRY(auto response, co_await load.client->send(
                                   {.target = load.path, .headers = std::move(headers)}, deadline));
  status = response.status;
  co_return co_await net::readAll(*response.body, kMaxAnswer);
}

io::Task<void> worker(Load& load) {
  io::Loop& loop = load.world.loop;
  while (load.next < load.options.count) {
    const size_t index = load.next++;
    if (load.options.rate > 0) {
      const double at = static_cast<double>(index) / load.options.rate;
      co_await io::sleepUntil(loop, load.start + Duration{static_cast<int64_t>(at * 1e9)});
    }
    const Instant begun = loop.clock().now();
    const Instant deadline = begun + load.options.timeout;
    Sample sample;
    int status = 0;
    const auto body =
        co_await io::withDeadline(loop, deadline, ask(load, deadline, status), "no answer in time");
    sample.latency = loop.clock().now() - begun;
    if (body) {
      sample.status = status;
      readIdentity(*body, sample);
      load.result.last_body = *body;
    } else {
      sample.error = body.error().message();
    }
    load.result.tally.add(sample);
  }
}

}  // namespace

io::Task<Result<LoadResult>> runLoad(io::World& world, std::shared_ptr<net::Resolver> resolver,
                                     LoadOptions options) {
  MESHKA_CO_TRY(const net::Url url, net::parseUrl(options.url));
  if (url.tls)
    co_return fail(Code::kUnsupported, cat("--url ", options.url, ": https is not supported yet"));
  Load load{.world = world, .path = url.path.empty() ? "/" : url.path};
  net::ClientOptions client;
  net::setTarget(client, url);
  client.resolver = std::move(resolver);
  client.http1_only = true;
  client.limits.max_idle_connections = options.keep_alive ? kMaxConcurrency : 0;
  load.client = net::newHttpClient(world.loop, world.network, std::move(client));
  load.options = std::move(options);
  load.start = world.clock().now();
  const size_t workers = std::clamp<size_t>(load.options.concurrency, 1, kMaxConcurrency);
  {
    io::Group group(world.loop, workers);
    for (size_t i = 0; i < workers; ++i) MESHKA_ASSERT(group.spawn(worker(load)));
    co_await group.drain();
  }
  load.result.time = world.clock().now() - load.start;
  co_return std::move(load.result);
}

}  // namespace meshka::bookinfo
