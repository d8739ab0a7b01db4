#include "net/h2_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <unordered_map>

#include "base/strings.h"
#include "net/limits.h"

namespace meshka::net {
namespace {

// Headers that belong to one HTTP/1.1 connection have no place in HTTP/2 (RFC 9113 8.2.2).
bool isConnectionHeader(std::string_view name) {
  for (std::string_view n : {"connection", "keep-alive", "proxy-connection", "transfer-encoding",
                             "upgrade", "http2-settings", "host"}) {
    if (equalsIgnoreCase(name, n)) return true;
  }
  return false;
}

// Name/value pairs in nghttp2's form; the strings live here while it copies them.
class NvList {
 public:
  void add(std::string name, std::string value) {
    for (char& c : value) {
      if (c == '\r' || c == '\n' || c == '\0') c = ' ';
    }
    texts_.emplace_back(std::move(name), std::move(value));
  }
  void addAll(const Headers& headers) {
    for (const Headers::Entry& e : headers.entries()) {
      if (!isConnectionHeader(e.name)) add(toLower(e.name), e.value);
    }
  }
  const std::vector<nghttp2_nv>& done() {
    for (auto& [name, value] : texts_) {
      nvs_.push_back({reinterpret_cast<uint8_t*>(name.data()),
                      reinterpret_cast<uint8_t*>(value.data()), name.size(), value.size(),
                      NGHTTP2_NV_FLAG_NONE});
    }
    return nvs_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> texts_;
  std::vector<nghttp2_nv> nvs_;
};

}  // namespace

struct H2Session::State final : io::StreamEvents {
  struct StreamState {
    H2Head head;
    size_t head_bytes = 0;
    bool head_seen = false, remote_ended = false, closed = false;
    std::string out;
    size_t sent = 0;
    uint64_t sent_total = 0;
    bool ended = false, deferred = false, above = false;
    Headers trailers;
  };

  State(io::Loop& l, std::unique_ptr<io::Stream> s, const H2Limits& lim, H2Events& e)
      : loop(l),
        limits(lim),
        events(e),
        raw(std::move(s)),
        flush_timer(l, [this] { flush(); }),
        stall_timer(l, [this] { down(Error(Code::kUnavailable, "peer takes no data")); }),
        budget(kGlitchBurst),
        budget_at(l.clock().now()),
        last_received(l.clock().now()) {
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_outbound_ack(option, kMaxOutboundAcks);
    nghttp2_option_set_max_settings(option, 32);
    nghttp2_option_set_max_send_header_block_length(option, 1 << 20);
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    setCallbacks(callbacks);
    if (limits.server) {
      nghttp2_session_server_new2(&session, callbacks, this, option);
    } else {
      nghttp2_session_client_new2(&session, callbacks, this, option);
    }
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
  }
  ~State() override {
    if (raw) raw->setEvents(nullptr);
    nghttp2_session_del(session);
  }

