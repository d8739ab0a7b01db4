#include "net/in_process.h"

#include <algorithm>
#include <list>

#include "base/strings.h"
#include "io/async.h"
#include "net/limits.h"
#include "net/wake.h"

namespace meshka::net {
namespace {

struct Core;

// One request between a client and the handler; the handler's side is BodyReader and
// ResponseWriter.
struct Exchange final : public BodyReader, public ResponseWriter {
  explicit Exchange(io::Loop& l) : loop(l), client_wake(l), write_wake(l) {}

  io::Task<Result<size_t>> read(std::span<char> into) override {
    const size_t n = std::min(into.size(), body.size() - body_read);
    std::copy_n(body.data() + body_read, n, into.data());
    body_read += n;
    co_return n;
  }
  void start(int status, Headers h) override {
    if (started_) return MESHKA_BUG("response started twice");
    started_ = true;
    response.status = status;
    response.headers = std::move(h);
    bodyless = request.method == "HEAD" || status == 204 || status == 304;
    client_wake.fire();
  }
  io::Task<Result<void>> write(std::string_view bytes) override {
    writeNow(bytes);
    while (!gone && buffered() > kInProcessBuffer) co_await write_wake.wait();
    if (gone) co_return fail(Code::kUnavailable, "client cancelled the request");
    co_return Result<void>();
  }
  void writeNow(std::string_view bytes) override {
    if (!started_) start(200, {});
    if (gone || bodyless) return;
    out.append(bytes);
    client_wake.fire();
  }
  size_t buffered() const override { return out.size() - out_read; }
  bool started() const override { return started_; }
  void setTrailers(Headers t) override { trailers_out = std::move(t); }
  void abort() override {
    aborted = true;
    client_wake.fire();
  }
  Result<std::unique_ptr<io::Stream>> upgrade(Headers h) override {
    if (started_ || !wants_upgrade) {
      return fail(Code::kUnsupported, "this request cannot be upgraded");
    }
    StreamPair pair = newStreamPair(loop, kInProcessBuffer);
    started_ = true;
    response.status = 101;
    response.headers = std::move(h);
    response.upgraded = std::move(pair.a);
    client_wake.fire();
    return std::move(pair.b);
  }

  io::Loop& loop;
  ServerRequest request;
  std::string body;
  size_t body_read = 0;
  ClientResponse response;
  std::string out;
  size_t out_read = 0;
  Headers trailers_out;
  Wake client_wake, write_wake;
  std::optional<io::Running> task;
  bool wants_upgrade = false, started_ = false, bodyless = false;
  bool done = false, aborted = false, gone = false;
};

struct Core {
  Core(io::Loop& l, Handler& h, Peer p)
      : loop(l), handler(h), peer(std::move(p)), turn(l, [this] { onTurn(); }) {}

  void wake() { turn.armAt(loop.clock().now()); }
  // Starts what is new, destroys what is over: never from inside a handler or a client.
  void onTurn() {
    for (auto i = live.begin(); i != live.end();) {
      Exchange& e = **i;
      if (!e.task && !e.gone) {
        e.task.emplace(handler.serve(e.request, e), [this, &e] {
          e.done = true;
          if (!e.started_) respond(e, 500, "text/plain", "no response\n");
          e.client_wake.fire();
          wake();
        });
        e.task->start();
      }
      if (e.done || e.gone) {
        e.task.reset();
        i = live.erase(i);
      } else {
        ++i;
      }
    }
  }

  io::Loop& loop;
  Handler& handler;
  const Peer peer;
  io::Timer turn;
  std::list<std::shared_ptr<Exchange>> live;
};

// The client's hold on an exchange; letting go cancels.
struct Hold {
  Hold(std::shared_ptr<Core> c, std::shared_ptr<Exchange> e)
      : core(std::move(c)), exchange(std::move(e)) {}
  Hold(Hold&&) = default;
  Hold& operator=(Hold&&) = delete;
  ~Hold() {
    if (!exchange || exchange->response.status == 101) return;
    exchange->gone = true;
    core->wake();
  }
  std::shared_ptr<Core> core;
  std::shared_ptr<Exchange> exchange;
};

class Body final : public BodyReader {
 public:
  explicit Body(Hold hold) : hold_(std::move(hold)) {}
  io::Task<Result<size_t>> read(std::span<char> into) override {
    Exchange& e = *hold_.exchange;
    while (e.buffered() == 0) {
      if (e.aborted) co_return fail(Code::kUnavailable, "response was aborted");
      if (e.done || into.empty()) co_return size_t{0};
      if (e.gone) co_return fail(Code::kUnavailable, "server is gone");
      co_await e.client_wake.wait();
    }
    const size_t n = std::min(into.size(), e.buffered());
    std::copy_n(e.out.data() + e.out_read, n, into.data());
    e.out_read += n;
    if (e.buffered() == 0) {
      e.out.clear();
      e.out_read = 0;
    }
    if (e.buffered() <= kInProcessBuffer / 2) e.write_wake.fire();
    co_return n;
  }
  const Headers* trailers() const override {
    return hold_.exchange->done ? &hold_.exchange->trailers_out : nullptr;
  }

 private:
  Hold hold_;
};

io::Task<Result<ClientResponse>> exchangeOf(Hold hold) {
  Exchange& e = *hold.exchange;
  while (!e.started_ && !e.aborted && !e.gone) co_await e.client_wake.wait();
  if (e.aborted) co_return fail(Code::kUnavailable, "response was aborted");
  if (!e.started_) co_return fail(Code::kUnavailable, "server is gone");
  if (e.response.status == 101) co_return std::move(e.response);
  ClientResponse response;
  response.status = e.response.status;
  response.headers = e.response.headers;
  response.body = std::make_unique<Body>(std::move(hold));
  co_return response;
}

class Client final : public HttpClient {
 public:
  Client(io::Loop& loop, Handler& handler, Peer peer) {
    peer.in_process = true;
    core_ = std::make_shared<Core>(loop, handler, std::move(peer));
  }
  ~Client() override {
    core_->turn.cancel();
    for (auto& e : std::exchange(core_->live, {})) {
      e->gone = true;
      e->task.reset();
      e->client_wake.fire();
    }
  }
  io::Task<Result<ClientResponse>> send(ClientRequest request, Instant deadline) override {
    auto e = std::make_shared<Exchange>(core_->loop);
    const size_t mark = request.target.find('?');
    e->request.method = request.method;
    e->request.path = request.target.substr(0, mark);
    if (mark != std::string::npos) e->request.query = request.target.substr(mark + 1);
    e->request.authority = "in-process";
    e->request.headers = std::move(request.headers);
    e->request.peer = core_->peer;
    e->request.body = e.get();
    e->body = std::move(request.body);
    e->wants_upgrade = request.upgrade;
    core_->live.push_back(e);
    core_->wake();
    const std::string what = cat(request.method, " ", request.target);
    co_return co_await io::withDeadline(core_->loop, deadline,
                                        exchangeOf(Hold(core_, std::move(e))), what);
  }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<HttpClient> newInProcessClient(io::Loop& loop, Handler& handler, Peer peer) {
  return std::make_unique<Client>(loop, handler, std::move(peer));
}

}  // namespace meshka::net
