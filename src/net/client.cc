#include "net/client.h"

#include <list>

#include "base/strings.h"
#include "io/async.h"
#include "net/dial.h"
#include "net/h2_client.h"
#include "net/http1_client.h"
#include "net/http1_wire.h"

namespace meshka::net {
namespace {

// What the client and the bodies it gave away share.
struct Core {
  Core(io::Loop& l, io::Network& n, ClientOptions o)
      : loop(l), network(n), options(std::move(o)), dialed(l) {}

  struct Idle {
    std::shared_ptr<Http1ClientConnection> connection;
    Instant since;
  };
  std::shared_ptr<Http1ClientConnection> takeIdle() {
    while (!idle.empty()) {
      Idle entry = std::move(idle.back());
      idle.pop_back();
      const Duration age = loop.clock().now() - entry.since;
      if (entry.connection->reusable() && age < options.limits.idle_timeout) {
        return std::move(entry.connection);
      }
    }
    return nullptr;
  }
  void giveBack(std::shared_ptr<Http1ClientConnection> connection) {
    if (closed || !connection->reusable()) return;
    idle.push_back({std::move(connection), loop.clock().now()});
    if (idle.size() > options.limits.max_idle_connections) idle.pop_front();
  }
  std::shared_ptr<H2ClientConnection> usableH2() {
    if (h2 && !h2->usable()) h2.reset();  // its calls keep it alive
    return h2;
  }
  bool mayBeHttp2() const {
    return !options.http1_only && !known_http1 && (options.tls || options.http2_prior_knowledge);
  }

  io::Loop& loop;
  io::Network& network;
  const ClientOptions options;
  std::list<Idle> idle;
  std::shared_ptr<H2ClientConnection> h2;
  io::Event dialed;
  bool dialing = false, known_http1 = false, closed = false;
};

// While the protocol is unknown one connect goes ahead and the others wait for what it finds.
struct DialTurn {
  explicit DialTurn(Core& c) : core(c) {
    core.dialing = true;
    core.dialed.reset();
  }
  ~DialTurn() {
    core.dialing = false;
    core.dialed.set();
  }
  Core& core;
};

class Http1Body final : public BodyReader {
 public:
  Http1Body(std::shared_ptr<Core> core, std::shared_ptr<Http1ClientConnection> connection)
      : core_(std::move(core)), connection_(std::move(connection)) {}
  ~Http1Body() override {
    if (connection_->ended()) core_->giveBack(std::move(connection_));
  }
  io::Task<Result<size_t>> read(std::span<char> into) override {
    co_return co_await connection_->read(into);
  }
  const Headers* trailers() const override { return connection_->trailers(); }

