// The server's side of one HTTP/2 connection: one Exchange per stream around the shared session.
#include <algorithm>
#include <map>

#include "base/strings.h"
#include "net/h2_session.h"
#include "net/server_connection.h"
#include "net/wake.h"

namespace meshka::net {
namespace {

class H2Connection;

class H2Exchange final : public BodyReader, public ResponseWriter {
 public:
  H2Exchange(H2Connection& connection, io::Loop& loop, int32_t id)
      : connection_(connection), id_(id), body_wake_(loop), write_wake_(loop) {}

  io::Task<Result<size_t>> read(std::span<char> into) override;
  const Headers* trailers() const override { return body_done_ ? &trailers_ : nullptr; }

  void start(int status, Headers headers) override;
  io::Task<Result<void>> write(std::string_view bytes) override;
  void writeNow(std::string_view bytes) override;
  size_t buffered() const override;
  bool started() const override { return started_; }
  void setTrailers(Headers trailers) override { response_trailers_ = std::move(trailers); }
  void abort() override;
  Result<std::unique_ptr<io::Stream>> upgrade(Headers) override {
    return fail(Code::kUnsupported, "HTTP/2 streams cannot be upgraded");
  }
  void end();

  H2Connection& connection_;
  const int32_t id_;
  ServerRequest request_;
  Wake body_wake_, write_wake_;
  std::string body_;
  size_t body_read_ = 0;
  Headers trailers_, response_trailers_;
  std::optional<uint64_t> length_left_;
  uint64_t seen_sent_ = 0;
  size_t seen_buffered_ = 0;
  bool body_done_ = false, started_ = false, bodyless_ = false, closed_ = false;
  bool task_started_ = false;
  std::optional<io::Running> task_;
};

class H2Connection final : public ServerConnection, private H2Events {
 public:
  H2Connection(ConnectionContext context, std::unique_ptr<io::Stream> stream)
      : context_(std::move(context)),
        session_(context_.loop, std::move(stream),
                 {.server = true,
                  .max_streams = context_.limits.max_streams,
                  .max_head_bytes = context_.limits.max_head_bytes,
                  .max_headers = context_.limits.max_headers,
                  .write_buffer_bytes = context_.limits.write_buffer_bytes,
                  .stream_window = kServerStreamWindow,
                  .connection_window = kServerConnectionWindow,
                  .write_stall_timeout = context_.limits.write_stall_timeout},
                 *this),
        turn_(context_.loop, [this] { onTurn(); }),
        idle_(context_.loop, [this] { onIdle(); }),
        stall_(context_.loop, [this] { onStallCheck(); }) {}
  ~H2Connection() override {
    finished_ = true;
    dead_.clear();
    exchanges_.clear();
  }

  void begin(std::string early) override {
    idle_.armAfter(context_.limits.idle_timeout);
    session_.begin(early);
  }
  void drain() override {
    draining_ = true;
    session_.goAway();
    turn_.armAt(context_.loop.clock().now());
  }
  size_t activeRequests() const override { return exchanges_.size(); }

 private:
  friend class H2Exchange;

  void onHead(int32_t id, H2Head head, bool) override {
    auto exchange = std::make_unique<H2Exchange>(*this, context_.loop, id);
    ServerRequest& r = exchange->request_;
    const size_t mark = head.path.find('?');
    r.method = std::move(head.method);
    r.path = head.path.substr(0, mark);
    if (mark != std::string::npos) r.query = head.path.substr(mark + 1);
    r.authority = std::move(head.authority);
    r.headers = std::move(head.headers);
    r.peer = context_.peer;
    r.version = 20;
    r.body = exchange.get();
    exchanges_[id] = std::move(exchange);
    idle_.cancel();
    // A reset that comes in the same turn costs no handler: they start in the next one.
    starting_.push_back(id);
    turn_.armAt(context_.loop.clock().now());
  }
  void onData(int32_t id, std::string_view bytes) override {
    H2Exchange* e = find(id);
    if (e == nullptr) return session_.consume(id, bytes.size());
    e->body_.append(bytes);
    e->body_wake_.fire();
  }
  void onEnd(int32_t id, Headers trailers) override {
    H2Exchange* e = find(id);
    if (e == nullptr) return;
    e->body_done_ = true;
    e->trailers_ = std::move(trailers);
    e->body_wake_.fire();
  }
  void onClosed(int32_t id, uint32_t, bool) override {
    const auto i = exchanges_.find(id);
    if (i == exchanges_.end()) return;
    H2Exchange& e = *i->second;
    e.closed_ = true;
    session_.consume(id, e.body_.size() - e.body_read_);
    // The task may be on the stack right now: it is destroyed in a turn of its own.
    dead_.push_back(std::move(i->second));
    exchanges_.erase(i);
    turn_.armAt(context_.loop.clock().now());
  }
  void onRoom(int32_t id) override {
    if (H2Exchange* e = find(id)) e->write_wake_.fire();
  }
  void onGoAway() override {
    draining_ = true;
    turn_.armAt(context_.loop.clock().now());
  }
  void onDown(Error) override { finish(); }

