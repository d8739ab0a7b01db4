#include "net/grpc.h"

#include "net/grpc_wire.h"
#include "net/server.h"
#include "net/test/handlers.h"

namespace meshka::net::test {
namespace {

const io::Endpoint kSocket{"/run/containerd.sock", 0, true};

class TestService final : public GrpcService {
 public:
  explicit TestService(io::Loop& loop) : loop_(loop) {}
  io::Task<Result<void>> serve(GrpcServerCall& call) override {
    ++running;
    struct Count {
      int& n;
      ~Count() { --n; }
    } count{running};
    if (call.method() == "/t.T/Echo") {
      MESHKA_CO_TRY(auto m, co_await call.read());
      co_return co_await call.write(m.value_or("nothing"));
    }
    if (call.method() == "/t.T/Count") {  // server streaming
      MESHKA_CO_TRY(auto m, co_await call.read());
      for (int64_t i = 0; i < parseInt(*m).value_or(0); ++i) {
        MESHKA_CO_CHECK(co_await call.write(cat(i)));
      }
      co_return Result<void>();
    }
    if (call.method() == "/t.T/Chat") {  // answers each message
      for (;;) {
        MESHKA_CO_TRY(auto m, co_await call.read());
        if (!m) co_return Result<void>();
        MESHKA_CO_CHECK(co_await call.write(cat("re: ", *m)));
      }
    }
    if (call.method() == "/t.T/Hang") {
      co_await io::sleepFor(loop_, hours(1));
      co_return Result<void>();
    }
    if (call.method() == "/t.T/Missing") {
      co_return fail(grpcError(GrpcStatus::kNotFound, "container \"ä\" 100% gone"));
    }
    co_return fail(grpcError(GrpcStatus::kUnimplemented, "unknown method"));
  }
  int running = 0;

 private:
  io::Loop& loop_;
};

struct Fixture {
  Fixture()
      : network(loop),
        service(loop),
        handler(newGrpcHandler(loop, service)),
        server(loop, *handler) {
    EXPECT_OK(server.listen(network, kSocket));
    channel = newGrpcChannel(loop, network, {.endpoint = kSocket}, 1 << 20);
  }
  TestLoop loop;
  TestNetwork network;
  TestService service;
  std::unique_ptr<Handler> handler;
  HttpServer server;
  std::unique_ptr<GrpcChannel> channel;
};

io::Task<void> call(GrpcChannel& c, std::string method, std::string request, Instant deadline,
                    std::string& out) {
  auto r = co_await c.unary(std::move(method), std::move(request), deadline);
  out = r ? *r : cat("!", r.error().reason(), ": ", r.error().message());
}
std::string call(Fixture& f, std::string method, std::string request,
                 Duration timeout = seconds(10)) {
  std::string out;
  f.loop.run(
      call(*f.channel, std::move(method), std::move(request), f.loop.clock().now() + timeout, out));
  return out;
}

TEST(Grpc, Unary) {
  Fixture f;
  EXPECT_EQ(call(f, "/t.T/Echo", "hello"), "hello");
  EXPECT_EQ(call(f, "/t.T/Echo", ""), "");
  const std::string big(900 << 10, 'b');
  EXPECT_TRUE(call(f, "/t.T/Echo", big) == big);
  EXPECT_EQ(call(f, "/t.T/Missing", ""), "!NOT_FOUND: container \"ä\" 100% gone");
  EXPECT_EQ(call(f, "/t.T/Nope", ""), "!UNIMPLEMENTED: unknown method");
  EXPECT_TRUE(call(f, "/t.T/Hang", "", seconds(2)).starts_with("!DEADLINE_EXCEEDED"));
  f.loop.settle();
  EXPECT_EQ(f.service.running, 0);
  EXPECT_TRUE(call(f, "/t.T/Echo", std::string(2 << 20, 'c')).starts_with("!RESOURCE_EXHAUSTED"));
  EXPECT_EQ(f.network.connects, 1);
}

TEST(Grpc, NobodyListens) {
  Fixture f;
  auto channel = newGrpcChannel(f.loop, f.network, {.endpoint = {"/nowhere", 0, true}});
  std::string out;
  f.loop.run(call(*channel, "/t.T/Echo", "x", kNever, out));
  EXPECT_TRUE(out.starts_with("!UNAVAILABLE"));
}

io::Task<void> chat(Fixture& f, std::string& log) {
  auto call = co_await f.channel->open("/t.T/Chat", kNever);
  EXPECT_OK(call);
  if (!call) co_return;
  for (int i = 0; i < 3; ++i) {
    EXPECT_OK(co_await (*call)->write(cat("m", i)));
    auto answer = co_await (*call)->read();
    log += answer && *answer ? cat(**answer, ";") : "?";
  }
  (*call)->closeWrite();
  auto end = co_await (*call)->read();
  log += end && !*end ? "end" : "no end";
}
io::Task<void> count(Fixture& f, int n, int& got) {
  auto call = co_await f.channel->open("/t.T/Count", kNever);
  EXPECT_OK(co_await (*call)->write(cat(n)));
  (*call)->closeWrite();
  for (;;) {
    auto m = co_await (*call)->read();
    EXPECT_OK(m);
    if (!m || !*m) co_return;
    if (**m == cat(got)) ++got;
  }
}
io::Task<void> openAndDrop(Fixture& f) {
  auto call = co_await f.channel->open("/t.T/Hang", kNever);
  EXPECT_OK(co_await (*call)->write("x"));
  co_await io::sleepFor(f.loop, seconds(1));
  EXPECT_EQ(f.service.running, 1);
}

TEST(Grpc, Streams) {
  Fixture f;
  std::string log;
  f.loop.run(chat(f, log));
  EXPECT_EQ(log, "re: m0;re: m1;re: m2;end");
  int got = 0;
  f.loop.run(count(f, 5000, got));
  EXPECT_EQ(got, 5000);
  f.loop.run(openAndDrop(f));
  f.loop.settle();
  EXPECT_EQ(f.service.running, 0);  // dropping the call cancels it
}

TEST(Grpc, Timeouts) {
  EXPECT_EQ(encodeGrpcTimeout(millis(1500)), "1500m");
  EXPECT_EQ(encodeGrpcTimeout(hours(100)), "360000S");
  EXPECT_TRUE(parseGrpcTimeout("20S") == seconds(20));
  for (std::string_view bad : {"", "S", "5", "5x", "-5S", "123456789S"}) {
    EXPECT_FALSE(parseGrpcTimeout(bad).has_value());
  }
}

}  // namespace
}  // namespace meshka::net::test
