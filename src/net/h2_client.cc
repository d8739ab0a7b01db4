#include "net/h2_client.h"

#include <algorithm>
#include <unordered_map>

#include "base/strings.h"
#include "net/wake.h"

namespace meshka::net {
namespace {

class Connection;

struct CallState {
  explicit CallState(io::Loop& loop) : read_wake(loop), write_wake(loop) {}
  Wake read_wake, write_wake;
  std::optional<H2Head> head;
  std::string body;
  size_t body_read = 0;
  Headers trailers;
  bool ended = false, closed = false, retry = false;
  std::optional<Error> error;
};

std::string_view h2ErrorName(uint32_t code) {
  static constexpr std::string_view kNames[] = {"NO_ERROR",
                                                "PROTOCOL_ERROR",
                                                "INTERNAL_ERROR",
                                                "FLOW_CONTROL_ERROR",
                                                "SETTINGS_TIMEOUT",
                                                "STREAM_CLOSED",
                                                "FRAME_SIZE_ERROR",
                                                "REFUSED_STREAM",
                                                "CANCEL",
                                                "COMPRESSION_ERROR",
                                                "CONNECT_ERROR",
                                                "ENHANCE_YOUR_CALM",
                                                "INADEQUATE_SECURITY",
                                                "HTTP_1_1_REQUIRED"};
  return code < std::size(kNames) ? kNames[code] : "unknown error";
}

class Connection final : public H2ClientConnection, private H2Events {
 public:
  Connection(io::Loop& loop, std::unique_ptr<io::Stream> stream, const ClientLimits& limits)
      : loop_(loop),
        limits_(limits),
        session_(loop, std::move(stream),
                 {.max_head_bytes = limits.max_head_bytes,
                  .max_headers = limits.max_headers,
                  .write_buffer_bytes = limits.write_buffer_bytes,
                  .stream_window = kClientStreamWindow,
                  .connection_window = kClientConnectionWindow},
                 *this),
        ping_(loop, [this] { onPingTimer(); }) {}

  void begin() {
    session_.begin({});
    ping_.armAfter(limits_.ping_interval);
  }

  bool usable() const override { return !down_ && session_.canOpen(); }
  size_t calls() const override { return calls_.size(); }
  Result<std::unique_ptr<H2Call>> open(const H2Head& head, bool end) override;

  void drop(int32_t id) {
    if (calls_.erase(id) != 0 && !down_) session_.reset(id, kH2Cancel);
  }

  io::Loop& loop_;
  const ClientLimits limits_;
  H2Session session_;
  bool down_ = false;

 private:
  CallState* find(int32_t id) {
    const auto i = calls_.find(id);
    return i == calls_.end() ? nullptr : i->second;
  }
  void onHead(int32_t id, H2Head head, bool) override {
    if (CallState* c = find(id)) {
      c->head = std::move(head);
      c->read_wake.fire();
    }
  }
  void onData(int32_t id, std::string_view bytes) override {
    CallState* c = find(id);
    if (c == nullptr) return session_.consume(id, bytes.size());
    c->body.append(bytes);
    c->read_wake.fire();
  }
  void onEnd(int32_t id, Headers trailers) override {
    if (CallState* c = find(id)) {
      c->ended = true;
      c->trailers = std::move(trailers);
      c->read_wake.fire();
    }
  }
  void onClosed(int32_t id, uint32_t error, bool retry) override {
    CallState* c = find(id);
    if (c == nullptr) return;
    c->closed = true;
    c->retry = retry && !c->head;
    if (!c->ended) {
      c->error = Error(Code::kUnavailable, cat("http2: stream was reset: ", h2ErrorName(error)));
    }
    c->read_wake.fire();
    c->write_wake.fire();
  }
  void onRoom(int32_t id) override {
    if (CallState* c = find(id)) c->write_wake.fire();
  }
  void onGoAway() override {}
  void onDown(Error error) override {
    down_ = true;
    ping_.cancel();
    for (auto& [id, c] : calls_) {
      c->closed = true;
      if (!c->ended && !c->error) c->error = error;
      c->read_wake.fire();
      c->write_wake.fire();
    }
  }
  // A peer that is silent for long while calls wait is asked; silence after that means that it is
  // gone.
  void onPingTimer() {
    const Duration silent = loop_.clock().now() - session_.lastReceived();
    if (silent < limits_.ping_interval || calls_.empty()) {
      pinged_ = false;
      ping_.armAfter(limits_.ping_interval);
      return;
    }
    if (pinged_) {
      const auto self = shared_from_this();
      session_.close(kH2NoError);
      onDown(Error(Code::kUnavailable, "http2: peer does not answer pings"));
      return;
    }
    pinged_ = true;
    session_.ping();
    ping_.armAfter(limits_.ping_timeout);
  }