  void begin(std::string_view early) {
    std::vector<nghttp2_settings_entry> s = {
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(limits.stream_window)},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(limits.max_head_bytes)}};
    if (limits.server) {
      s.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.max_streams});
    } else {
      s.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
    }
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, s.data(), s.size());
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, limits.connection_window);
    raw->setEvents(this);
    if (!early.empty()) receive(early);
    scheduleFlush();
  }

  // --- raw stream
  void onReadable() override {
    char buffer[kReadChunk];
    while (!is_down) {
      const io::IoResult r = raw->tryRead(buffer);
      if (r.state == io::IoState::kWouldBlock) break;
      if (r.state != io::IoState::kDone) {
        const std::string why = raw->lastError();
        return down(Error(Code::kUnavailable, why.empty() ? "connection was closed" : why));
      }
      last_received = loop.clock().now();
      receive({buffer, r.bytes});
    }
    flush();
  }
  void onWritable() override { flush(); }

  void receive(std::string_view bytes) {
    in_callback = true;
    const ssize_t n = nghttp2_session_mem_recv(
        session, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    in_callback = false;
    if (n < 0) {
      // A flood is the peer's fault as bad bytes are; nghttp2 has queued the GOAWAY where it can.
      broken = Error(Code::kUnavailable, cat("http2: ", nghttp2_strerror(static_cast<int>(n))));
      if (n == NGHTTP2_ERR_BAD_CLIENT_MAGIC) nghttp2_session_terminate_session(session, 1);
      flush();
      down(*broken);
      return;
    }
    if (budget < 0 && !terminated) {
      terminated = true;
      nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
    }
  }

  void scheduleFlush() {
    if (!is_down && !flush_timer.armed()) flush_timer.armAt(loop.clock().now());
  }
  void flush() {
    if (is_down || in_callback || flushing) return;
    flushing = true;
    std::optional<Error> lost;
    bool blocked = false;
    while (!blocked && !lost) {
      if (out_sent == out.size()) {
        out.clear();
        out_sent = 0;
        collect(lost);
        if (out.empty()) break;
      }
      const io::IoResult r = raw->tryWrite(std::string_view(out).substr(out_sent));
      if (r.state == io::IoState::kDone) {
        out_sent += r.bytes;
        stall_timer.cancel();
      } else if (r.state == io::IoState::kWouldBlock) {
        blocked = true;
      } else {
        const std::string why = raw->lastError();
        lost = Error(Code::kUnavailable, why.empty() ? "connection was closed" : why);
      }
    }
    flushing = false;
    if (blocked && !stall_timer.armed()) stall_timer.armAfter(limits.write_stall_timeout);
    if (lost) return down(*lost);
    if (!blocked && (terminated || (nghttp2_session_want_read(session) == 0 &&
                                    nghttp2_session_want_write(session) == 0))) {
      down(broken.value_or(Error(Code::kUnavailable, "http2: connection is closed")));
    }
  }
  // Takes frames from nghttp2 until about one write's worth is there.
  void collect(std::optional<Error>& lost) {
    while (out.size() < 2 * kReadChunk) {
      const uint8_t* data = nullptr;
      in_callback = true;
      const ssize_t n = nghttp2_session_mem_send(session, &data);
      in_callback = false;
      if (n < 0) {
        lost = Error(Code::kUnavailable, cat("http2: ", nghttp2_strerror(static_cast<int>(n))));
        return;
      }
      if (n == 0) return;
      out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(n));
    }
  }
  void down(const Error& error) {
    if (std::exchange(is_down, true)) return;
    flush_timer.cancel();
    stall_timer.cancel();
    events.onDown(error);
  }

  void spend(double cost) {
    const Instant now = loop.clock().now();
    budget = std::min(kGlitchBurst, budget + (now - budget_at).seconds() * kGlitchPerSecond);
    budget_at = now;
    budget -= cost;
  }

  StreamState* find(int32_t id) {
    const auto i = streams.find(id);
    return i == streams.end() ? nullptr : &i->second;
  }
  const StreamState* find(int32_t id) const { return const_cast<State*>(this)->find(id); }

  // --- nghttp2's callbacks
  static State& self(void* user_data) { return *static_cast<State*>(user_data); }
  static void setCallbacks(nghttp2_session_callbacks* c) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        c, [](nghttp2_session*, const nghttp2_frame* f, void* u) { return self(u).onBegin(*f); });
    nghttp2_session_callbacks_set_on_header_callback(
        c, [](nghttp2_session*, const nghttp2_frame* f, const uint8_t* name, size_t name_size,
              const uint8_t* value, size_t value_size, uint8_t, void* u) {
          return self(u).onHeader(f->hd.stream_id, {reinterpret_cast<const char*>(name), name_size},
                                  {reinterpret_cast<const char*>(value), value_size});
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        c, [](nghttp2_session*, const nghttp2_frame* f, void* u) { return self(u).onFrame(*f); });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        c, [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t n, void* u) {
          if (self(u).find(id) != nullptr) {
            self(u).events.onData(id, {reinterpret_cast<const char*>(data), n});
          }
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        c, [](nghttp2_session*, int32_t id, uint32_t error, void* u) {
          State& s = self(u);
          StreamState* stream = s.find(id);
          if (stream == nullptr) return 0;
          s.streams.erase(id);
          s.events.onClosed(id, error, error == NGHTTP2_REFUSED_STREAM);
          return 0;
        });
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
        c, [](nghttp2_session*, const nghttp2_frame*, int, void* u) {
          self(u).spend(10);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_send_callback(c, [](nghttp2_session* session,
                                                               const nghttp2_frame* f, void* u) {
      // The answer is complete and the request is not: tell the peer that the rest is not wanted.
      State& s = self(u);
      const bool data_or_head = f->hd.type == NGHTTP2_DATA || f->hd.type == NGHTTP2_HEADERS;
      if (!s.limits.server || !data_or_head || (f->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
        return 0;
      }
      const StreamState* stream = s.find(f->hd.stream_id);
      if (stream != nullptr && !stream->remote_ended) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, f->hd.stream_id, NGHTTP2_NO_ERROR);
      }
      return 0;
    });
  }

  int onBegin(const nghttp2_frame& f) {
    if (f.hd.type != NGHTTP2_HEADERS) return 0;
    const int32_t id = f.hd.stream_id;
    if (limits.server && find(id) == nullptr) {
      if (streams.size() >= limits.max_streams || draining) {
        spend(1);
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
        return 0;
      }
      streams[id];
    }
    StreamState* s = find(id);
    if (s == nullptr) return 0;
    s->head = H2Head();
    s->head_bytes = 0;
    return 0;
  }
  int onHeader(int32_t id, std::string_view name, std::string_view value) {
    StreamState* s = find(id);
    if (s == nullptr) return 0;
    s->head_bytes += name.size() + value.size() + 32;  // as SETTINGS_MAX_HEADER_LIST_SIZE counts
    if (s->head_bytes > limits.max_head_bytes ||
        s->head.headers.entries().size() >= limits.max_headers) {
      spend(10);
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    if (name == ":method")
      s->head.method = value;
    else if (name == ":scheme")
      s->head.scheme = value;
    else if (name == ":authority")
      s->head.authority = value;
    else if (name == ":path")
      s->head.path = value;
    else if (name == ":status")
      s->head.status = static_cast<int>(parseInt(value).value_or(0));
    else
      s->head.headers.add(std::string(name), std::string(value));
    return 0;
  }
  int onFrame(const nghttp2_frame& f) {
    const bool end = (f.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    const bool ack = (f.hd.flags & NGHTTP2_FLAG_ACK) != 0;
    switch (f.hd.type) {
      case NGHTTP2_HEADERS:
        onHeadersFrame(f.hd.stream_id, end);
        break;
      case NGHTTP2_DATA:
        if (!end && f.hd.length == 0) spend(1);
        if (end) remoteEnd(f.hd.stream_id, {});
        break;
      case NGHTTP2_PING:
      case NGHTTP2_SETTINGS:
        if (!ack) spend(1);
        break;
      case NGHTTP2_RST_STREAM:
        spend(1);
        break;
      case NGHTTP2_PRIORITY:
        spend(0.5);
        break;
      case NGHTTP2_WINDOW_UPDATE:
        if (f.window_update.window_size_increment < 256) spend(0.5);
        break;
      case NGHTTP2_GOAWAY:
        draining = true;
        events.onGoAway();
        break;
      default:
        break;
    }
    return 0;
  }
  void onHeadersFrame(int32_t id, bool end) {
    StreamState* s = find(id);
    if (s == nullptr) return;
    if (!limits.server && s->head.status / 100 == 1) return;  // 100 Continue and friends
    if (s->head_seen) return remoteEnd(id, std::move(s->head.headers));
    s->head_seen = true;
    H2Head head = std::exchange(s->head, H2Head());
    if (limits.server) {
      const bool asterisk = head.path == "*" && head.method == "OPTIONS";
      if (head.path.empty() || (head.path[0] != '/' && !asterisk) || head.method == "CONNECT" ||
          head.path.find_first_of(std::string_view("\0 #\t", 4)) != std::string::npos) {
        reset(id, NGHTTP2_PROTOCOL_ERROR);
        return;
      }
      if (head.authority.empty()) head.authority = head.headers.get("host").value_or("");
    }
    s->remote_ended = end;
    events.onHead(id, std::move(head), end);
    if (end) events.onEnd(id, {});
  }
  void remoteEnd(int32_t id, Headers trailers) {
    StreamState* s = find(id);
    if (s == nullptr || s->remote_ended) return;
    s->remote_ended = true;
    events.onEnd(id, std::move(trailers));
  }

  // --- sending
  nghttp2_data_provider provider() {
    nghttp2_data_provider p{};
    p.source.ptr = nullptr;
    p.read_callback = [](nghttp2_session*, int32_t id, uint8_t* to, size_t length, uint32_t* flags,
                         nghttp2_data_source*,
                         void* u) -> ssize_t { return self(u).provide(id, to, length, flags); };
    return p;
  }
  ssize_t provide(int32_t id, uint8_t* to, size_t length, uint32_t* flags) {
    StreamState* s = find(id);
    if (s == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const size_t n = std::min(length, s->out.size() - s->sent);
    if (n == 0 && !s->ended) {
      s->deferred = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    std::copy_n(s->out.data() + s->sent, n, to);
    s->sent += n;
    s->sent_total += n;
    const size_t left = s->out.size() - s->sent;
    if (left == 0) {
      s->out.clear();
      s->sent = 0;
      if (s->out.capacity() > 2 * limits.write_buffer_bytes) std::string().swap(s->out);
    } else if (s->sent > 256 << 10) {
      s->out.erase(0, s->sent);
      s->sent = 0;
    }
    if (left == 0 && s->ended) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!s->trailers.entries().empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        NvList list;
        list.addAll(s->trailers);
        const auto& nv = list.done();
        nghttp2_submit_trailer(session, id, nv.data(), nv.size());
      }
    }
    if (s->above && left <= limits.write_buffer_bytes / 2) {
      s->above = false;
      events.onRoom(id);
    }
    return static_cast<ssize_t>(n);
  }
  void wakeProvider(int32_t id, StreamState& s) {
    if (std::exchange(s.deferred, false)) nghttp2_session_resume_data(session, id);
    scheduleFlush();
  }
  void reset(int32_t id, uint32_t error) {
    if (is_down || find(id) == nullptr) return;
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, error);
    scheduleFlush();
  }

  io::Loop& loop;
  const H2Limits limits;
  H2Events& events;
  std::unique_ptr<io::Stream> raw;
  nghttp2_session* session = nullptr;
  std::unordered_map<int32_t, StreamState> streams;
  io::Timer flush_timer, stall_timer;
  std::string out;
  size_t out_sent = 0;
  double budget;
  Instant budget_at, last_received;
  std::optional<Error> broken;
  bool is_down = false, in_callback = false, flushing = false, terminated = false, draining = false;
};