 private:
  std::shared_ptr<Core> core_;
  std::shared_ptr<Http1ClientConnection> connection_;
};

bool wantsLength(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}
bool isIdempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
         method == "DELETE";
}

std::string http1Bytes(const ClientOptions& options, const ClientRequest& request) {
  std::string out =
      cat(request.method, " ", request.target, " HTTP/1.1\r\nHost: ", authorityOf(options), "\r\n");
  Headers headers = request.headers;
  for (std::string_view name : {"host", "content-length", "transfer-encoding"})
    headers.remove(name);
  if (!request.upgrade) headers.remove("connection");
  if (request.upgrade && !headers.get("connection")) headers.add("Connection", "Upgrade");
  if (!request.body.empty() || wantsLength(request.method)) {
    headers.add("Content-Length", cat(request.body.size()));
  }
  appendHeaders(out, headers);
  out.append("\r\n").append(request.body);
  return out;
}

struct Attempt {
  Result<ClientResponse> result = fail(Code::kInternal, "no attempt");
  bool again = false;  // the request was surely not processed, or may be sent twice
};

io::Task<Attempt> tryHttp1(std::shared_ptr<Core> core,
                           std::shared_ptr<Http1ClientConnection> connection,
                           const ClientRequest& request, bool reused) {
  Attempt out;
  connection->send(http1Bytes(core->options, request), request.method == "HEAD");
  auto head = co_await connection->head();
  if (!head) {
    out.again = reused && !connection->answered() && isIdempotent(request.method);
    out.result = fail(head.error());
    co_return out;
  }
  ClientResponse response;
  response.status = head->status;
  response.headers = std::move(head->headers);
  if (head->status == 101) {
    if (request.upgrade) {
      response.upgraded = connection->takeStream();
    } else {
      out.result = fail(Code::kUnavailable, "server switched protocols unasked");
      co_return out;
    }
  } else {
    response.body = std::make_unique<Http1Body>(core, std::move(connection));
  }
  out.result = std::move(response);
  co_return out;
}

io::Task<Attempt> tryHttp2(std::shared_ptr<Core> core,
                           std::shared_ptr<H2ClientConnection> connection,
                           const ClientRequest& request) {
  Attempt out;
  H2Head head;
  head.method = request.method;
  head.scheme = core->options.tls ? "https" : "http";
  head.authority = authorityOf(core->options);
  head.path = request.target;
  head.headers = request.headers;
  head.headers.remove("content-length");
  const bool end = request.body.empty();
  if (!end || wantsLength(request.method)) {
    head.headers.add("content-length", cat(request.body.size()));
  }
  auto call = connection->open(head, end);
  if (!call) {
    out.again = true;
    out.result = fail(call.error());
    co_return out;
  }
  if (!end) {
    (*call)->writeNow(request.body);
    (*call)->finish();
  }
  auto answer = co_await (*call)->head();
  if (!answer) {
    out.again = (*call)->retrySafe() || isIdempotent(request.method);
    out.result = fail(answer.error());
    co_return out;
  }
  ClientResponse response;
  response.status = answer->status;
  response.headers = std::move(answer->headers);
  response.body = std::move(*call);
  out.result = std::move(response);
  co_return out;
}

io::Task<Attempt> tryOnce(std::shared_ptr<Core> core, const ClientRequest& request,
                          Instant deadline) {
  Attempt out;
  if (!request.upgrade) {
    while (core->mayBeHttp2() && core->dialing && !core->usableH2()) {
      (void)co_await core->dialed.wait(deadline);
      if (core->loop.clock().now() >= deadline) break;
    }
    if (auto h2 = core->usableH2()) co_return co_await tryHttp2(core, std::move(h2), request);
    if (auto idle = core->takeIdle()) {
      co_return co_await tryHttp1(core, std::move(idle), request, true);
    }
  }
  const bool http1 = request.upgrade || core->options.http1_only;
  std::optional<DialTurn> turn;
  if (!http1 && core->mayBeHttp2()) turn.emplace(*core);
  auto dialed = co_await dial(core->loop, core->network, core->options, http1, deadline);
  if (!dialed) {
    out.result = fail(dialed.error());
    co_return out;
  }
  if (dialed->http2) {
    auto h2 =
        H2ClientConnection::create(core->loop, std::move(dialed->stream), core->options.limits);
    core->h2 = h2;
    turn.reset();
    co_return co_await tryHttp2(core, std::move(h2), request);
  }
  if (!http1) core->known_http1 = true;
  turn.reset();
  auto connection = std::make_shared<Http1ClientConnection>(core->loop, std::move(dialed->stream),
                                                            core->options.limits);
  co_return co_await tryHttp1(core, std::move(connection), request, false);
}

io::Task<Result<ClientResponse>> exchange(std::shared_ptr<Core> core, ClientRequest request,
                                          Instant deadline) {
  constexpr int kAttempts = 3;
  for (int i = 0;; ++i) {
    Attempt attempt = co_await tryOnce(core, request, deadline);
    if (attempt.result || !attempt.again || i + 1 == kAttempts) {
      co_return std::move(attempt.result);
    }
  }
}

class Client final : public HttpClient {
 public:
  explicit Client(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  ~Client() override {
    core_->closed = true;
    core_->idle.clear();
    core_->h2.reset();
  }
  io::Task<Result<ClientResponse>> send(ClientRequest request, Instant deadline) override {
    std::string what = cat(request.method, " ", core_->options.tls ? "https://" : "http://",
                           authorityOf(core_->options), request.target);
    if (request.target.empty() || request.target[0] != '/' ||
        request.target.find_first_of(std::string_view(" \r\n\t\0", 5)) != std::string::npos) {
      co_return fail(Code::kInvalid, cat(what, ": malformed request target"));
    }
    auto result = co_await io::withDeadline(core_->loop, deadline,
                                            exchange(core_, std::move(request), deadline), what);
    if (!result && result.error().code() != Code::kTimeout) {
      co_return fail(result.error().with(what));
    }
    co_return result;
  }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<HttpClient> newHttpClient(io::Loop& loop, io::Network& network,
                                          ClientOptions options) {
  return std::make_unique<Client>(std::make_shared<Core>(loop, network, std::move(options)));
}

}  // namespace meshka::net
