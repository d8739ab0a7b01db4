#include "mesh/agent/ads_relay.h"

#include <deque>

#include "base/assert.h"
#include "base/strings.h"
#include "io/async.h"
#include "mesh/agent/limits.h"
#include "xds/codec.h"
#include "xds/peek.h"
#include "xds/types.h"

namespace meshka::mesh::agent {
namespace {

constexpr std::string_view kMethod =
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
constexpr std::string_view kRootsType = "type.googleapis.com/istio.mesh.v1alpha1.ProxyConfig";

std::string request(std::string_view type_url, const xds::Envelope* acknowledged) {
  doc::Draft out = doc::Draft::object();
  out["type_url"] = type_url;
  if (acknowledged != nullptr) {
    out["version_info"] = acknowledged->version;
    out["response_nonce"] = acknowledged->nonce;
  }
  auto bytes = xds::encode("envoy.service.discovery.v3.DiscoveryRequest", out.finish());
  MESHKA_ASSERT(bytes.has_value());  // three texts
  return std::move(*bytes);
}

}  // namespace

// One stream of Envoy. Dies with it, and everything that it waits for.
class RelaySession {
 public:
  RelaySession(AdsRelay& relay, net::GrpcServerCall& envoy)
      : relay_(relay),
        envoy_(envoy),
        work_(relay.world_.loop),
        backoff_(relay.world_.rng),
        tasks_(relay.world_.loop, kStreamTasks) {}
  ~RelaySession() { relay_.connected_ = false; }

  io::Task<Result<void>> run() {
    tasks_.spawn(readEnvoy());
    for (;;) {
      const auto ended = co_await once();
      relay_.connected_ = false;
      if (envoy_closed_) co_return Result<void>();
      const std::string why = ended ? "stream closed" : ended.error().message();
      // Said again only when there is something new to say.
      if (why != last_failure_) {
        relay_.world_.log.warn("control plane is away",
                               {{"address", relay_.config_.discovery_address}, {"error", why}});
      }
      last_failure_ = why;
      if (relayed_) co_return fail(net::grpcError(net::GrpcStatus::kUnavailable, why));
      if (overflow_) co_return fail(Code::kTooMany, "too many requests wait");
      co_await io::sleepFor(relay_.world_.loop, backoff_.next());
    }
  }

 private:
  io::Task<void> readEnvoy() {
    for (;;) {
      auto message = co_await envoy_.read();
      if (!message || !*message) {
        envoy_closed_ = true;
        break;
      }
      logRefusal(**message);
      if (queue_.size() >= kMaxHeldRequests) {
        overflow_ = true;
        break;
      }
      queue_.push_back(std::move(**message));
      work_.set();
    }
    work_.set();
  }

  void logRefusal(std::string_view bytes) {
    const auto envelope = xds::peekRequest(bytes);
    if (!envelope || !envelope->refused) return;
    ++relay_.refusals_;
    relay_.world_.log.error("Envoy refused configuration",
                            {{"type", envelope->type_url}, {"reason", envelope->error}});
  }

  // One upstream stream from its start to its end.
  io::Task<Result<void>> once() {
    // Requests that nobody has answered go again, from the first.
    next_ = 0;
    own_.clear();
    MESHKA_CO_TRY(const Connection to,
                  co_await relay_.upstream_.open(relay_.config_.discovery_address));
    MESHKA_CO_TRY(auto call, co_await io::withDeadline(
                                 relay_.world_.loop, relay_.world_.clock().now() + kConnectTimeout,
                                 to.channel->open(std::string(kMethod), kNever, to.metadata),
                                 cat("connect to ", relay_.config_.discovery_address)));
    io::Group directions(relay_.world_.loop, kStreamTasks);
    directions.spawn(writeUpstream(*call));
    for (;;) {
      auto message = co_await call->read();
      if (!message) co_return fail(message.error());
      if (!*message) co_return Result<void>();
      if (!relay_.connected_ && !last_failure_.empty())
        relay_.world_.log.info("control plane is back");
      relay_.connected_ = true;
      backoff_.reset();
      MESHKA_CO_CHECK(co_await take(std::move(**message), directions));
    }
  }