H2Session::H2Session(io::Loop& loop, std::unique_ptr<io::Stream> stream, const H2Limits& limits,
                     H2Events& events)
    : state_(std::make_unique<State>(loop, std::move(stream), limits, events)) {}
H2Session::~H2Session() = default;

void H2Session::begin(std::string_view early) {
  state_->begin(early);
}

Result<int32_t> H2Session::request(const H2Head& head, bool end) {
  State& s = *state_;
  if (s.is_down || s.draining) return fail(Code::kUnavailable, "http2: connection is going away");
  NvList list;
  list.add(":method", head.method);
  list.add(":scheme", head.scheme);
  list.add(":authority", head.authority);
  list.add(":path", head.path);
  list.addAll(head.headers);
  const auto& nv = list.done();
  nghttp2_data_provider provider = s.provider();
  const int32_t id = nghttp2_submit_request(s.session, nullptr, nv.data(), nv.size(),
                                            end ? nullptr : &provider, nullptr);
  if (id < 0) return fail(Code::kUnavailable, cat("http2: ", nghttp2_strerror(id)));
  s.streams[id].ended = end;
  s.scheduleFlush();
  return id;
}

void H2Session::respond(int32_t id, int status, const Headers& headers, bool end) {
  State& s = *state_;
  State::StreamState* stream = s.find(id);
  if (s.is_down || stream == nullptr) return;
  NvList list;
  list.add(":status", cat(status));
  list.addAll(headers);
  const auto& nv = list.done();
  nghttp2_data_provider provider = s.provider();
  stream->ended = end;
  nghttp2_submit_response(s.session, id, nv.data(), nv.size(), end ? nullptr : &provider);
  s.scheduleFlush();
}

