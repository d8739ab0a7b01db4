#include "bookinfo/upstream.h"

#include "base/strings.h"
#include "bookinfo/limits.h"
#include "doc/json.h"
#include "io/async.h"
#include "net/client.h"

namespace meshka::bookinfo {

Upstream::Upstream(const Surroundings& around, Target target)
    : world_(around.world), target_(std::move(target)) {
  net::ClientOptions options;
  const auto numeric = io::Endpoint::parse(cat(target_.host, ":", target_.port));
  if (numeric)
    options.endpoint = *numeric;
  else
    options.host = target_.host;
  options.endpoint.port = target_.port;
  options.resolver = around.resolver;
  options.authority = cat(target_.host, ":", target_.port);
  options.http1_only = true;
  options.limits.max_idle_connections = 0;
  client_ = net::newHttpClient(world_.loop, world_.network, std::move(options));
}

io::Task<Result<UpstreamAnswer>> Upstream::ask(std::string path, net::Headers headers,
                                               Instant deadline) {
  headers.set("Accept", "application/json");
  MESHKA_CO_TRY(
      auto response,
      co_await client_->send({.target = std::move(path), .headers = std::move(headers)}, deadline));
  MESHKA_CO_TRY(const std::string text, co_await net::readAll(*response.body, kMaxAnswer));
  UpstreamAnswer out{.status = response.status};
  if (auto parsed = doc::parseJson(text)) out.body = *std::move(parsed);
  co_return out;
}

io::Task<Result<UpstreamAnswer>> Upstream::get(std::string path, net::Headers headers,
                                               Duration timeout) {
  const std::string what = cat("http://", target_.host, ":", target_.port, path);
  const Instant deadline = world_.clock().now() + timeout;
  auto answer = co_await io::withDeadline(world_.loop, deadline,
                                          ask(std::move(path), std::move(headers), deadline), what);
  if (!answer) {
    world_.log.warn("another service does not answer",
                    {{"url", what}, {"why", answer.error().message()}});
  }
  co_return answer;
}

net::Headers forwarded(const net::Headers& from) {
  net::Headers out;
  for (const std::string_view name : {"x-request-id",
                                      "x-ot-span-context",
                                      "x-datadog-trace-id",
                                      "x-datadog-parent-id",
                                      "x-datadog-sampling-priority",
                                      "traceparent",
                                      "tracestate",
                                      "x-cloud-trace-context",
                                      "grpc-trace-bin",
                                      "x-b3-traceid",
                                      "x-b3-spanid",
                                      "x-b3-parentspanid",
                                      "x-b3-sampled",
                                      "x-b3-flags",
                                      "b3",
                                      "sw8",
                                      "end-user",
                                      "user-agent",
                                      "cookie",
                                      "authorization",
                                      "jwt"}) {
    if (const auto value = from.get(name)) out.add(std::string(name), std::string(*value));
  }
  return out;
}

}  // namespace meshka::bookinfo
