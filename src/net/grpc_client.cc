#include <algorithm>

#include "base/strings.h"
#include "io/async.h"
#include "net/dial.h"
#include "net/grpc_wire.h"
#include "net/h2_client.h"

namespace meshka::net {
namespace {

Error statusOfHttp(int status) {
  GrpcStatus s = GrpcStatus::kUnknown;
  if (status == 400) s = GrpcStatus::kInternal;
  if (status == 401) s = GrpcStatus::kUnauthenticated;
  if (status == 403) s = GrpcStatus::kPermissionDenied;
  if (status == 404) s = GrpcStatus::kUnimplemented;
  if (status == 429 || status == 502 || status == 503 || status == 504)
    s = GrpcStatus::kUnavailable;
  return grpcError(s, cat("unexpected HTTP status ", status));
}

class Call final : public GrpcCall {
 public:
  Call(io::Loop& loop, std::unique_ptr<H2Call> call, std::string method, Instant deadline,
       size_t max_message)
      : loop_(loop),
        call_(std::move(call)),
        method_(std::move(method)),
        deadline_(deadline),
        reader_(max_message) {}

  io::Task<Result<void>> write(std::string message) override {
    auto ok = co_await call_->write(grpcFrame(message));
    if (ok) co_return Result<void>();
    // The peer may have ended the call with a status of its own: that is the better answer.
    auto last = co_await read();
    if (!last) co_return fail(last.error());
    co_return fail(ok.error());
  }
  void closeWrite() override { call_->finish(); }
  io::Task<Result<std::optional<std::string>>> read() override {
    if (deadline_ == kNever) co_return co_await readOne();
    auto out = co_await io::withDeadline(loop_, deadline_, readOne(), method_);
    if (!out && out.error().code() == Code::kTimeout) {
      co_return fail(grpcError(GrpcStatus::kDeadlineExceeded, out.error().message()));
    }
    co_return out;
  }
  const Headers& headers() const override { return headers_; }

 private:
  io::Task<Result<std::optional<std::string>>> readOne() {
    if (end_) co_return *end_;
    auto out = co_await readMessage();
    if (!out || !*out) end_ = out;
    co_return out;
  }
  io::Task<Result<std::optional<std::string>>> readMessage() {
    if (!head_seen_) {
      auto head = co_await call_->head();
      if (!head) co_return fail(grpcError(GrpcStatus::kUnavailable, head.error().message()));
      head_seen_ = true;
      headers_ = std::move(head->headers);
      if (auto status = grpcStatusIn(headers_)) {
        if (!*status) co_return fail(status->error());
        co_return std::optional<std::string>();
      }
      if (head->status != 200) co_return fail(statusOfHttp(head->status));
    }
    auto message = co_await reader_.next(*call_);
    if (!message) {
      const Error& e = message.error();
      if (e.code() != Code::kUnavailable) co_return fail(e);
      co_return fail(grpcError(GrpcStatus::kUnavailable, e.message()));
    }
    if (*message) co_return std::move(message);
    const Headers* trailers = call_->trailers();
    auto status = trailers == nullptr ? std::nullopt : grpcStatusIn(*trailers);
    if (!status) {
      co_return fail(grpcError(GrpcStatus::kInternal, "server closed the stream without a status"));
    }
    if (!*status) co_return fail(status->error());
    co_return std::optional<std::string>();
  }

  io::Loop& loop_;
  std::unique_ptr<H2Call> call_;
  const std::string method_;
  const Instant deadline_;
  GrpcReader reader_;
  Headers headers_;
  bool head_seen_ = false;
  std::optional<Result<std::optional<std::string>>> end_;
};

class Channel final : public GrpcChannel {
 public:
  Channel(io::Loop& loop, io::Network& network, ClientOptions options, size_t max_message)
      : loop_(loop),
        network_(network),
        options_(std::move(options)),
        max_message_(max_message),
        dialed_(loop) {
    options_.http2_prior_knowledge = true;
  }

  io::Task<Result<std::string>> unary(std::string method, std::string request, Instant deadline,
                                      Headers metadata) override {
    MESHKA_CO_TRY(auto call, co_await open(method, deadline, std::move(metadata)));
    // A write error shows as the status that read() finds.
    if (auto ok = co_await call->write(std::move(request)); !ok) co_return fail(ok.error());
    call->closeWrite();
    MESHKA_CO_TRY(auto answer, co_await call->read());
    if (!answer) co_return fail(grpcError(GrpcStatus::kInternal, cat(method, ": no message")));
    MESHKA_CO_TRY(const auto end, co_await call->read());
    if (end)
      co_return fail(grpcError(GrpcStatus::kInternal, cat(method, ": more than one message")));
    co_return std::move(*answer);
  }

  io::Task<Result<std::unique_ptr<GrpcCall>>> open(std::string method, Instant deadline,
                                                   Headers metadata) override {
    auto connection = co_await connected(deadline);
    if (!connection) {
      const Error& e = connection.error();
      const bool late = e.code() == Code::kTimeout;
      co_return fail(grpcError(late ? GrpcStatus::kDeadlineExceeded : GrpcStatus::kUnavailable,
                               cat("connecting: ", e.message())));
    }
    H2Head head;
    head.method = "POST";
    head.scheme = options_.tls ? "https" : "http";
    head.authority = authorityOf(options_);
    head.path = method;
    head.headers.add("te", "trailers");
    head.headers.add("content-type", "application/grpc");
    if (deadline != kNever) {
      head.headers.add("grpc-timeout", encodeGrpcTimeout(deadline - loop_.clock().now()));
    }
    for (const auto& e : metadata.entries()) head.headers.add(e.name, e.value);
    auto call = (*connection)->open(head, false);
    if (!call) co_return fail(grpcError(GrpcStatus::kUnavailable, call.error().message()));
    std::unique_ptr<GrpcCall> out =
        std::make_unique<Call>(loop_, std::move(*call), std::move(method), deadline, max_message_);
    co_return out;
  }

 private:
  struct DialTurn {
    explicit DialTurn(Channel& c) : channel(c) {
      channel.dialing_ = true;
      channel.dialed_.reset();
    }
    ~DialTurn() {
      channel.dialing_ = false;
      channel.dialed_.set();
    }
    Channel& channel;
  };
  io::Task<Result<std::shared_ptr<H2ClientConnection>>> connected(Instant deadline) {
    for (;;) {
      if (h2_ && h2_->usable()) co_return h2_;
      if (!dialing_) break;
      if (!co_await dialed_.wait(deadline)) co_return fail(Code::kTimeout, "deadline exceeded");
    }
    DialTurn turn(*this);
    MESHKA_CO_TRY(auto dialed,
                  co_await io::withDeadline(
                      loop_, deadline, dial(loop_, network_, options_, false, deadline), "dial"));
    h2_ = H2ClientConnection::create(loop_, std::move(dialed.stream), options_.limits);
    co_return h2_;
  }

  io::Loop& loop_;
  io::Network& network_;
  ClientOptions options_;
  const size_t max_message_;
  io::Event dialed_;
  bool dialing_ = false;
  std::shared_ptr<H2ClientConnection> h2_;
};

}  // namespace

std::unique_ptr<GrpcChannel> newGrpcChannel(io::Loop& loop, io::Network& network,
                                            ClientOptions options, size_t max_message) {
  return std::make_unique<Channel>(loop, network, std::move(options), max_message);
}

}  // namespace meshka::net
