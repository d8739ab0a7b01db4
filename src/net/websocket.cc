#include "net/websocket.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/strings.h"
#include "net/wake.h"
#include "net/websocket_frames.h"

namespace meshka::net {
namespace {

constexpr uint16_t kCloseNormal = 1000, kCloseProtocolError = 1002, kCloseNoStatus = 1005,
                   kCloseTooBig = 1009;

class Socket final : public WebSocket, private io::StreamEvents {
 public:
  Socket(io::Loop& loop, Rng& rng, std::unique_ptr<io::Stream> stream, bool is_client,
         size_t max_message)
      : rng_(rng),
        stream_(std::move(stream)),
        is_client_(is_client),
        reader_(!is_client, max_message),
        read_wake_(loop),
        write_wake_(loop) {
    stream_->setEvents(this);
  }
  ~Socket() override { stream_->setEvents(nullptr); }

  io::Task<Result<WebSocketMessage>> read() override {
    for (;;) {
      if (closed_in_) co_return fail(Code::kUnavailable, "websocket is closed");
      auto frame = reader_.next();
      if (!frame) {
        close(frame.error().code() == Code::kTooLarge ? kCloseTooBig : kCloseProtocolError,
              frame.error().message());
        closed_in_ = true;
        co_return fail(frame.error());
      }
      if (*frame) {
        if (auto message = take(std::move(**frame))) co_return std::move(*message);
        continue;
      }
      if (!pump()) {
        if (!lost_.empty()) {
          closed_in_ = true;
          co_return fail(Code::kUnavailable, lost_);
        }
        co_await read_wake_.wait();
      }
    }
  }
  io::Task<Result<void>> write(WebSocketMessage::Type type, std::string_view payload) override {
    writeNow(type, payload);
    while (lost_.empty() && buffered() > kWebSocketBuffer) co_await write_wake_.wait();
    if (!lost_.empty()) co_return fail(Code::kUnavailable, lost_);
    co_return Result<void>();
  }
  void writeNow(WebSocketMessage::Type type, std::string_view payload) override {
    if (closed_out_ || type == WebSocketMessage::Type::kClose) return;
    send(type == WebSocketMessage::Type::kText ? Opcode::kText : Opcode::kBinary, payload);
  }
  size_t buffered() const override { return out_.size() - sent_; }
  void ping() override {
    if (!closed_out_) send(Opcode::kPing, {});
  }
  void close(uint16_t code, std::string_view reason) override {
    if (std::exchange(closed_out_, true)) return;
    std::string payload;
    if (code != kCloseNoStatus) {
      payload.push_back(static_cast<char>(code >> 8));
      payload.push_back(static_cast<char>(code & 255));
      payload.append(reason.substr(0, 120));
    }
    closed_out_ = false;
    send(Opcode::kClose, payload);
    closed_out_ = true;
  }
  io::Task<Result<void>> flush() override {
    while (lost_.empty() && buffered() != 0) co_await write_wake_.wait();
    if (!lost_.empty()) co_return fail(Code::kUnavailable, lost_);
    co_return Result<void>();
  }

 private:
  // nullopt: a control frame that was dealt with.
  std::optional<WebSocketMessage> take(Frame frame) {
    using Type = WebSocketMessage::Type;
    switch (frame.opcode) {
      case Opcode::kText:
        return WebSocketMessage{Type::kText, std::move(frame.payload)};
      case Opcode::kBinary:
        return WebSocketMessage{Type::kBinary, std::move(frame.payload)};
      case Opcode::kPing:
        // A peer that pings without reading makes us hold pongs: beyond the buffer they are
        // dropped.
        if (!closed_out_ && buffered() < kWebSocketBuffer) send(Opcode::kPong, frame.payload);
        return std::nullopt;
      case Opcode::kClose: {
        WebSocketMessage out{Type::kClose, {}, kCloseNoStatus};
        if (frame.payload.size() >= 2) {
          out.close_code = static_cast<uint16_t>(static_cast<unsigned char>(frame.payload[0]) << 8 |
                                                 static_cast<unsigned char>(frame.payload[1]));
          out.payload = frame.payload.substr(2);
        }
        close(frame.payload.size() >= 2 ? out.close_code : kCloseNormal, {});
        closed_in_ = true;
        return out;
      }
      default:
        return std::nullopt;
    }
  }
  void send(Opcode opcode, std::string_view payload) {
    if (!lost_.empty()) return;
    appendFrame(out_, opcode, payload, is_client_ ? rng_.bytes(4) : std::string());
    trySend();
  }
  // Reads once; false when nothing is there.
  bool pump() {
    char buffer[kReadChunk];
    if (!lost_.empty()) return false;
    const io::IoResult r = stream_->tryRead(buffer);
    if (r.state == io::IoState::kDone) {
      reader_.feed({buffer, r.bytes});
      return true;
    }
    if (r.state == io::IoState::kEof) lose("connection was closed");
    if (r.state == io::IoState::kError) lose(stream_->lastError());
    return false;
  }
  void trySend() {
    while (sent_ < out_.size()) {
      const io::IoResult r = stream_->tryWrite(std::string_view(out_).substr(sent_));
      if (r.state == io::IoState::kWouldBlock) break;
      if (r.state != io::IoState::kDone) return lose(stream_->lastError());
      sent_ += r.bytes;
    }
    if (sent_ == out_.size() || sent_ > kWebSocketBuffer) {
      out_.erase(0, sent_);
      sent_ = 0;
    }
    if (buffered() <= kWebSocketBuffer / 2) write_wake_.fire();
  }
  void lose(std::string why) {
    if (lost_.empty()) lost_ = why.empty() ? "connection lost" : std::move(why);
    read_wake_.fire();
    write_wake_.fire();
  }
  void onReadable() override { read_wake_.fire(); }
  void onWritable() override { trySend(); }

