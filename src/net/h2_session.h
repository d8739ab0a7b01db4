// One HTTP/2 connection over a Stream, either role: nghttp2 with the glue that both sides share.
// Bodies to send wait in a buffer per stream, received bodies are credited back to the peer only
// when somebody has consumed them, frames that only cost work are rationed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/loop.h"
#include "io/network.h"
#include "net/http.h"

namespace meshka::net {

struct H2Head {
  std::string method, scheme, authority, path;  // requests
  int status = 0;                               // responses
  Headers headers;
};

// Called from inside the session: implementations take notes and act in a later turn, or call the
// session's own functions, which are safe at any time.
class H2Events {
 public:
  virtual ~H2Events() = default;
  virtual void onHead(int32_t id, H2Head head, bool end) = 0;
  virtual void onData(int32_t id, std::string_view bytes) = 0;
  virtual void onEnd(int32_t id, Headers trailers) = 0;
  // The stream is over, well (0) or not (an error code of RFC 9113 section 7). `retry`: the peer
  // did not process it.
  virtual void onClosed(int32_t id, uint32_t error, bool retry) = 0;
  virtual void onRoom(int32_t id) = 0;   // the send buffer went under half of its limit
  virtual void onGoAway() = 0;           // no new streams
  virtual void onDown(Error error) = 0;  // the connection is gone; nothing is called after it
};

struct H2Limits {
  bool server = false;
  uint32_t max_streams = 100;
  size_t max_head_bytes = 64 << 10;
  size_t max_headers = 256;
  size_t write_buffer_bytes = 64 << 10;
  int32_t stream_window = 0;
  int32_t connection_window = 0;
  Duration write_stall_timeout = seconds(60);
};

inline constexpr uint32_t kH2NoError = 0, kH2InternalError = 2, kH2RefusedStream = 7, kH2Cancel = 8,
                          kH2EnhanceYourCalm = 11;

class H2Session {
 public:
  H2Session(io::Loop& loop, std::unique_ptr<io::Stream> stream, const H2Limits& limits,
            H2Events& events);
  ~H2Session();

  void begin(std::string_view early);
  // Client: opens a stream. Errors: kUnavailable (going away).
  Result<int32_t> request(const H2Head& head, bool end);
  // Server. `end`: no body.
  void respond(int32_t id, int status, const Headers& headers, bool end);
  void write(int32_t id, std::string_view bytes);
  void finish(int32_t id, Headers trailers);
  void reset(int32_t id, uint32_t error);
  void consume(int32_t id, size_t bytes);
  size_t buffered(int32_t id) const;
  uint64_t sentBytes(int32_t id) const;
  // Sent, or given to the raw stream: everything.
  bool idle() const;
  size_t streams() const;
  bool canOpen() const;  // client
  void goAway();
  void ping();
  Instant lastReceived() const;
  void close(uint32_t error);  // GOAWAY, then down
  io::Stream& stream();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace meshka::net