  std::unordered_map<int32_t, CallState*> calls_;
  io::Timer ping_;
  bool pinged_ = false;
};

class Call final : public H2Call {
 public:
  Call(std::shared_ptr<Connection> connection, int32_t id)
      : connection_(std::move(connection)), id_(id), state_(connection_->loop_) {}
  ~Call() override { connection_->drop(id_); }

  io::Task<Result<H2Head>> head() override {
    while (!state_.head && !state_.error) co_await state_.read_wake.wait();
    if (!state_.head) co_return fail(*state_.error);
    co_return std::move(*state_.head);
  }
  io::Task<Result<size_t>> read(std::span<char> into) override {
    while (state_.body_read == state_.body.size()) {
      if (state_.ended || into.empty()) co_return size_t{0};
      if (state_.error) co_return fail(*state_.error);
      co_await state_.read_wake.wait();
    }
    const size_t n = std::min(into.size(), state_.body.size() - state_.body_read);
    std::copy_n(state_.body.data() + state_.body_read, n, into.data());
    state_.body_read += n;
    if (state_.body_read == state_.body.size()) {
      state_.body.clear();
      state_.body_read = 0;
    }
    if (!connection_->down_) connection_->session_.consume(id_, n);
    co_return n;
  }
  const Headers* trailers() const override { return state_.ended ? &state_.trailers : nullptr; }
  io::Task<Result<void>> write(std::string_view bytes) override {
    if (state_.closed) co_return closedResult();
    connection_->session_.write(id_, bytes);
    while (!state_.closed &&
           connection_->session_.buffered(id_) > connection_->limits_.write_buffer_bytes) {
      co_await state_.write_wake.wait();
    }
    if (state_.closed) co_return closedResult();
    co_return Result<void>();
  }
  void writeNow(std::string_view bytes) override {
    if (!state_.closed) connection_->session_.write(id_, bytes);
  }
  void finish() override {
    if (!state_.closed) connection_->session_.finish(id_, {});
  }
  bool retrySafe() const override { return state_.retry; }

  CallState& state() { return state_; }

 private:
  Result<void> closedResult() const {
    if (state_.error) return fail(*state_.error);
    return fail(Code::kUnavailable, "http2: stream is closed");
  }
  std::shared_ptr<Connection> connection_;
  const int32_t id_;
  CallState state_;
};

Result<std::unique_ptr<H2Call>> Connection::open(const H2Head& head, bool end) {
  MESHKA_TRY(const int32_t id, session_.request(head, end));
  auto call = std::make_unique<Call>(std::static_pointer_cast<Connection>(shared_from_this()), id);
  calls_[id] = &call->state();
  return call;
}

}  // namespace

std::shared_ptr<H2ClientConnection> H2ClientConnection::create(io::Loop& loop,
                                                               std::unique_ptr<io::Stream> stream,
                                                               const ClientLimits& limits) {
  auto connection = std::make_shared<Connection>(loop, std::move(stream), limits);
  connection->begin();
  return connection;
}

}  // namespace meshka::net