  // The only writer of an upstream stream. Its failures are the reader's to see.
  io::Task<void> writeUpstream(net::GrpcCall& call) {
    bool subscribed = false;
    for (;;) {
      while (next_ < queue_.size()) {
        if (!co_await call.write(queue_[next_])) co_return;
        ++next_;
        dropAnswered();
        // Behind the first request, which carries the node.
        if (!subscribed) {
          if (relay_.names_ != nullptr) own_.push_back(request(xds::kNameTable, nullptr));
          own_.push_back(request(kRootsType, nullptr));
        }
        subscribed = true;
      }
      while (!own_.empty()) {
        const std::string next = std::move(own_.front());
        own_.pop_front();
        if (!co_await call.write(next)) co_return;
      }
      if (envoy_closed_ || overflow_) {
        call.closeWrite();
        co_return;
      }
      work_.reset();
      if (next_ < queue_.size() || !own_.empty()) continue;
      (void)co_await work_.wait();
    }
  }

  // A stream that has answered is not replayed, so what it was sent need not be kept.
  void dropAnswered() {
    if (!relayed_) return;
    for (; next_ > 0; --next_) queue_.pop_front();
  }

  void sendOwn(std::string message) {
    own_.push_back(std::move(message));
    work_.set();
  }

  io::Task<Result<void>> take(std::string message, io::Group& directions) {
    const auto envelope = xds::peekResponse(message);
    if (!envelope) co_return fail(Code::kInvalid, "the control plane sent no DiscoveryResponse");
    ++relay_.pushes_;
    if (envelope->type_url == xds::kNameTable) {
      const std::string answer = request(xds::kNameTable, &*envelope);
      if (takeNames(message)) sendOwn(answer);
      co_return Result<void>();
    }
    if (envelope->type_url == kRootsType) {
      // Waits for Envoy, which may wait for what comes next on this stream.
      std::string answer = request(kRootsType, &*envelope);
      if (!directions.spawn(takeRoots(std::move(message), std::move(answer))))
        co_return fail(Code::kTooMany, "roots change faster than Envoy takes them");
      co_return Result<void>();
    }
    relayed_ = true;
    dropAnswered();
    co_return co_await envoy_.write(std::move(message));
  }

  Result<doc::Doc> decode(std::string_view message) const {
    auto response = xds::decode("envoy.service.discovery.v3.DiscoveryResponse", message);
    if (!response) {
      relay_.world_.log.error("cannot read a response of the control plane",
                              {{"error", response.error().message()}});
    }
    return response;
  }

  bool takeNames(std::string_view message) {
    const auto response = decode(message);
    if (!response || relay_.names_ == nullptr) return false;
    relay_.names_->set((*response)["resources"][0]);
    return true;
  }

  io::Task<void> takeRoots(std::string message, std::string answer) {
    const auto response = decode(message);
    if (!response) co_return;
    std::vector<std::string> pems;
    for (const doc::Value pem : (*response)["resources"][0]["ca_certificates_pem"].elements())
      pems.emplace_back(pem.text());
    co_await relay_.identity_.takeRoots(std::move(pems));
    sendOwn(std::move(answer));
  }

  AdsRelay& relay_;
  net::GrpcServerCall& envoy_;
  io::Event work_;
  Backoff backoff_;
  std::deque<std::string> queue_;  // what Envoy asked and the control plane may not have
  size_t next_ = 0;                // the first of it that this upstream stream has not been sent
  std::deque<std::string> own_;    // what the agent asks on the same stream
  bool relayed_ = false;           // Envoy has had a response on this stream
  bool envoy_closed_ = false;
  bool overflow_ = false;
  std::string last_failure_;
  io::Group tasks_;  // last: its tasks use the rest
};

AdsRelay::AdsRelay(io::World world, const AgentConfig& config, Upstream& upstream,
                   Identity& identity, MeshNames* names)
    : world_(world), config_(config), upstream_(upstream), identity_(identity), names_(names) {}

io::Task<Result<void>> AdsRelay::serve(net::GrpcServerCall& call) {
  if (call.method() != kMethod) {
    co_return fail(
        net::grpcError(net::GrpcStatus::kUnimplemented, cat("unknown method ", call.method())));
  }
  RelaySession session(*this, call);
  co_return co_await session.run();
}

}  // namespace meshka::mesh::agent