void H2Session::write(int32_t id, std::string_view bytes) {
  State::StreamState* stream = state_->find(id);
  if (state_->is_down || stream == nullptr || stream->ended) return;
  stream->out.append(bytes);
  if (stream->out.size() - stream->sent > state_->limits.write_buffer_bytes / 2)
    stream->above = true;
  state_->wakeProvider(id, *stream);
}

void H2Session::finish(int32_t id, Headers trailers) {
  State::StreamState* stream = state_->find(id);
  if (state_->is_down || stream == nullptr || stream->ended) return;
  stream->ended = true;
  stream->trailers = std::move(trailers);
  state_->wakeProvider(id, *stream);
}

void H2Session::reset(int32_t id, uint32_t error) {
  state_->reset(id, error);
}

void H2Session::consume(int32_t id, size_t bytes) {
  if (state_->is_down || bytes == 0) return;
  if (state_->find(id) != nullptr) {
    nghttp2_session_consume(state_->session, id, bytes);
  } else {
    nghttp2_session_consume_connection(state_->session, bytes);
  }
  state_->scheduleFlush();
}

size_t H2Session::buffered(int32_t id) const {
  const State::StreamState* stream = state_->find(id);
  return stream == nullptr ? 0 : stream->out.size() - stream->sent;
}