  Rng& rng_;
  std::unique_ptr<io::Stream> stream_;
  const bool is_client_;
  FrameReader reader_;
  Wake read_wake_, write_wake_;
  std::string out_, lost_;
  size_t sent_ = 0;
  bool closed_in_ = false, closed_out_ = false;
};

std::vector<std::string> offeredProtocols(const Headers& headers) {
  std::vector<std::string> out;
  for (std::string_view value : headers.getAll("sec-websocket-protocol")) {
    for (std::string_view part : split(value, ',')) {
      if (!trim(part).empty()) out.emplace_back(trim(part));
    }
  }
  return out;
}

Code codeOfStatus(int status) {
  switch (status) {
    case 400:
      return Code::kInvalid;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kForbidden;
    case 404:
      return Code::kNotFound;
    default:
      return Code::kUnavailable;
  }
}

}  // namespace

std::string webSocketAccept(std::string_view key) {
  const std::string text = cat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned n = 0;
  EVP_Digest(text.data(), text.size(), digest, &n, EVP_sha1(), nullptr);
  return base64Encode({reinterpret_cast<char*>(digest), n});
}

bool isWebSocketRequest(const ServerRequest& request) {
  return headerHasToken(request.headers, "connection", "upgrade") &&
         headerHasToken(request.headers, "upgrade", "websocket");
}

std::unique_ptr<WebSocket> newWebSocket(io::Loop& loop, Rng& rng,
                                        std::unique_ptr<io::Stream> stream, bool is_client,
                                        size_t max_message) {
  return std::make_unique<Socket>(loop, rng, std::move(stream), is_client, max_message);
}

Result<AcceptedWebSocket> acceptWebSocket(io::Loop& loop, Rng& rng, const ServerRequest& request,
                                          ResponseWriter& response,
                                          const std::vector<std::string>& supported,
                                          size_t max_message) {
  const auto refuse = [&](std::string_view why) {
    respond(response, 400, "text/plain", cat(why, "\n"));
    return fail(Code::kInvalid, std::string(why));
  };
  const auto key = request.headers.get("sec-websocket-key");
  const auto raw = key ? base64Decode(*key) : std::nullopt;
  if (!isWebSocketRequest(request) || request.method != "GET")
    return refuse("websocket: not a handshake");
  if (request.headers.get("sec-websocket-version").value_or("") != "13") {
    return refuse("websocket: version must be 13");
  }
  if (!raw || raw->size() != 16 || request.headers.getAll("sec-websocket-key").size() != 1) {
    return refuse("websocket: bad Sec-WebSocket-Key");
  }
  const auto offered = offeredProtocols(request.headers);
  std::string chosen;
  for (const std::string& s : supported) {
    if (chosen.empty() && std::find(offered.begin(), offered.end(), s) != offered.end()) chosen = s;
  }
  // "" among the supported ones means that a client may come without.
  const bool may_lack =
      offered.empty() &&
      (supported.empty() || std::find(supported.begin(), supported.end(), "") != supported.end());
  if (chosen.empty() && !may_lack) return refuse("websocket: no subprotocol that both sides speak");
  Headers headers;
  headers.add("Upgrade", "websocket");
  headers.add("Sec-WebSocket-Accept", webSocketAccept(*key));
  if (!chosen.empty()) headers.add("Sec-WebSocket-Protocol", chosen);
  auto stream = response.upgrade(std::move(headers));
  if (!stream) return refuse(stream.error().message());
  return AcceptedWebSocket{newWebSocket(loop, rng, std::move(*stream), false, max_message), chosen};
}

io::Task<Result<AcceptedWebSocket>> connectWebSocket(io::Loop& loop, Rng& rng, HttpClient& client,
                                                     std::string target, Headers headers,
                                                     std::vector<std::string> protocols,
                                                     Instant deadline, size_t max_message) {
  ClientRequest request{
      .target = std::move(target), .headers = std::move(headers), .upgrade = true};
  const std::string key = base64Encode(rng.bytes(16));
  request.headers.set("Connection", "Upgrade");
  request.headers.set("Upgrade", "websocket");
  request.headers.set("Sec-WebSocket-Version", "13");
  request.headers.set("Sec-WebSocket-Key", key);
  if (!protocols.empty()) request.headers.set("Sec-WebSocket-Protocol", join(protocols, ", "));
  MESHKA_CO_TRY(ClientResponse response, co_await client.send(std::move(request), deadline));
  if (!response.upgraded) {
    std::string text;
    if (response.body) {
      if (auto body = co_await readAll(*response.body, 64 << 10)) text = std::move(*body);
    }
    co_return fail(
        codeOfStatus(response.status),
        cat("websocket: server answered ", response.status, text.empty() ? "" : ": ", text));
  }
  const std::string protocol(response.headers.get("sec-websocket-protocol").value_or(""));
  if (!headerHasToken(response.headers, "upgrade", "websocket") ||
      response.headers.get("sec-websocket-accept").value_or("") != webSocketAccept(key) ||
      (!protocol.empty() &&
       std::find(protocols.begin(), protocols.end(), protocol) == protocols.end())) {
    co_return fail(Code::kUnavailable, "websocket: server's handshake is wrong");
  }
  co_return AcceptedWebSocket{
      newWebSocket(loop, rng, std::move(response.upgraded), true, max_message), protocol};
}

}  // namespace meshka::net