  H2Exchange* find(int32_t id) {
    const auto i = exchanges_.find(id);
    return i == exchanges_.end() ? nullptr : i->second.get();
  }

  void onTurn() {
    std::exchange(dead_, {}).clear();
    for (int32_t id : std::exchange(starting_, {})) {
      H2Exchange* e = find(id);
      if (e == nullptr || std::exchange(e->task_started_, true)) continue;
      e->task_.emplace(context_.handler.serve(e->request_, *e), [e] { e->end(); });
      e->task_->start();
      if (finished_) return;
    }
    if (!exchanges_.empty()) return;
    if (draining_) {
      session_.close(kH2NoError);
    } else if (!idle_.armed()) {
      idle_.armAfter(context_.limits.idle_timeout);
    }
  }
  void onIdle() {
    if (exchanges_.empty()) session_.close(kH2NoError);
  }
  // A peer that keeps a stream's window shut holds our buffer: after a while its stream is reset.
  void watchStalls() {
    if (!stall_.armed()) stall_.armAfter(context_.limits.write_stall_timeout);
  }
  void onStallCheck() {
    bool any = false;
    std::vector<int32_t> stalled;
    for (auto& [id, e] : exchanges_) {
      const size_t waiting = session_.buffered(id);
      const uint64_t sent = session_.sentBytes(id);
      if (waiting != 0 && e->seen_buffered_ != 0 && sent == e->seen_sent_) stalled.push_back(id);
      e->seen_buffered_ = waiting;
      e->seen_sent_ = sent;
      any = any || waiting != 0;
    }
    for (int32_t id : stalled) session_.reset(id, kH2EnhanceYourCalm);
    if (any) watchStalls();
  }
  void finish() {
    if (!std::exchange(finished_, true)) context_.owner.finished(*this);
  }

  ConnectionContext context_;
  std::map<int32_t, std::unique_ptr<H2Exchange>> exchanges_;
  std::vector<std::unique_ptr<H2Exchange>> dead_;
  std::vector<int32_t> starting_;
  H2Session session_;
  io::Timer turn_, idle_, stall_;
  bool draining_ = false, finished_ = false;
};

io::Task<Result<size_t>> H2Exchange::read(std::span<char> into) {
  while (body_read_ == body_.size()) {
    if (body_done_ || into.empty()) co_return size_t{0};
    if (closed_) co_return fail(Code::kUnavailable, "client cancelled the request");
    co_await body_wake_.wait();
  }
  const size_t n = std::min(into.size(), body_.size() - body_read_);
  std::copy_n(body_.begin() + static_cast<ptrdiff_t>(body_read_), n, into.begin());
  body_read_ += n;
  if (body_read_ == body_.size()) {
    body_.clear();
    body_read_ = 0;
  }
  if (!closed_) connection_.session_.consume(id_, n);
  co_return n;
}

void H2Exchange::start(int status, Headers headers) {
  if (started_) {
    MESHKA_BUG("response started twice");
    return;
  }
  started_ = true;
  if (closed_) return;
  bodyless_ = request_.method == "HEAD" || status == 204 || status == 304;
  if (const auto length = headers.get("content-length")) {
    length_left_ = static_cast<uint64_t>(std::max<int64_t>(0, parseInt(*length).value_or(0)));
  }
  if (!headers.get("date")) headers.add("Date", httpDate(connection_.context_.loop.clock().wall()));
  connection_.session_.respond(id_, status, headers, bodyless_);
}

void H2Exchange::writeNow(std::string_view bytes) {
  if (!started_) start(200, {});
  if (closed_ || bytes.empty() || bodyless_) return;
  if (length_left_) {
    if (bytes.size() > *length_left_) {
      MESHKA_BUG("response is longer than its Content-Length");
      return abort();
    }
    *length_left_ -= bytes.size();
  }
  if (buffered() + bytes.size() > connection_.context_.limits.hard_write_buffer_bytes) {
    return abort();
  }
  connection_.session_.write(id_, bytes);
  connection_.watchStalls();
}

io::Task<Result<void>> H2Exchange::write(std::string_view bytes) {
  if (!started_) start(200, {});
  writeNow(bytes);
  while (!closed_ && buffered() > connection_.context_.limits.write_buffer_bytes) {
    co_await write_wake_.wait();
  }
  if (closed_) co_return fail(Code::kUnavailable, "client cancelled the request");
  co_return Result<void>();
}

size_t H2Exchange::buffered() const {
  return closed_ ? 0 : connection_.session_.buffered(id_);
}

void H2Exchange::abort() {
  if (!closed_) connection_.session_.reset(id_, kH2InternalError);
}

void H2Exchange::end() {
  if (closed_) return;
  if (!started_) respond(*this, 500, "text/plain", "no response\n");
  if (bodyless_) return;
  if (length_left_.value_or(0) != 0) return abort();  // promised more
  connection_.session_.finish(id_, std::move(response_trailers_));
}

}  // namespace

std::unique_ptr<ServerConnection> newHttp2Connection(ConnectionContext context,
                                                     std::unique_ptr<io::Stream> stream) {
  return std::make_unique<H2Connection>(std::move(context), std::move(stream));
}

}  // namespace meshka::net
