// The server under bytes of HTTP/1.1 and together with the client under both versions.
#include "net/server.h"

#include <nghttp2/nghttp2.h>

#include "net/client.h"
#include "net/test/handlers.h"

namespace meshka::net::test {
namespace {

const io::Endpoint kAt{"10.0.0.1", 80};

struct Fixture {
  explicit Fixture(bool http2 = false, ServerLimits limits = {}, size_t wire = 64 << 10)
      : network(loop, wire), handler(loop), server(loop, handler, {.limits = limits}) {
    EXPECT_OK(server.listen(network, kAt));
    client = newHttpClient(loop, network, {.endpoint = kAt, .http2_prior_knowledge = http2});
  }
  std::unique_ptr<Probe> raw() {
    StreamPair pair = newStreamPair(loop, 64 << 10);
    server.serve(std::move(pair.b));
    return std::make_unique<Probe>(std::move(pair.a));
  }
  TestLoop loop;
  TestNetwork network;
  TestHandler handler;
  HttpServer server;
  std::unique_ptr<HttpClient> client;
};

struct Got {
  int status = 0;
  std::string body;
  Headers headers, trailers;
  std::string error;
};
io::Task<void> fetch(HttpClient& client, ClientRequest request, Instant deadline, Got& got) {
  auto response = co_await client.send(std::move(request), deadline);
  if (!response) {
    got.error = cat(toString(response.error().code()), ": ", response.error().message());
    co_return;
  }
  got.status = response->status;
  got.headers = response->headers;
  if (!response->body) co_return;
  auto body = co_await readAll(*response->body, 64 << 20);
  if (!body) {
    got.error = body.error().message();
    co_return;
  }
  got.body = std::move(*body);
  if (const Headers* t = response->body->trailers()) got.trailers = *t;
}
Got fetch(Fixture& f, ClientRequest request) {
  Got got;
  f.loop.run(fetch(*f.client, std::move(request), kNever, got));
  return got;
}

TEST(HttpServer, KeepAliveAndPipelining) {
  Fixture f;
  auto c = f.raw();
  c->send(
      "GET /hello?a HTTP/1.1\r\nHost: x\r\n\r\nGET /wait HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /hello?b HTTP/1.1\r\nHost: x\r\n\r\n");
  f.loop.settle();
  EXPECT_CONTAINS(c->received, "hello a");
  EXPECT_TRUE(c->received.find("waited") == std::string::npos);
  EXPECT_EQ(f.handler.started, 2);
  f.loop.advance(seconds(6));
  const size_t waited = c->received.find("waited"), last = c->received.find("hello b");
  EXPECT_TRUE(waited != std::string::npos && last != std::string::npos && waited < last);
  EXPECT_FALSE(c->ended);
  f.loop.advance(seconds(200));  // idle
  EXPECT_TRUE(c->ended);
  EXPECT_EQ(f.server.connections(), 0u);
}

TEST(HttpServer, HeadOfAWatchGoesOutAtOnce) {
  Fixture f;
  auto c = f.raw();
  c->send("GET /head-then-wait HTTP/1.1\r\nHost: x\r\n\r\n");
  f.loop.settle();
  EXPECT_CONTAINS(c->received, "HTTP/1.1 200 OK\r\n");
  EXPECT_CONTAINS(c->received, "Transfer-Encoding: chunked\r\n");
}

TEST(HttpServer, ExpectContinue) {
  Fixture f;
  auto c = f.raw();
  c->send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  f.loop.settle();
  EXPECT_EQ(c->received, "HTTP/1.1 100 Continue\r\n\r\n");
  c->send("ok");
  f.loop.settle();
  EXPECT_CONTAINS(c->received, "2\r\nok\r\n0\r\n\r\n");
  // A handler that does not want the body: no 100, and the connection is not used again.
  auto d = f.raw();
  d->send(
      "POST /ignore-body HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  f.loop.settle();
  EXPECT_TRUE(d->received.starts_with("HTTP/1.1 200"));
  EXPECT_CONTAINS(d->received, "Connection: close\r\n");
  EXPECT_TRUE(d->ended);
}

TEST(HttpServer, MalformedGets400AndClose) {
  Fixture f;
  auto c = f.raw();
  c->send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
  f.loop.settle();
  EXPECT_TRUE(c->received.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(c->ended);
  EXPECT_EQ(f.handler.started, 0);
  auto d = f.raw();
  d->send(cat("GET / HTTP/1.1\r\nHost: x\r\nA: ", std::string(70 << 10, 'a')));
  f.loop.settle();
  EXPECT_TRUE(d->received.starts_with("HTTP/1.1 431 "));
}

TEST(HttpServer, SlowHeadIsCut) {
  Fixture f;
  auto c = f.raw();
  c->send("GET / HT");
  for (int i = 0; i < 4; ++i) {
    f.loop.advance(seconds(9));
    c->send("T");  // drip
  }
  f.loop.settle();
  EXPECT_TRUE(c->ended);
}

TEST(HttpServer, UnreadBodyIsDroppedOrCut) {
  Fixture f;
  auto c = f.raw();
  c->send("POST /ignore-body HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
  f.loop.settle();
  EXPECT_CONTAINS(c->received, "ignored");
  c->send(std::string(100000, 'a'));
  c->send("GET /hello?z HTTP/1.1\r\nHost: x\r\n\r\n");
  f.loop.settle();
  EXPECT_CONTAINS(c->received, "hello z");
  auto d = f.raw();
  d->send("POST /ignore-body HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n");
  f.loop.settle();
  d->send(std::string(1000000, 'a'));
  f.loop.advance(seconds(3));
  EXPECT_TRUE(d->ended);
}

TEST(HttpServer, DisconnectCancelsTheHandler) {
  Fixture f;
  auto c = f.raw();
  c->send("GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
  f.loop.settle();
  EXPECT_EQ(f.handler.running, 1);
  c->close();
  f.loop.settle();
  EXPECT_EQ(f.handler.running, 0);
  EXPECT_EQ(f.handler.cancelled, 1);
  EXPECT_EQ(f.server.connections(), 0u);
}

TEST(HttpServer, ShortBodyAndAbortAreVisible) {
  for (bool http2 : {false, true}) {
    Fixture f(http2);
    EXPECT_FALSE(fetch(f, {.target = "/short"}).error.empty());
    EXPECT_FALSE(fetch(f, {.target = "/abort"}).error.empty());
    EXPECT_EQ(fetch(f, {.target = "/hello?x"}).body, "hello x");
  }
}

TEST(HttpServer, NoResponseSplitting) {
  Fixture f;
  auto c = f.raw();
  c->send("GET /split HTTP/1.1\r\nHost: x\r\n\r\n");
  f.loop.settle();
  EXPECT_CONTAINS(c->received, "X-Evil: a  Set-Cookie: b\r\n");
}

TEST(HttpServer, SlowReaderHoldsBoundedMemory) {
  for (bool http2 : {false, true}) {
    Fixture f(http2);
    Got got;
    // Opens the stream and never reads the body.
    std::unique_ptr<BodyReader> body;
    struct Op {
      static io::Task<void> open(HttpClient& client, std::unique_ptr<BodyReader>& out) {
        auto r = co_await client.send({.target = "/stream"}, kNever);
        if (r) out = std::move(r->body);
      }
    };
    f.loop.run(Op::open(*f.client, body));
    f.loop.settle();
    ASSERT_TRUE(body != nullptr);
    EXPECT_EQ(f.handler.running, 1);
    EXPECT_TRUE(f.handler.max_buffered <= (64u << 10) + (16u << 10) + 64);
    EXPECT_TRUE(f.handler.written < 4u << 20);
    body.reset();  // gone: the handler goes too
    f.loop.settle();
    EXPECT_EQ(f.handler.running, 0);
    EXPECT_EQ(fetch(f, {.target = "/hello?again"}).body, "hello again");
  }
}

TEST(HttpServer, StalledReaderIsCut) {
  for (bool http2 : {false, true}) {
    Fixture f(http2);
    std::unique_ptr<BodyReader> body;
    struct Op {
      static io::Task<void> open(HttpClient& client, std::unique_ptr<BodyReader>& out) {
        auto r = co_await client.send({.target = "/stream"}, kNever);
        if (r) out = std::move(r->body);
      }
    };
    f.loop.run(Op::open(*f.client, body));
    f.loop.advance(seconds(200));
    EXPECT_EQ(f.handler.running, 0);
  }
}

TEST(HttpServer, MegabyteBothWays) {
  std::string big(1 << 20, '\0');
  for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 131 + i / 977);
  for (bool http2 : {false, true}) {
    for (size_t wire : {1000u, 64u << 10}) {
      Fixture f(http2, {}, wire);
      const Got got = fetch(f, {.method = "POST", .target = "/echo", .body = big});
      EXPECT_EQ(got.error, "");
      EXPECT_TRUE(got.body == big);
      EXPECT_EQ(got.headers.get("x-method").value_or(""), "POST");
      EXPECT_EQ(f.handler.version, http2 ? 20 : 11);
    }
  }
}

TEST(HttpServer, TrailersUnderBothVersions) {
  for (bool http2 : {false, true}) {
    Fixture f(http2);
    const Got got = fetch(f, {.target = "/trailers"});
    EXPECT_EQ(got.body, "body");
    EXPECT_EQ(got.trailers.get("grpc-status").value_or("none"), "0");
  }
}

io::Task<void> many(Fixture& f, io::Group& group, std::vector<Got>& got) {
  for (Got& g : got) EXPECT_TRUE(group.spawn(fetch(*f.client, {.target = "/wait"}, kNever, g)));
  co_await group.drain();
}

TEST(HttpServer, HundredStreamsOnOneConnection) {
  Fixture f(true);
  io::Group group(f.loop, 100);
  std::vector<Got> got(100);
  const Instant before = f.loop.clock().now();
  f.loop.run(many(f, group, got));
  for (const Got& g : got) EXPECT_EQ(g.body, "waited");
  EXPECT_EQ(f.network.connects, 1);
  EXPECT_TRUE(f.loop.clock().now() - before < seconds(6));
}

TEST(HttpServer, ConnectionsAreReused) {
  Fixture f;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fetch(f, {.target = "/hello?k"}).body, "hello k");
  EXPECT_EQ(f.network.connects, 1);
  EXPECT_EQ(fetch(f, {.method = "HEAD", .target = "/hello?k"}).body, "");
  EXPECT_EQ(f.network.connects, 1);
  f.loop.advance(seconds(300));  // both sides gave it up
  EXPECT_EQ(fetch(f, {.target = "/hello?k"}).body, "hello k");
  EXPECT_EQ(f.network.connects, 2);
}

TEST(HttpServer, DeadlineAndRefusal) {
  Fixture f;
  Got got;
  f.loop.run(fetch(*f.client, {.target = "/hang"}, f.loop.clock().now() + seconds(2), got));
  EXPECT_TRUE(got.error.starts_with("Timeout") ||
              got.error.find("deadline exceeded") != std::string::npos);
  f.loop.settle();
  EXPECT_EQ(f.handler.running, 0);
  auto nobody = newHttpClient(f.loop, f.network, {.endpoint = {"10.9.9.9", 80}});
  Got refused;
  f.loop.run(fetch(*nobody, {.target = "/"}, kNever, refused));
  EXPECT_CONTAINS(refused.error, "connection refused");
}

TEST(HttpServer, Upgrade) {
  Fixture f;
  auto c = f.raw();
  c->send("GET /upgrade HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly");
  f.loop.settle();
  EXPECT_TRUE(c->received.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_TRUE(c->received.ends_with("\r\n\r\nwelcome"));
  ASSERT_TRUE(f.handler.upgraded != nullptr);
  EXPECT_EQ(f.handler.upgraded->received, "early");
  c->send(" late");
  f.loop.settle();
  EXPECT_EQ(f.handler.upgraded->received, "early late");

  // Through the client.
  std::unique_ptr<io::Stream> stream;
  struct Op {
    static io::Task<void> open(HttpClient& client, std::unique_ptr<io::Stream>& out) {
      ClientRequest request{.target = "/upgrade", .upgrade = true};
      request.headers.add("Upgrade", "echo");
      auto r = co_await client.send(std::move(request), kNever);
      EXPECT_OK(r);
      if (r) out = std::move(r->upgraded);
    }
  };
  f.loop.run(Op::open(*f.client, stream));
  ASSERT_TRUE(stream != nullptr);
  Probe probe(std::move(stream));
  probe.send("hi");
  f.loop.settle();
  EXPECT_EQ(probe.received, "welcome");
  EXPECT_EQ(f.handler.upgraded->received, "hi");
  // A plain request for it gets an answer, not an upgrade.
  EXPECT_EQ(fetch(f, {.target = "/upgrade"}).status, 400);
  f.handler.upgraded.reset();
}

TEST(HttpServer, GracefulStop) {
  for (bool http2 : {false, true}) {
    Fixture f(http2);
    io::Group group(f.loop, 1);
    Got got;
    group.spawn(fetch(*f.client, {.target = "/wait"}, kNever, got));
    f.loop.settle();
    f.loop.run(f.server.stop(f.loop.clock().now() + seconds(30)));
    f.loop.settle();
    EXPECT_EQ(got.body, "waited");
    EXPECT_EQ(f.server.connections(), 0u);
    // At its deadline stop() cuts what still runs.
    Fixture g(http2);
    Got cut;
    io::Group other(g.loop, 1);
    other.spawn(fetch(*g.client, {.target = "/hang"}, kNever, cut));
    g.loop.settle();
    g.loop.run(g.server.stop(g.loop.clock().now() + seconds(3)));
    g.loop.settle();
    EXPECT_EQ(g.handler.running, 0);
    EXPECT_FALSE(cut.error.empty());
  }
}

// --- HTTP/2 attacks, with frames made by hand

std::string frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string out;
  const auto n = static_cast<uint32_t>(payload.size());
  for (int shift : {16, 8, 0}) out.push_back(static_cast<char>(n >> shift));
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  for (int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(stream >> shift));
  return out.append(payload);
}
const std::string kStart = cat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(4, 0, 0, ""));
// :method GET, :scheme http, :path / (indexed), :authority x
const std::string kGet = std::string("\x82\x86\x84\x41\x01x", 6);

TEST(HttpServer, Http2RapidResetIsCut) {
  Fixture f;
  auto c = f.raw();
  c->send(kStart);
  for (uint32_t i = 0; i < 5000 && !c->ended; ++i) {
    const uint32_t id = 2 * i + 1;
    c->send(cat(frame(1, 5, id, kGet), frame(3, 0, id, std::string_view("\0\0\0\x08", 4))));
    if (i % 50 == 0) f.loop.settle();
  }
  f.loop.settle();
  EXPECT_TRUE(c->ended);
  EXPECT_TRUE(f.handler.started < 1500);
  EXPECT_EQ(f.handler.running, 0);
  EXPECT_EQ(f.server.connections(), 0u);
}

TEST(HttpServer, Http2FloodsAreCut) {
  const std::string floods[] = {
      frame(6, 0, 0, "12345678"),                           // PING
      frame(4, 0, 0, ""),                                   // SETTINGS
      frame(2, 0, 3, std::string_view("\0\0\0\0\x10", 5)),  // PRIORITY
  };
  for (const std::string& flood : floods) {
    Fixture f;
    auto c = f.raw();
    c->send(kStart);
    for (int i = 0; i < 6000 && !c->ended; ++i) {
      c->send(flood);
      if (i % 100 == 0) f.loop.settle();
    }
    f.loop.settle();
    EXPECT_TRUE(c->ended);
  }
  // Empty DATA frames and a CONTINUATION flood.
  Fixture f;
  auto c = f.raw();
  c->send(kStart);
  c->send(frame(1, 4, 1, kGet));
  for (int i = 0; i < 3000; ++i) c->send(frame(0, 0, 1, ""));
  f.loop.settle();
  EXPECT_TRUE(c->ended);
  Fixture g;
  auto d = g.raw();
  d->send(cat(kStart, frame(1, 0, 1, kGet)));
  for (int i = 0; i < 3000; ++i)
    d->send(frame(9, 0, 1,
                  std::string_view("\x10\x01"
                                   "a\x01"
                                   "b",
                                   5)));
  g.loop.settle();
  EXPECT_TRUE(d->ended);
}

TEST(HttpServer, Http2HeaderBombAndBadPaths) {
  Fixture f;
  auto c = f.raw();
  // A 4000 byte header put into the table once and named 100 times: 400 KB of headers in 4 KB.
  std::string bomb = kGet;
  bomb += std::string(
              "\x40\x01"
              "a\x7f\xa1\x1e",
              6) +
          std::string(4000, 'v');  // 4000 = 127 + 0x21 + 30 * 128
  for (int i = 0; i < 100; ++i) bomb += '\xbe';
  c->send(cat(kStart, frame(1, 5, 1, bomb)));
  f.loop.settle();
  EXPECT_EQ(f.handler.started, 0);
  // A path without its slash never reaches a handler (gRPC servers were bypassed so).
  const std::string path = std::string("\x82\x86\x44\x05hello\x41\x01x", 12);
  c->send(frame(1, 5, 3, path));
  f.loop.settle();
  EXPECT_EQ(f.handler.started, 0);
  EXPECT_FALSE(c->ended);
  c->send(frame(1, 5, 5, kGet));
  f.loop.settle();
  EXPECT_EQ(f.handler.started, 1);
}

TEST(HttpServer, Http2Garbage) {
  Fixture f;
  auto c = f.raw();
  c->send(cat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", std::string(100, '\xff')));
  f.loop.settle();
  EXPECT_TRUE(c->ended);
  EXPECT_EQ(f.server.connections(), 0u);
}

}  // namespace
}  // namespace meshka::net::test
