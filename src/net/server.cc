#include "net/server.h"

#include <algorithm>
#include <list>

#include "net/server_connection.h"
#include "net/wake.h"

namespace meshka::net {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// A connection whose protocol is not known yet: finishes the TLS handshake and looks at the first
// bytes.
class Detector final : public ServerConnection, private io::StreamEvents {
 public:
  using Decided = Function<void(Detector&, bool http2, std::string early)>;
  Detector(ConnectionContext context, std::unique_ptr<io::Stream> stream, TlsStream* tls,
           const ServerOptions& options, Decided decided)
      : context_(std::move(context)),
        stream_(std::move(stream)),
        tls_(tls),
        options_(options),
        decided_(std::move(decided)),
        timer_(context_.loop, [this] { close(); }) {}
  ~Detector() override {
    if (stream_) stream_->setEvents(nullptr);
  }

  void begin(std::string) override {
    timer_.armAfter(context_.limits.head_timeout);
    stream_->setEvents(this);
  }
  void drain() override { close(); }
  size_t activeRequests() const override { return 0; }

  std::unique_ptr<io::Stream> takeStream() {
    stream_->setEvents(nullptr);
    return std::move(stream_);
  }
  TlsStream* tls() const { return tls_; }
  Peer takePeer() { return std::move(context_.peer); }

 private:
  void onReadable() override {
    char buffer[1024];
    while (!done_) {
      const io::IoResult r = stream_->tryRead(buffer);
      if (r.state == io::IoState::kWouldBlock) return;
      if (r.state != io::IoState::kDone) {
        if (tls_ != nullptr && options_.log != nullptr) {
          options_.log->debug("TLS handshake failed", {{"peer", context_.peer.address.toString()},
                                                       {"error", stream_->lastError()}});
        }
        return close();
      }
      early_.append(buffer, r.bytes);
      decide();
    }
  }
  void onWritable() override {}

  void decide() {
    const std::string alpn = tls_ != nullptr ? tls_->alpn() : "";
    const size_t n = std::min(early_.size(), kPreface.size());
    const bool maybe = early_.compare(0, n, kPreface.substr(0, n)) == 0;
    if (maybe && n < kPreface.size() && options_.http2) return;  // a few more bytes
    const bool http2 = maybe && options_.http2;
    // Who agreed to h2 must speak it, and where HTTP/1.1 is off nothing else is left.
    if (!http2 && (alpn == "h2" || !options_.http1)) return close();
    done_ = true;
    timer_.cancel();
    decided_(*this, http2, std::move(early_));
  }
  void close() {
    if (std::exchange(done_, true)) return;
    timer_.cancel();
    context_.owner.finished(*this);
  }

  ConnectionContext context_;
  std::unique_ptr<io::Stream> stream_;
  TlsStream* tls_;
  const ServerOptions& options_;
  Decided decided_;
  io::Timer timer_;
  std::string early_;
  bool done_ = false;
};

}  // namespace

struct HttpServer::State final : ConnectionOwner {
  State(io::Loop& l, Handler& h, ServerOptions o)
      : loop(l), handler(h), options(std::move(o)), reaper(l, [this] { reap(); }), changed(l) {}
  ~State() override {
    listeners.clear();
    stopping = true;
    connections.clear();
    dead.clear();
  }

  void serve(std::unique_ptr<io::Stream> stream) {
    if (stopping || connections.size() >= options.limits.max_connections) return;
    Peer peer;
    peer.address = stream->peer();
    TlsStream* tls = nullptr;
    if (options.tls) {
      auto wrapped = options.tls->accept(std::move(stream));
      tls = wrapped.get();
      stream = std::move(wrapped);
      peer.tls = true;
    }
    auto detector = std::make_unique<Detector>(
        ConnectionContext{loop, handler, *this, options.limits, std::move(peer)}, std::move(stream),
        tls, options, [this](Detector& d, bool http2, std::string early) {
          decided(d, http2, std::move(early));
        });
    connections.push_back(std::move(detector));
    connections.back()->begin({});
  }

  void decided(Detector& detector, bool http2, std::string early) {
    Peer peer = detector.takePeer();
    if (TlsStream* tls = detector.tls()) {
      peer.certificates = tls->peerCertificates();
      peer.certificate_rejected = tls->peerRejected();
    }
    ConnectionContext context{loop, handler, *this, options.limits, std::move(peer)};
    auto stream = detector.takeStream();
    auto connection = http2 ? newHttp2Connection(std::move(context), std::move(stream))
                            : newHttp1Connection(std::move(context), std::move(stream));
    ServerConnection& c = *connection;
    connections.push_back(std::move(connection));
    finished(detector);
    c.begin(std::move(early));
    if (stopping) c.drain();
  }

  void finished(ServerConnection& connection) override {
    for (auto i = connections.begin(); i != connections.end(); ++i) {
      if (i->get() != &connection) continue;
      dead.splice(dead.end(), connections, i);
      break;
    }
    reaper.armAt(loop.clock().now());
  }
  void reap() {
    std::exchange(dead, {}).clear();
    if (connections.empty()) changed.fire();
  }

  io::Loop& loop;
  Handler& handler;
  const ServerOptions options;
  std::vector<std::unique_ptr<io::Listener>> listeners;
  std::list<std::unique_ptr<ServerConnection>> connections, dead;
  io::Timer reaper;
  Wake changed;
  bool stopping = false;
};

HttpServer::HttpServer(io::Loop& loop, Handler& handler, ServerOptions options)
    : state_(std::make_unique<State>(loop, handler, std::move(options))) {}
HttpServer::~HttpServer() = default;

Result<io::Endpoint> HttpServer::listen(io::Network& network, const io::Endpoint& at) {
  MESHKA_TRY(auto listener, network.listen(at, *this));
  io::Endpoint local = listener->local();
  state_->listeners.push_back(std::move(listener));
  return local;
}

void HttpServer::serve(std::unique_ptr<io::Stream> stream) {
  state_->serve(std::move(stream));
}

size_t HttpServer::connections() const {
  return state_->connections.size();
}

size_t HttpServer::activeRequests() const {
  size_t n = 0;
  for (const auto& c : state_->connections) n += c->activeRequests();
  return n;
}

io::Task<void> HttpServer::stop(Instant deadline) {
  State& s = *state_;
  s.stopping = true;
  s.listeners.clear();
  std::vector<ServerConnection*> all;
  for (const auto& c : s.connections) all.push_back(c.get());
  for (ServerConnection* c : all) c->drain();
  io::Timer timer(s.loop, [&s] { s.changed.fire(); });
  timer.armAt(deadline);
  while (!s.connections.empty() && s.loop.clock().now() < deadline) co_await s.changed.wait();
  // Not from inside a handler of ours: destroying it would destroy what runs here.
  s.connections.clear();
}

}  // namespace meshka::net
