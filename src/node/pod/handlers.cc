#include "node/pod/handlers.h"

#include <algorithm>

#include "base/assert.h"
#include "base/strings.h"
#include "net/client.h"
#include "node/limits.h"

namespace meshka::node {
namespace {

std::string cut(std::string text) {
  text.resize(std::min(text.size(), kMaxProbeOutputBytes));
  return text;
}

io::Task<HandlerResult> runExec(const NodeContext& context, HandlerTarget target, doc::Doc exec,
                                Instant deadline) {
  std::vector<std::string> command;
  for (const doc::Value word : exec["command"].elements()) command.emplace_back(word.text());
  const Duration left = deadline - context.world.clock().now();
  const int64_t timeout_s = std::max<int64_t>(1, (left.ns + 999'999'999) / 1'000'000'000);
  auto r = co_await context.cri.execSync(target.container_id, std::move(command), timeout_s,
                                         deadline + seconds(1));
  if (!r) {
    if (r.error().code() == Code::kTimeout) {
      co_return HandlerResult{false, cat("command timed out after ", timeout_s, "s")};
    }
    co_return HandlerResult{false, cut(r.error().message())};
  }
  co_return HandlerResult{r->exit_code == 0, cut(r->out + r->err)};
}

io::Task<Result<HandlerResult>> get(const NodeContext& context, io::Endpoint to, doc::Doc http,
                                    Instant deadline) {
  net::ClientOptions options;
  options.endpoint = to;
  options.http1_only = true;
  std::string host;
  net::ClientRequest request;
  request.target = http["path"].text("/");
  if (!request.target.starts_with('/')) request.target.insert(0, "/");
  request.headers.set("User-Agent", "kube-probe/1.37");
  request.headers.set("Accept", "*/*");
  request.headers.set("Connection", "close");
  for (const doc::Value h : http["httpHeaders"].elements()) {
    if (equalsIgnoreCase(h["name"].text(), "host"))
      host = h["value"].text();
    else
      request.headers.add(std::string(h["name"].text()), std::string(h["value"].text()));
  }
  options.authority = host.empty() ? to.toString() : host;
  if (http["scheme"].text() == "HTTPS") options.tls = context.probe_tls;
  const auto client =
      net::newHttpClient(context.world.loop, context.world.network, std::move(options));
  MESHKA_CO_TRY(auto response, co_await client->send(std::move(request), deadline));
  std::string body(kMaxProbeOutputBytes, '\0');
  size_t n = 0;
  if (response.body) {
    if (auto got = co_await response.body->read(std::span(body.data(), body.size()))) n = *got;
  }
  body.resize(n);
  // Redirects count as success, and are not followed: they may lead anywhere.
  const bool ok = response.status >= 200 && response.status < 400;
  co_return HandlerResult{ok,
                          ok ? body : cat("HTTP probe failed with statuscode: ", response.status)};
}

io::Task<HandlerResult> runHttp(const NodeContext& context, HandlerTarget target, doc::Doc http,
                                Instant deadline) {
  const uint16_t port = resolvePort(http["port"], target.container);
  if (port == 0) co_return HandlerResult{false, "invalid port"};
  const std::string url = cat(toLower(http["scheme"].text("http")), "://", target.pod_ip, ":", port,
                              http["path"].text("/"));
  const std::string_view host = http["host"].text();
  const auto to =
      io::Endpoint::parse(cat(host.empty() ? std::string_view(target.pod_ip) : host, ":", port));
  if (!to) co_return HandlerResult{false, cat("Get \"", url, "\": ", to.error().message())};
  auto r = co_await io::withDeadline(context.world.loop, deadline,
                                     get(context, *to, http, deadline), "probe");
  if (r) co_return std::move(*r);
  if (r.error().code() == Code::kTimeout) {
    co_return HandlerResult{false,
                            cat("Get \"", url,
                                "\": context deadline exceeded (Client.Timeout exceeded while "
                                "awaiting headers)")};
  }
  // The client names the request in its own words; users know the kubelet's.
  std::string_view why = r.error().message();
  if (const std::string own = cat("GET ", url, ": "); why.starts_with(own))
    why.remove_prefix(own.size());
  co_return HandlerResult{false, cut(cat("Get \"", url, "\": ", why))};
}

io::Task<HandlerResult> runTcp(const NodeContext& context, HandlerTarget target, doc::Doc tcp,
                               Instant deadline) {
  const uint16_t port = resolvePort(tcp["port"], target.container);
  const std::string_view host = tcp["host"].text();
  const std::string address = cat(host.empty() ? std::string_view(target.pod_ip) : host, ":", port);
  const auto to = io::Endpoint::parse(address);
  if (!to || port == 0) co_return HandlerResult{false, cat("invalid address ", address)};
  auto stream = co_await context.world.network.connect(*to, deadline);
  if (stream) co_return HandlerResult{true, {}};
  co_return HandlerResult{false, cat("dial tcp ", address, ": ", stream.error().message())};
}

}  // namespace

std::shared_ptr<net::TlsClientConfig> newProbeTls(io::Loop& loop) {
  auto made = net::TlsClientConfig::create(loop, {.skip_verify = true});
  MESHKA_ASSERT(made.has_value());  // there is nothing in it that could be wrong
  return *made;
}

uint16_t resolvePort(doc::Value port, doc::Value container) {
  int64_t number = 0;
  if (port.isNumber()) {
    number = port.integer();
  } else if (const auto parsed = parseInt(port.text())) {
    number = *parsed;
  } else {
    for (const doc::Value p : container["ports"].elements()) {
      if (!port.text().empty() && p["name"].text() == port.text())
        number = p["containerPort"].integer();
    }
  }
  return number > 0 && number < 65536 ? static_cast<uint16_t>(number) : uint16_t{0};
}

io::Task<HandlerResult> runHandler(const NodeContext& context, HandlerTarget target,
                                   doc::Doc handler, Instant deadline) {
  if (const doc::Value v = handler["exec"]; v.exists()) {
    co_return co_await runExec(context, std::move(target), v.doc(), deadline);
  }
  if (const doc::Value v = handler["httpGet"]; v.exists()) {
    co_return co_await runHttp(context, std::move(target), v.doc(), deadline);
  }
  if (const doc::Value v = handler["tcpSocket"]; v.exists()) {
    co_return co_await runTcp(context, std::move(target), v.doc(), deadline);
  }
  if (const doc::Value v = handler["sleep"]; v.exists()) {
    co_await io::sleepUntil(context.world.loop,
                            std::min(deadline, context.in(seconds(v["seconds"].integer()))));
    co_return HandlerResult{true, {}};
  }
  co_return HandlerResult{false, "this kind of handler is not supported yet"};
}

}  // namespace meshka::node
