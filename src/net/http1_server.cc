// The server's side of one HTTP/1.1 connection: a state machine over readiness events. One request
// at a time; bytes of further requests wait in a small buffer, so pipelining is served in order.
#include <algorithm>

#include "base/strings.h"
#include "net/http1_parser.h"
#include "net/http1_wire.h"
#include "net/server_connection.h"
#include "net/wake.h"

namespace meshka::net {
namespace {

class Http1Connection;

// One request and its response. The handler borrows it while its task lives.
class Exchange final : public BodyReader, public ResponseWriter {
 public:
  Exchange(Http1Connection& connection, io::Loop& loop)
      : connection_(connection), body_wake_(loop), write_wake_(loop) {}

  io::Task<Result<size_t>> read(std::span<char> into) override;
  const Headers* trailers() const override { return body_done_ ? &trailers_ : nullptr; }

  void start(int status, Headers headers) override;
  io::Task<Result<void>> write(std::string_view bytes) override;
  void writeNow(std::string_view bytes) override;
  size_t buffered() const override;
  bool started() const override { return started_; }
  void setTrailers(Headers trailers) override { response_trailers_ = std::move(trailers); }
  void abort() override;
  Result<std::unique_ptr<io::Stream>> upgrade(Headers headers) override;

  Http1Connection& connection_;
  ServerRequest request_;
  Http1Head head_;
  Wake body_wake_, write_wake_;
  std::string body_;
  size_t body_read_ = 0;
  Headers trailers_, response_trailers_;
  std::optional<uint64_t> length_left_;  // of the response
  bool body_done_ = false, continue_due_ = false;
  bool started_ = false, chunked_ = false, bodyless_ = false, close_after_ = false;
  bool upgraded_ = false, task_done_ = false;
  std::optional<io::Running> task_;
};

class Http1Connection final : public ServerConnection,
                              private io::StreamEvents,
                              private Http1Events {
 public:
  Http1Connection(ConnectionContext context, std::unique_ptr<io::Stream> stream)
      : context_(std::move(context)),
        stream_(std::move(stream)),
        parser_(Http1Parser::Role::kRequests, context_.limits.max_head_bytes,
                context_.limits.max_headers, *this),
        timer_(context_.loop, [this] { onTimeout(); }),
        stall_timer_(context_.loop, [this] { close(); }),
        next_(context_.loop, [this] { finishExchange(); }) {}
  ~Http1Connection() override {
    exchange_.reset();
    if (stream_) stream_->setEvents(nullptr);
  }

  void begin(std::string early) override {
    in_ = std::move(early);
    stream_->setEvents(this);
    timer_.armAfter(context_.limits.head_timeout);
    parsePending();
  }
  void drain() override {
    draining_ = true;
    if (exchange_) exchange_->close_after_ = true;
    if (!exchange_ && !lingering_) close();
  }
  size_t activeRequests() const override { return exchange_ ? 1 : 0; }

 private:
  friend class Exchange;

  // --- reading
  void onReadable() override {
    readable_ = true;
    pumpRead();
  }
  bool wantRead() const {
    if (!stream_ || closed_) return false;
    if (!exchange_) return true;
    if (exchange_->body_done_) return in_.size() < kPipelineBytes;
    return in_.empty() &&
           exchange_->body_.size() - exchange_->body_read_ < context_.limits.body_buffer_bytes;
  }
  void pumpRead() {
    char buffer[kReadChunk];
    while (readable_ && wantRead()) {
      const io::IoResult r = stream_->tryRead(buffer);
      if (r.state == io::IoState::kWouldBlock) {
        readable_ = false;
      } else if (r.state == io::IoState::kDone) {
        if (lingering_) {
          lingered_ += r.bytes;
          if (lingered_ > context_.limits.discard_body_bytes) close();
          continue;
        }
        if (!exchange_ && parser_.idle()) timer_.armAfter(context_.limits.head_timeout);
        in_.append(buffer, r.bytes);
        parsePending();
      } else {
        close();
      }
    }
  }
  // Feeds the parser until the current request has all it has and the next must wait.
  void parsePending() {
    while (!in_.empty() && !closed_ && !lingering_) {
      if (exchange_ && exchange_->body_done_) return;
      auto used = parser_.feed(in_);
      if (!used) return refuse(used.error());
      in_.erase(0, *used);
      if (discarded_ > context_.limits.discard_body_bytes) return linger();
      if (exchange_ && !exchange_->body_done_) break;
    }
    if (in_.empty() && in_.capacity() > 4096) std::string().swap(in_);
  }

  // --- Http1Events
  void onHead(Http1Head head) override {
    timer_.cancel();
    exchange_ = std::make_unique<Exchange>(*this, context_.loop);
    Exchange& e = *exchange_;
    ServerRequest& r = e.request_;
    const size_t mark = head.target.find('?');
    r.method = std::move(head.method);
    r.path = head.target.substr(0, mark);
    if (mark != std::string::npos) r.query = head.target.substr(mark + 1);
    r.authority = head.headers.get("host").value_or("");
    r.headers = std::move(head.headers);
    r.peer = context_.peer;
    r.version = head.version;
    r.body = &e;
    e.close_after_ = !head.keep_alive || draining_;
    e.continue_due_ = head.expect_continue && head.version == 11;
    e.head_ = std::move(head);
    e.task_.emplace(context_.handler.serve(r, e), [this] { onTaskDone(); });
    // The handler begins in a later turn: not from inside the parser.
    next_.armAt(context_.loop.clock().now());
  }
  void onBody(std::string_view bytes) override {
    if (!exchange_) return;
    if (exchange_->task_done_) {
      discarded_ += bytes.size();
      return;
    }
    exchange_->body_.append(bytes);
    exchange_->body_wake_.fire();
  }
  void onMessageEnd(Headers trailers) override {
    if (!exchange_) return;
    exchange_->body_done_ = true;
    exchange_->continue_due_ = false;
    exchange_->trailers_ = std::move(trailers);
    exchange_->body_wake_.fire();
    if (exchange_->task_done_) next_.armAt(context_.loop.clock().now());
  }

  // --- the handler's task
  void onTaskDone() {
    Exchange& e = *exchange_;
    e.task_done_ = true;
    if (!e.upgraded_ && !closed_) endResponse();
    next_.armAt(context_.loop.clock().now());
  }
  void endResponse() {
    Exchange& e = *exchange_;
    if (!e.started_) respond(e, 500, "text/plain", "no response\n");
    if (e.length_left_.value_or(0) != 0 && !e.bodyless_) return close();  // promised more
    if (e.chunked_) {
      out_.append("0\r\n");
      appendHeaders(out_, e.response_trailers_);
      out_.append("\r\n");
    }
    e.body_.clear();
    e.body_read_ = 0;
    flush();
  }
  // Runs in a turn of its own: starts the handler, or goes from one request to the next.
  void finishExchange() {
    if (!exchange_) return parsePending(), pumpRead();
    Exchange& e = *exchange_;
    if (!e.task_done_) {
      if (!std::exchange(handler_started_, true)) e.task_->start();
      flush();
      return pumpRead();
    }
    if (e.upgraded_) return close();
    if (closed_) return;
    // Who was never told to continue may or may not send his body: the connection cannot be used
    // again.
    if (e.close_after_ || e.continue_due_ || draining_) {
      if (!e.body_done_ || !in_.empty()) return linger();
      if (out_.size() == sent_) return lingerOrClose();
      return;  // flush() comes back here
    }
    if (!e.body_done_) return pumpRead();  // the rest is dropped, up to a limit
    if (out_.size() != sent_) return;
    handler_started_ = false;
    discarded_ = 0;
    exchange_.reset();
    timer_.armAfter(context_.limits.idle_timeout);
    parsePending();
    pumpRead();
  }

  // --- writing
  void onWritable() override { flush(); }
  void flush() {
    if (!stream_ || closed_) return;
    bool progress = false;
    while (sent_ < out_.size()) {
      const io::IoResult r = stream_->tryWrite(std::string_view(out_).substr(sent_));
      if (r.state == io::IoState::kWouldBlock) break;
      if (r.state != io::IoState::kDone) return close();
      sent_ += r.bytes;
      progress = true;
    }
    const size_t left = out_.size() - sent_;
    if (left == 0) {
      out_.clear();
      sent_ = 0;
      if (out_.capacity() > 2 * context_.limits.write_buffer_bytes) std::string().swap(out_);
      stall_timer_.cancel();
    } else {
      if (sent_ > 64 << 10) {
        out_.erase(0, sent_);
        sent_ = 0;
      }
      if (progress || !stall_timer_.armed()) {
        stall_timer_.armAfter(context_.limits.write_stall_timeout);
      }
    }
    if (!exchange_) return;
    if (left <= context_.limits.write_buffer_bytes / 2) exchange_->write_wake_.fire();
    if (left == 0 && exchange_->task_done_) next_.armAt(context_.loop.clock().now());
  }

  // --- ends
  void refuse(const Error& error) {
    if (exchange_)
      return close();  // the body of a running request is broken: its handler is cancelled
    int status = 400;
    if (error.code() == Code::kTooLarge) status = 431;
    if (error.code() == Code::kUnsupported) status = 501;
    const std::string text = cat(reasonPhrase(status), ": ", error.message(), "\n");
    out_.append(cat("HTTP/1.1 ", status, " ", reasonPhrase(status),
                    "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
                    "Content-Length: ",
                    text.size(), "\r\n\r\n", text));
    flush();
    linger();
  }
  void lingerOrClose() {
    if (draining_) return close();
    linger();
  }
  // Sends FIN and reads on for a moment: closing with unread bytes would reset the connection and
  // could take the response away from the peer.
  void linger() {
    if (closed_ || lingering_) return;
    flush();
    if (closed_) return;
    lingering_ = true;
    exchange_.reset();
    in_.clear();
    stream_->shutdownWrite();
    timer_.armAfter(seconds(2));
    pumpRead();
  }
  void onTimeout() { close(); }
  void close() {
    if (std::exchange(closed_, true)) return;
    timer_.cancel();
    stall_timer_.cancel();
    context_.owner.finished(*this);
  }

  ConnectionContext context_;
  std::unique_ptr<io::Stream> stream_;
  Http1Parser parser_;
  io::Timer timer_;        // head and idle
  io::Timer stall_timer_;  // the peer takes nothing
  io::Timer next_;         // a later turn
  std::unique_ptr<Exchange> exchange_;
  std::string in_, out_;
  size_t sent_ = 0;
  uint64_t discarded_ = 0, lingered_ = 0;
  bool readable_ = false, draining_ = false, lingering_ = false, closed_ = false;
  bool handler_started_ = false;
};

io::Task<Result<size_t>> Exchange::read(std::span<char> into) {
  if (std::exchange(continue_due_, false) && !started_) {
    connection_.out_.append("HTTP/1.1 100 Continue\r\n\r\n");
    connection_.flush();
  }
  while (body_read_ == body_.size()) {
    if (body_done_ || into.empty()) co_return size_t{0};
    if (connection_.closed_) co_return fail(Code::kUnavailable, "client closed the connection");
    co_await body_wake_.wait();
  }
  const size_t n = std::min(into.size(), body_.size() - body_read_);
  std::copy_n(body_.begin() + static_cast<ptrdiff_t>(body_read_), n, into.begin());
  body_read_ += n;
  if (body_read_ == body_.size()) {
    body_.clear();
    body_read_ = 0;
    connection_.next_.armAt(connection_.context_.loop.clock().now());  // room for more
  }
  co_return n;
}

void Exchange::start(int status, Headers headers) {
  if (started_ || upgraded_) {
    MESHKA_BUG("response started twice");
    return;
  }
  started_ = true;
  std::string& out = connection_.out_;
  out.append(cat("HTTP/1.1 ", status, " ", reasonPhrase(status), "\r\n"));
  headers.remove("transfer-encoding");
  bodyless_ = request_.method == "HEAD" || status == 204 || status == 304 || status / 100 == 1;
  if (headerHasToken(headers, "connection", "close")) close_after_ = true;
  headers.remove("connection");
  if (const auto length = headers.get("content-length")) {
    length_left_ = static_cast<uint64_t>(std::max<int64_t>(0, parseInt(*length).value_or(0)));
  } else if (!bodyless_ && request_.version == 11) {
    chunked_ = true;
    headers.add("Transfer-Encoding", "chunked");
  } else if (!bodyless_) {
    close_after_ = true;  // HTTP/1.0: the end of the connection is the end of the body
  }
  if (close_after_ || continue_due_) headers.add("Connection", "close");
  if (!close_after_ && request_.version == 10) headers.add("Connection", "keep-alive");
  if (!headers.get("date")) headers.add("Date", httpDate(connection_.context_.loop.clock().wall()));
  appendHeaders(out, headers);
  out.append("\r\n");
  // The head goes out by the end of the turn even when no body follows soon (a watch).
  connection_.next_.armAt(connection_.context_.loop.clock().now());
}

void Exchange::writeNow(std::string_view bytes) {
  if (connection_.closed_ || bytes.empty() || bodyless_ || upgraded_) return;
  if (!started_) start(200, {});
  std::string& out = connection_.out_;
  if (out.size() - connection_.sent_ + bytes.size() >
      connection_.context_.limits.hard_write_buffer_bytes) {
    return connection_.close();
  }
  if (length_left_) {
    if (bytes.size() > *length_left_) {
      MESHKA_BUG("response is longer than its Content-Length");
      return abort();
    }
    *length_left_ -= bytes.size();
    out.append(bytes);
  } else if (chunked_) {
    char size[20];
    size_t n = sizeof size;
    for (size_t v = bytes.size(); v != 0; v /= 16) size[--n] = "0123456789abcdef"[v % 16];
    out.append(size + n, sizeof size - n).append("\r\n").append(bytes).append("\r\n");
  } else {
    out.append(bytes);
  }
  connection_.flush();
}

io::Task<Result<void>> Exchange::write(std::string_view bytes) {
  if (!started_) start(200, {});
  writeNow(bytes);
  if (bytes.empty()) connection_.flush();  // the head alone
  while (!connection_.closed_ && buffered() > connection_.context_.limits.write_buffer_bytes) {
    co_await write_wake_.wait();
  }
  if (connection_.closed_) co_return fail(Code::kUnavailable, "client closed the connection");
  co_return Result<void>();
}

size_t Exchange::buffered() const {
  return connection_.out_.size() - connection_.sent_;
}

void Exchange::abort() {
  connection_.close();
}

Result<std::unique_ptr<io::Stream>> Exchange::upgrade(Headers headers) {
  if (started_ || upgraded_ || !body_done_ || !head_.upgrade) {
    return fail(Code::kUnsupported, "this request cannot be upgraded");
  }
  std::string out = std::move(connection_.out_);
  out.erase(0, connection_.sent_);
  out.append("HTTP/1.1 101 Switching Protocols\r\n");
  if (!headers.get("connection")) headers.add("Connection", "Upgrade");
  appendHeaders(out, headers);
  out.append("\r\n");
  connection_.out_.clear();
  connection_.sent_ = 0;
  connection_.timer_.cancel();
  connection_.stall_timer_.cancel();
  upgraded_ = true;
  auto stream = std::move(connection_.stream_);
  stream->setEvents(nullptr);
  return newPrefixedStream(std::move(stream), std::exchange(connection_.in_, {}), std::move(out));
}

}  // namespace

std::unique_ptr<ServerConnection> newHttp1Connection(ConnectionContext context,
                                                     std::unique_ptr<io::Stream> stream) {
  return std::make_unique<Http1Connection>(std::move(context), std::move(stream));
}

}  // namespace meshka::net
