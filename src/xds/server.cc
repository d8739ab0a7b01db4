#include "xds/server.h"

#include <algorithm>

#include "base/strings.h"
#include "io/async.h"
#include "xds/limits.h"
#include "xds/types.h"

namespace meshka::xds {
namespace {

// "6.0kB", as operators know the line.
std::string sizeText(size_t bytes) {
  if (bytes < 1000) return cat(bytes, "B");
  const char* unit = bytes < 1'000'000 ? "kB" : "MB";
  const size_t tenths = bytes / (bytes < 1'000'000 ? 100 : 100'000);
  return cat(tenths / 10, ".", tenths % 10, unit);
}

std::string nonceOf(Rng& rng) {
  return base64Encode(rng.bytes(12));
}

}  // namespace

class AdsServer::Stream final {
 public:
  Stream(AdsServer& server, net::GrpcServerCall& call, doc::Doc node,
         std::unique_ptr<AdsProxy> proxy)
      : server_(server),
        call_(call),
        node_(std::move(node)),
        proxy_(std::move(proxy)),
        id_(node_["id"].text()),
        connection_id_(cat(id_, "-", server.next_connection_++)),
        connected_at_(server.loop_.clock().wall()),
        retry_(server.loop_, [this] { server_.enqueue(*this); }) {
    server_.streams_.push_back(this);
  }
  ~Stream() {
    std::erase(server_.streams_, this);
    std::erase(server_.queue_, this);
    server_.log_.info(
        cat("ADS: \"", call_.peer().address.toString(), "\" ", connection_id_, " terminated"));
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool queued = false;  // in the server's queue

  const AdsProxy& proxy() const { return *proxy_; }
  StreamView view() const { return {connection_id_, id_, node_, connected_at_, state_, *proxy_}; }

  Result<void> onRequest(const DiscoveryRequest& request) {
    const std::string type = shortType(request.type_url);
    switch (state_.onRequest(request)) {
      case StreamState::Reaction::kAnswer:
        if (!request.nonce.empty()) server_.backend_.onAnswer(*proxy_, request.type_url, true);
        send(request.type_url, true, " request");
        break;
      case StreamState::Reaction::kAcknowledged:
        server_.backend_.onAnswer(*proxy_, request.type_url, true);
        break;
      case StreamState::Reaction::kRejected:
        ++server_.counters_.rejections;
        server_.log_.warn(
            cat("ADS:", type, ": ACK ERROR ", connection_id_, " Internal:", request.error));
        server_.backend_.onAnswer(*proxy_, request.type_url, false);
        break;
      case StreamState::Reaction::kStale:
        ++server_.counters_.stale;
        break;
      case StreamState::Reaction::kUnsubscribed:
        server_.log_.debug(cat("ADS:", type, ": UNSUBSCRIBE ", connection_id_));
        break;
      case StreamState::Reaction::kTooMany:
        return fail(net::grpcError(net::GrpcStatus::kInvalidArgument,
                                   cat("more than ", kMaxSubscribedTypes, " resource types")));
    }
    if (!pending_.empty() || all_pending_) server_.enqueue(*this);
    return {};
  }

  void addPending(const std::vector<std::string>& types) {
    if (types.empty()) all_pending_ = true;
    pending_.insert(types.begin(), types.end());
  }

  // Computes and sends what is pending.
  void run() {
    if (call_.buffered() > kMaxUnreadBytes) {  // merged with what comes until it has read
      retry_.armAfter(kUnreadRetry);
      return;
    }
    const bool all = std::exchange(all_pending_, false);
    const std::set<std::string> pending = std::exchange(pending_, {});
    bool clusters_sent = false;
    for (const std::string& type : state_.types()) {
      if (!all && !pending.contains(type) && !(clusters_sent && type == kEndpoints)) continue;
      const bool sent = send(type, clusters_sent && type == kEndpoints, "");
      if (type == kCluster) clusters_sent = sent;
    }
  }

 private:
  bool send(const std::string& type, bool forced, std::string_view reason) {
    const Subscription* subscription = state_.find(type);
    if (subscription == nullptr) return false;
    const std::vector<std::string> no_names;
    const auto configs = server_.backend_.resources(
        *proxy_, type, isNamedType(type) ? subscription->names : no_names);
    if (!configs) return false;
    std::vector<Resource> current;
    for (const NamedConfig& config : *configs) {
      auto encoded = server_.cache_.encode(type, config);
      if (encoded) {
        current.push_back(std::move(*encoded));
        continue;
      }
      ++server_.counters_.encode_errors;
      server_.log_.error("a resource cannot be encoded and is left out",
                         {{"type", type},
                          {"name", config.name},
                          {"node", id_},
                          {"error", encoded.error().message()}});
    }
    const auto out = state_.plan(type, current, forced);
    if (!out) return false;
    std::string version = cat(toRfc3339(server_.loop_.clock().wall()), "/", server_.version_);
    std::string nonce = nonceOf(server_.rng_);
    const std::string bytes =
        encodeResponse(type, version, nonce, *out, server_.options_.control_plane);
    call_.writeNow(bytes);
    ++server_.counters_.pushes;
    state_.onSent(type, current, std::move(version), std::move(nonce));
    server_.log_.info(cat(shortType(type), ": PUSH", reason, " for node:", shortId(),
                          " resources:", out->size(), " size:", sizeText(bytes.size())));
    return true;
  }

  // "pod.namespace" of "sidecar~10.0.0.1~pod.namespace~domain".
  std::string shortId() const {
    const auto parts = split(id_, '~');
    return std::string(parts.size() == 4 ? parts[2] : std::string_view(id_));
  }

  AdsServer& server_;
  net::GrpcServerCall& call_;
  const doc::Doc node_;
  const std::unique_ptr<AdsProxy> proxy_;
  const std::string id_;
  const std::string connection_id_;
  const WallTime connected_at_;
  StreamState state_;
  std::set<std::string> pending_;
  bool all_pending_ = false;
  io::Timer retry_;
};

AdsServer::AdsServer(io::Loop& loop, Rng& rng, Log& log, AdsBackend& backend, AdsOptions options)
    : loop_(loop),
      rng_(rng),
      log_(log),
      backend_(backend),
      options_(std::move(options)),
      turn_(loop, [this] { runNext(); }) {}

AdsServer::~AdsServer() = default;

io::Task<Result<void>> AdsServer::serve(net::GrpcServerCall& call) {
  using net::GrpcStatus;
  if (call.method() != kStreamMethod) {
    co_return fail(net::grpcError(GrpcStatus::kUnimplemented,
                                  cat("method ", call.method(), " is not supported yet")));
  }
  if (streams_.size() >= kMaxAdsStreams) {
    co_return fail(net::grpcError(GrpcStatus::kResourceExhausted,
                                  cat("more than ", kMaxAdsStreams, " streams")));
  }
  const Instant opened = loop_.clock().now();
  MESHKA_CO_TRY(const auto first, co_await io::withDeadline(loop_, opened + kFirstRequestTimeout,
                                                            call.read(), "first request"));
  if (!first) co_return Result<void>();
  auto request = decodeRequest(*first);
  if (!request) {
    co_return fail(net::grpcError(GrpcStatus::kInvalidArgument, request.error().message()));
  }
  if (request->node["id"].text().empty()) {
    co_return fail(net::grpcError(GrpcStatus::kInvalidArgument, "missing node information"));
  }
  auto proxy = co_await backend_.connect(call, request->node);
  if (!proxy) {
    log_.warn("ADS: stream refused",
              {{"node", request->node["id"].text()}, {"error", proxy.error().message()}});
    co_return fail(proxy.error());
  }
  Instant end = kNever;
  if (options_.max_age.ns > 0) {  // spread, so that not all proxies come back at once
    const auto tenth = static_cast<uint64_t>(options_.max_age.ns / 10 + 1);
    end = opened + options_.max_age + Duration{static_cast<int64_t>(rng_.below(tenth))};
  }
  Stream stream(*this, call, request->node, std::move(*proxy));
  log_.info(cat("ADS: new connection for node:", stream.view().connection_id));
  MESHKA_CO_CHECK(stream.onRequest(*request));
  for (;;) {
    auto message = co_await io::withDeadline(loop_, end, call.read(), "stream");
    if (!message && message.error().code() == Code::kTimeout) co_return Result<void>();
    if (!message) co_return fail(message.error());
    if (!*message) co_return Result<void>();
    auto next = decodeRequest(**message);
    if (!next) {
      co_return fail(net::grpcError(GrpcStatus::kInvalidArgument, next.error().message()));
    }
    MESHKA_CO_CHECK(stream.onRequest(*next));
  }
}

void AdsServer::push(std::vector<std::string> types, Function<bool(const AdsProxy&)> which) {
  ++version_;
  for (Stream* stream : streams_) {
    if (which && !which(stream->proxy())) continue;
    stream->addPending(types);
    enqueue(*stream);
  }
}

void AdsServer::enqueue(Stream& stream) {
  if (!std::exchange(stream.queued, true)) queue_.push_back(&stream);
  if (!turn_.armed()) turn_.armAfter(Duration{});
}

void AdsServer::runNext() {
  if (queue_.empty()) return;
  Stream* const stream = queue_.front();
  queue_.pop_front();
  stream->queued = false;
  stream->run();
  if (!queue_.empty()) turn_.armAfter(Duration{});
}

std::vector<StreamView> AdsServer::streams() const {
  std::vector<StreamView> out;
  for (const Stream* stream : streams_) out.push_back(stream->view());
  return out;
}

}  // namespace meshka::xds
