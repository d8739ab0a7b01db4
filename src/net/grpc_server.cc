#include "base/strings.h"
#include "io/async.h"
#include "net/grpc_wire.h"

namespace meshka::net {
namespace {

class ServerCall final : public GrpcServerCall {
 public:
  ServerCall(ServerRequest& request, ResponseWriter& response, Instant deadline, size_t max_message)
      : request_(request), response_(response), deadline_(deadline), reader_(max_message) {}

  std::string_view method() const override { return request_.path; }
  const Headers& metadata() const override { return request_.headers; }
  const Peer& peer() const override { return request_.peer; }
  Instant deadline() const override { return deadline_; }
  io::Task<Result<std::optional<std::string>>> read() override {
    co_return co_await reader_.next(*request_.body);
  }
  io::Task<Result<void>> write(std::string message) override {
    startOnce();
    co_return co_await response_.write(grpcFrame(message));
  }
  void writeNow(std::string_view message) override {
    startOnce();
    response_.writeNow(grpcFrame(message));
  }
  size_t buffered() const override { return response_.buffered(); }

  void startOnce() {
    if (response_.started()) return;
    Headers headers;
    headers.add("content-type", "application/grpc");
    response_.start(200, std::move(headers));
  }

 private:
  ServerRequest& request_;
  ResponseWriter& response_;
  const Instant deadline_;
  GrpcReader reader_;
};

class GrpcHandler final : public Handler {
 public:
  GrpcHandler(io::Loop& loop, GrpcService& service, Handler* fallback, size_t max_message)
      : loop_(loop), service_(service), fallback_(fallback), max_message_(max_message) {}

  io::Task<void> serve(ServerRequest& request, ResponseWriter& response) override {
    const std::string_view type = request.headers.get("content-type").value_or("");
    const bool grpc = type == "application/grpc" || type.starts_with("application/grpc+") ||
                      type.starts_with("application/grpc;");
    if (!grpc || request.method != "POST" || request.version != 20) {
      if (fallback_ != nullptr) co_return co_await fallback_->serve(request, response);
      co_return respond(response, 415, "text/plain", "this server speaks gRPC\n");
    }
    Instant deadline = kNever;
    if (const auto text = request.headers.get("grpc-timeout")) {
      const auto timeout = parseGrpcTimeout(*text);
      if (timeout) deadline = loop_.clock().now() + *timeout;
    }
    ServerCall call(request, response, deadline, max_message_);
    // Read before the service runs: a handler that fails at once still answers with headers first.
    Result<void> result;
    if (deadline == kNever) {
      result = co_await service_.serve(call);
    } else {
      result = co_await io::withDeadline(loop_, deadline, service_.serve(call), request.path);
    }
    call.startOnce();
    Headers trailers;
    trailers.add("grpc-status", cat(result ? 0 : static_cast<int>(grpcStatusOf(result.error()))));
    if (!result) trailers.add("grpc-message", encodeGrpcMessage(result.error().message()));
    response.setTrailers(std::move(trailers));
  }

 private:
  io::Loop& loop_;
  GrpcService& service_;
  Handler* fallback_;
  const size_t max_message_;
};

}  // namespace

std::unique_ptr<Handler> newGrpcHandler(io::Loop& loop, GrpcService& service, Handler* fallback,
                                        size_t max_message) {
  return std::make_unique<GrpcHandler>(loop, service, fallback, max_message);
}

}  // namespace meshka::net
