// A handler with the behaviours that the tests ask for by path.
#pragma once

#include "io/async.h"
#include "net/http.h"
#include "net/test/testing.h"

namespace meshka::net::test {

class TestHandler final : public Handler {
 public:
  explicit TestHandler(io::Loop& loop) : loop_(loop) {}

  io::Task<void> serve(ServerRequest& request, ResponseWriter& response) override {
    ++started;
    Guard guard(*this);
    peer = request.peer;
    version = request.version;
    if (request.path == "/hello") {
      respond(response, 200, "text/plain", cat("hello ", request.query));
    } else if (request.path == "/echo") {
      auto body = co_await readAll(*request.body, 64 << 20);
      if (!body) co_return respond(response, 413, "text/plain", body.error().message());
      Headers headers;
      headers.add("X-Method", request.method);
      response.start(200, std::move(headers));
      if (auto ok = co_await response.write(*body); !ok) co_return;
    } else if (request.path == "/stream") {  // endless
      response.start(200, {});
      const std::string block(16 << 10, 'x');
      for (;;) {
        if (auto ok = co_await response.write(block); !ok) co_return;
        written += block.size();
        max_buffered = std::max(max_buffered, response.buffered());
      }
    } else if (request.path == "/head-then-wait") {
      response.start(200, {});
      co_await io::sleepFor(loop_, hours(1));
    } else if (request.path == "/wait") {
      co_await io::sleepFor(loop_, seconds(5));
      respond(response, 200, "text/plain", "waited");
    } else if (request.path == "/hang") {
      co_await io::sleepFor(loop_, hours(1));
    } else if (request.path == "/ignore-body") {
      respond(response, 200, "text/plain", "ignored");
    } else if (request.path == "/short") {
      Headers headers;
      headers.add("Content-Length", "10");
      response.start(200, std::move(headers));
      response.writeNow("abc");
    } else if (request.path == "/trailers") {
      response.start(200, {});
      response.writeNow("body");
      Headers trailers;
      trailers.add("grpc-status", "0");
      response.setTrailers(std::move(trailers));
    } else if (request.path == "/abort") {
      response.start(200, {});
      response.writeNow("some");
      response.abort();
    } else if (request.path == "/split") {
      Headers headers;
      headers.add("X-Evil", "a\r\nSet-Cookie: b");
      response.start(200, std::move(headers));
    } else if (request.path == "/upgrade") {
      Headers headers;
      headers.add("Upgrade", "echo");
      auto stream = response.upgrade(std::move(headers));
      if (!stream) co_return respond(response, 400, "text/plain", stream.error().message());
      upgraded = std::make_unique<Probe>(std::move(*stream));
      upgraded->send("welcome");
      co_await io::sleepFor(loop_, hours(1));
    } else {
      respond(response, 404, "text/plain", "not here");
    }
    ++finished;
  }

  int started = 0, finished = 0, cancelled = 0, running = 0, version = 0;
  uint64_t written = 0;
  size_t max_buffered = 0;
  Peer peer;
  std::unique_ptr<Probe> upgraded;

 private:
  struct Guard {
    explicit Guard(TestHandler& h) : handler(h), before(h.finished) { ++handler.running; }
    ~Guard() {
      --handler.running;
      if (handler.finished == before) ++handler.cancelled;
    }
    TestHandler& handler;
    int before;
  };
  io::Loop& loop_;
};

}  // namespace meshka::net::test
