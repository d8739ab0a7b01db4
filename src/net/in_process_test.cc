#include "net/in_process.h"

#include "net/test/handlers.h"

namespace meshka::net::test {
namespace {

io::Task<void> fetch(HttpClient& c, ClientRequest request, Instant deadline, std::string& out) {
  auto r = co_await c.send(std::move(request), deadline);
  if (!r) {
    out = cat("!", r.error().message());
    co_return;
  }
  if (!r->body) {
    out = cat(r->status);
    co_return;
  }
  auto body = co_await readAll(*r->body, 64 << 20);
  out = body ? cat(r->status, " ", *body) : cat("!", body.error().message());
}

TEST(InProcess, Exchanges) {
  TestLoop loop;
  TestHandler handler(loop);
  auto client = newInProcessClient(loop, handler);
  const auto get = [&](ClientRequest request, Instant deadline = kNever) {
    std::string out;
    loop.run(fetch(*client, std::move(request), deadline, out));
    return out;
  };
  EXPECT_EQ(get({.target = "/hello?a"}), "200 hello a");
  EXPECT_TRUE(handler.peer.in_process);
  const std::string big(1 << 20, 'k');
  EXPECT_TRUE(get({.method = "POST", .target = "/echo", .body = big}) == cat("200 ", big));
  EXPECT_EQ(get({.target = "/wait"}), "200 waited");
  EXPECT_EQ(get({.target = "/abort"}), "!response was aborted");
  EXPECT_CONTAINS(get({.target = "/hang"}, loop.clock().now() + seconds(1)), "deadline exceeded");
  loop.settle();
  EXPECT_EQ(handler.running, 0);
  EXPECT_EQ(get({.target = "/upgrade", .upgrade = true}), "101");
  loop.settle();
  EXPECT_TRUE(handler.upgraded->ended);  // the client dropped its end
}

TEST(InProcess, EndOfTheClientEndsHandlers) {
  TestLoop loop;
  TestHandler handler(loop);
  auto client = newInProcessClient(loop, handler);
  std::unique_ptr<BodyReader> body;
  struct Op {
    static io::Task<void> open(HttpClient& c, std::unique_ptr<BodyReader>& out) {
      auto r = co_await c.send({.target = "/stream"}, kNever);
      if (r) out = std::move(r->body);
    }
  };
  loop.run(Op::open(*client, body));
  loop.settle();
  EXPECT_EQ(handler.running, 1);
  EXPECT_TRUE(handler.max_buffered <= 128u << 10);
  client.reset();
  EXPECT_EQ(handler.running, 0);
}

}  // namespace
}  // namespace meshka::net::test
