#include "vcluster/streams.h"

#include "base/strings.h"
#include "io/async.h"
#include "io/stream_tasks.h"
#include "vcluster/limits.h"

namespace meshka::vcluster {

using io::Task;

namespace {

// Hop-by-hop and connection headers (RFC 9110, 7.6.1), and what authenticates the caller to us,
// stay here.
bool passesOn(std::string_view name) {
  for (const std::string_view kept :
       {"authorization", "host", "content-length", "transfer-encoding", "keep-alive", "te",
        "trailer", "proxy-authorization", "proxy-connection", "expect"}) {
    if (equalsIgnoreCase(name, kept)) return false;
  }
  return !toLower(name).starts_with("impersonate-") && !toLower(name).starts_with("x-remote-");
}

bool isUpgrade(const net::ServerRequest& request) {
  return request.headers.get("upgrade").has_value();
}

// One direction of a spliced connection; half-closes the target at the end of the source.
Task<void> pump(io::StreamIo& from, io::StreamIo& to, io::Stream& to_stream, io::Event& done) {
  char buffer[kSpliceBufferBytes];
  for (;;) {
    auto got = co_await from.readSome(buffer, kNever);
    if (!got || *got == 0) break;
    auto sent = co_await to.writeAll(std::string_view(buffer, *got), kNever);
    if (!sent) break;
  }
  to_stream.shutdownWrite();
  done.set();
}

}  // namespace

Task<Result<void>> HostStreams::forward(std::string ns, std::string name, std::string subresource,
                                        net::ServerRequest& request,
                                        net::ResponseWriter& response) {
  net::ClientRequest out;
  out.method = request.method;
  out.target = cat("/api/v1/namespaces/", urlEncode(tenant_.host_namespace), "/pods/",
                   urlEncode(hostName(name, ns, tenant_)), "/", subresource);
  if (!request.query.empty()) out.target += cat("?", request.query);
  for (const net::Headers::Entry& header : request.headers.entries()) {
    if (passesOn(header.name)) out.headers.add(header.name, header.value);
  }
  MESHKA_CO_CHECK(co_await tokens_.authorize(out.headers));
  out.upgrade = isUpgrade(request);
  auto answer = co_await host_.send(std::move(out), world_.clock().now() + kCallTimeout);
  if (!answer) co_return fail(answer.error().with("host cluster"));
  if (answer->status == 101) co_return co_await splice(std::move(*answer), response);
  co_return co_await copyBody(std::move(*answer), response);
}

Task<Result<void>> HostStreams::copyBody(net::ClientResponse from, net::ResponseWriter& to) {
  net::Headers headers;
  for (const char* name : {"Content-Type", "Warning"}) {
    for (const std::string_view value : from.headers.getAll(name))
      headers.add(name, std::string(value));
  }
  to.start(from.status, std::move(headers));
  char buffer[kSpliceBufferBytes];
  for (;;) {
    auto got = co_await from.body->read(buffer);
    if (!got) {
      to.abort();
      co_return Result<void>();
    }
    if (*got == 0) co_return Result<void>();
    if (!co_await to.write(std::string_view(buffer, *got))) co_return Result<void>();
  }
}

Task<Result<void>> HostStreams::splice(net::ClientResponse from, net::ResponseWriter& to) {
  net::Headers headers;
  for (const net::Headers::Entry& header : from.headers.entries()) {
    if (!equalsIgnoreCase(header.name, "transfer-encoding")) headers.add(header.name, header.value);
  }
  MESHKA_CO_TRY(const std::unique_ptr<io::Stream> near, to.upgrade(std::move(headers)));
  io::StreamIo near_io(world_.loop, *near);
  io::StreamIo far_io(world_.loop, *from.upgraded);
  io::Event down(world_.loop);
  io::Event up(world_.loop);
  io::Group pumps(world_.loop, 2);
  (void)pumps.spawn(pump(near_io, far_io, *from.upgraded, up));
  (void)pumps.spawn(pump(far_io, near_io, *near, down));
  // What the container says ends the session; input that goes on is of no use to it.
  (void)co_await down.wait();
  co_return Result<void>();
}

}  // namespace meshka::vcluster
