#include "net/websocket.h"

#include "net/client.h"
#include "net/server.h"
#include "net/test/testing.h"
#include "net/websocket_frames.h"

namespace meshka::net::test {
namespace {

TEST(WebSocket, AcceptKey) {  // RFC 6455 section 1.3
  EXPECT_EQ(webSocketAccept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

std::string frames(std::string_view bytes, bool masked = false, size_t step = 0) {
  FrameReader reader(masked, 1000);
  std::string out;
  if (step == 0) step = bytes.size() + 1;
  for (size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(bytes.substr(at, step));
    for (;;) {
      auto f = reader.next();
      if (!f) return cat(out, "!", f.error().message());
      if (!*f) break;
      out += cat(static_cast<int>((*f)->opcode), ":", (*f)->payload, ";");
    }
  }
  return out;
}

TEST(WebSocket, Frames) {
  const std::string two = std::string("\x81\x05hello\x82\x01x", 10);
  EXPECT_EQ(frames(two), "1:hello;2:x;");
  EXPECT_EQ(frames(two, false, 1), "1:hello;2:x;");
  // The RFC's masked "Hello", fragmented text with a ping inside.
  EXPECT_EQ(frames(std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11), true),
            "1:Hello;");
  EXPECT_EQ(frames(std::string("\x01\x03Hel\x89\x01p\x80\x02lo", 12)), "9:p;1:Hello;");
  struct Case {
    std::string bytes, want;
  };
  const Case bad[] = {
      {std::string("\xc1\x01x", 3), "!websocket: reserved bits are set"},
      {std::string("\x83\x01x", 3), "!websocket: unknown opcode"},
      {std::string("\x81\x81"
                   "1234x",
                   7),
       "!websocket: wrong masking"},
      {std::string("\x80\x01x", 3), "!websocket: continuation out of place"},
      {std::string("\x01\x01x\x81\x01y", 6), "!websocket: continuation out of place"},
      {std::string("\x09\x01x", 3), "!websocket: fragmented or long control frame"},
      {std::string("\x81\x7e\x00\x05hello", 9), "!websocket: length is not in its shortest form"},
      {std::string("\x81\x7e\x04\x00", 4), "!websocket: message is too large"},
      {std::string("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10),
       "!websocket: message is too large"},
      {std::string("\x81\x02\xc0\x80", 4), "!websocket: text is not UTF-8"},
  };
  for (const Case& c : bad) EXPECT_EQ(frames(c.bytes), c.want);
  for (size_t n : {0u, 125u, 126u, 900u}) {
    std::string wire;
    appendFrame(wire, Opcode::kBinary, std::string(n, 'q'), "abcd");
    EXPECT_EQ(frames(wire, true), cat("2:", std::string(n, 'q'), ";"));
  }
}

class EchoHandler final : public Handler {
 public:
  EchoHandler(io::Loop& loop, Rng& rng) : loop_(loop), rng_(rng) {}
  io::Task<void> serve(ServerRequest& request, ResponseWriter& response) override {
    auto accepted =
        acceptWebSocket(loop_, rng_, request, response, {"v5.channel.k8s.io", "v4.channel.k8s.io"});
    if (!accepted) co_return;
    ++open;
    for (;;) {
      auto m = co_await accepted->socket->read();
      if (!m || m->type == WebSocketMessage::Type::kClose) break;
      if (m->payload == "bye") accepted->socket->close(1001, "going");
      if (auto ok = co_await accepted->socket->write(m->type, m->payload); !ok) break;
    }
    --open;
  }
  int open = 0;

 private:
  io::Loop& loop_;
  Rng& rng_;
};

struct Fixture {
  Fixture() : network(loop, 3000), handler(loop, rng), server(loop, handler) {
    EXPECT_OK(server.listen(network, {"10.0.0.1", 80}));
    client = newHttpClient(loop, network, {.endpoint = {"10.0.0.1", 80}});
  }
  TestLoop loop;
  SeededRng rng{3};
  TestNetwork network;
  EchoHandler handler;
  HttpServer server;
  std::unique_ptr<HttpClient> client;
};

io::Task<void> talk(Fixture& f, std::vector<std::string> protocols, std::string& log) {
  auto ws = co_await connectWebSocket(f.loop, f.rng, *f.client, "/exec", {}, std::move(protocols),
                                      kNever);
  if (!ws) {
    log = ws.error().message();
    co_return;
  }
  log = cat(ws->protocol, ";");
  WebSocket& s = *ws->socket;
  for (std::string text : {std::string("hi"), std::string(200'000, 'z'), std::string()}) {
    EXPECT_OK(co_await s.write(WebSocketMessage::Type::kBinary, text));
    auto m = co_await s.read();
    log += m && m->payload == text ? "same;" : "different;";
  }
  s.ping();
  EXPECT_OK(co_await s.write(WebSocketMessage::Type::kText, "bye"));
  auto m = co_await s.read();
  log += m && m->type == WebSocketMessage::Type::kClose ? cat(m->close_code, " ", m->payload)
                                                        : "no close";
  EXPECT_FALSE((co_await s.read()).has_value());
}

TEST(WebSocket, EndToEnd) {
  Fixture f;
  std::string log;
  f.loop.run(talk(f, {"x", "v4.channel.k8s.io"}, log));
  EXPECT_EQ(log, "v4.channel.k8s.io;same;same;same;1001 going");
  f.loop.settle();
  EXPECT_EQ(f.handler.open, 0);
  f.loop.run(talk(f, {"unknown"}, log));
  EXPECT_CONTAINS(log, "websocket: server answered 400: websocket: no subprotocol");
}

io::Task<void> vanish(Fixture& f) {
  auto ws =
      co_await connectWebSocket(f.loop, f.rng, *f.client, "/", {}, {"v5.channel.k8s.io"}, kNever);
  EXPECT_OK(ws);
  EXPECT_EQ(f.handler.open, 1);
}

TEST(WebSocket, CutConnection) {
  Fixture f;
  f.loop.run(vanish(f));
  f.loop.settle();
  EXPECT_EQ(f.handler.open, 0);
  EXPECT_EQ(f.server.connections(), 0u);
}

}  // namespace
}  // namespace meshka::net::test
