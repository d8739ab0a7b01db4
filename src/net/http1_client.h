// The client's side of one HTTP/1.1 connection: one exchange at a time.
#pragma once

#include <memory>

#include "base/function.h"
#include "net/http1_parser.h"
#include "net/limits.h"
#include "net/wake.h"

namespace meshka::net {

class Http1ClientConnection final : private io::StreamEvents, private Http1Events {
 public:
  Http1ClientConnection(io::Loop& loop, std::unique_ptr<io::Stream> stream,
                        const ClientLimits& limits);
  ~Http1ClientConnection() override;

  // Begins an exchange. `bytes` is the whole request.
  void send(std::string bytes, bool head_request);
  // The response's head; 1xx other than 101 are skipped. Errors: kUnavailable.
  io::Task<Result<Http1Head>> head();
  io::Task<Result<size_t>> read(std::span<char> into);
  const Headers* trailers() const { return ended_ ? &trailers_ : nullptr; }
  // After status 101. The connection object is then empty.
  std::unique_ptr<io::Stream> takeStream();

  bool ended() const { return ended_; }        // the response is complete
  bool answered() const { return answered_; }  // some byte of the response came
  // Idle and good for another exchange.
  bool reusable() const;

 private:
  void onReadable() override;
  void onWritable() override { flush(); }
  void onHead(Http1Head head) override;
  void onBody(std::string_view bytes) override;
  void onMessageEnd(Headers trailers) override;
  void pump();
  void flush();
  void down(std::string why);

  io::Loop& loop_;
  const ClientLimits limits_;
  std::unique_ptr<io::Stream> stream_;
  Http1Parser parser_;
  Wake wake_;
  io::Timer pump_timer_;
  std::string out_;
  size_t sent_ = 0;
  std::string in_, body_;
  size_t body_read_ = 0;
  std::optional<Http1Head> head_;
  Headers trailers_;
  std::optional<Error> error_;
  bool readable_ = false, busy_ = false, ended_ = false, answered_ = false, keep_ = false;
  bool switched_ = false, final_head_ = false;
};

}  // namespace meshka::net