uint64_t H2Session::sentBytes(int32_t id) const {
  const State::StreamState* stream = state_->find(id);
  return stream == nullptr ? 0 : stream->sent_total;
}

bool H2Session::idle() const {
  return state_->out_sent == state_->out.size() && nghttp2_session_want_write(state_->session) == 0;
}
size_t H2Session::streams() const {
  return state_->streams.size();
}
bool H2Session::canOpen() const {
  return !state_->is_down && !state_->draining &&
         state_->streams.size() < nghttp2_session_get_remote_settings(
                                      state_->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}
void H2Session::goAway() {
  if (state_->is_down || state_->draining) return;
  state_->draining = true;
  nghttp2_submit_goaway(state_->session, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(state_->session), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  state_->scheduleFlush();
}
void H2Session::ping() {
  if (state_->is_down) return;
  nghttp2_submit_ping(state_->session, NGHTTP2_FLAG_NONE, nullptr);
  state_->scheduleFlush();
}
Instant H2Session::lastReceived() const {
  return state_->last_received;
}
void H2Session::close(uint32_t error) {
  if (state_->is_down) return;
  state_->terminated = true;
  nghttp2_session_terminate_session(state_->session, error);
  state_->scheduleFlush();
}
io::Stream& H2Session::stream() {
  return *state_->raw;
}

}  // namespace meshka::net
