#include "net/http1_client.h"

#include <algorithm>

#include "base/strings.h"
#include "net/http1_wire.h"

namespace meshka::net {

Http1ClientConnection::Http1ClientConnection(io::Loop& loop, std::unique_ptr<io::Stream> stream,
                                             const ClientLimits& limits)
    : loop_(loop),
      limits_(limits),
      stream_(std::move(stream)),
      parser_(Http1Parser::Role::kResponses, limits.max_head_bytes, limits.max_headers, *this),
      wake_(loop),
      pump_timer_(loop, [this] { pump(); }) {
  stream_->setEvents(this);
}

Http1ClientConnection::~Http1ClientConnection() {
  if (stream_) stream_->setEvents(nullptr);
}

void Http1ClientConnection::send(std::string bytes, bool head_request) {
  busy_ = true;
  ended_ = answered_ = keep_ = final_head_ = false;
  head_.reset();
  trailers_ = Headers();
  parser_.expectNoBody(head_request);
  out_ = std::move(bytes);
  sent_ = 0;
  flush();
}

io::Task<Result<Http1Head>> Http1ClientConnection::head() {
  while (!head_ && !error_) co_await wake_.wait();
  if (!head_) co_return fail(*error_);
  co_return std::move(*head_);
}

io::Task<Result<size_t>> Http1ClientConnection::read(std::span<char> into) {
  while (body_read_ == body_.size()) {
    if (ended_ || into.empty()) co_return size_t{0};
    if (error_) co_return fail(*error_);
    pump_timer_.armAt(loop_.clock().now());
    co_await wake_.wait();
  }
  const size_t n = std::min(into.size(), body_.size() - body_read_);
  std::copy_n(body_.data() + body_read_, n, into.data());
  body_read_ += n;
  if (body_read_ == body_.size()) {
    body_.clear();
    body_read_ = 0;
  }
  co_return n;
}

std::unique_ptr<io::Stream> Http1ClientConnection::takeStream() {
  stream_->setEvents(nullptr);
  busy_ = true;  // never reusable
  return newPrefixedStream(std::move(stream_), std::move(in_), {});
}

bool Http1ClientConnection::reusable() const {
  return stream_ && !error_ && !switched_ && (!busy_ || (ended_ && keep_)) && in_.empty() &&
         sent_ == out_.size();
}

void Http1ClientConnection::onReadable() {
  readable_ = true;
  pump();
}

void Http1ClientConnection::pump() {
  char buffer[kReadChunk];
  while (readable_ && stream_ && !error_ && !switched_ &&
         body_.size() - body_read_ < limits_.body_buffer_bytes) {
    const io::IoResult r = stream_->tryRead(buffer);
    if (r.state == io::IoState::kWouldBlock) {
      readable_ = false;
      return;
    }
    if (r.state == io::IoState::kEof) {
      keep_ = false;
      if (busy_ && !ended_ && answered_ && parser_.eof() && ended_)
        return;  // the end was the frame
      return down("connection was closed by the server");
    }
    if (r.state == io::IoState::kError) return down(stream_->lastError());
    if (!busy_ || ended_) return down("bytes after the response");
    answered_ = true;
    in_.append(buffer, r.bytes);
    while (!in_.empty() && !switched_ && !ended_) {
      const auto used = parser_.feed(in_);
      if (!used) return down(used.error().message());
      in_.erase(0, *used);
    }
    if (ended_ && !in_.empty()) keep_ = false;  // nobody asked for that
  }
}

void Http1ClientConnection::onHead(Http1Head head) {
  if (head.status / 100 == 1 && head.status != 101) return;
  final_head_ = true;
  keep_ = head.keep_alive;
  switched_ = head.status == 101;
  head_ = std::move(head);
  wake_.fire();
}

void Http1ClientConnection::onBody(std::string_view bytes) {
  body_.append(bytes);
  wake_.fire();
}

void Http1ClientConnection::onMessageEnd(Headers trailers) {
  if (!final_head_) return;  // of a 1xx
  ended_ = true;
  trailers_ = std::move(trailers);
  wake_.fire();
}

void Http1ClientConnection::flush() {
  while (stream_ && sent_ < out_.size()) {
    const io::IoResult r = stream_->tryWrite(std::string_view(out_).substr(sent_));
    if (r.state == io::IoState::kWouldBlock) return;
    // The server may have answered and closed without reading everything: the answer counts, so
    // reading goes on and finds the end by itself.
    if (r.state != io::IoState::kDone) {
      keep_ = false;
      out_.clear();
      sent_ = 0;
      readable_ = true;
      pump_timer_.armAt(loop_.clock().now());
      return;
    }
    sent_ += r.bytes;
  }
  out_.clear();
  sent_ = 0;
}

void Http1ClientConnection::down(std::string why) {
  if (!error_) error_ = Error(Code::kUnavailable, why.empty() ? "connection lost" : std::move(why));
  wake_.fire();
}

}  // namespace meshka::net
