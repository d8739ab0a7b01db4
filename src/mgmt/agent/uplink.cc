// The session: connect, both streams, reconnect.
#include "mgmt/agent/uplink.h"

#include <algorithm>

#include "base/strings.h"
#include "base/version.h"
#include "io/disk.h"
#include "mgmt/limits.h"
#include "net/resolver.h"

namespace meshka::mgmt {

using io::Task;

// Two streams of one session: it ends when the first of them does.
struct Uplink::Ends {
  explicit Ends(io::Loop& loop) : over(loop) {}
  io::Event over;
  std::string why;
  void end(const Result<void>& result) {
    if (why.empty()) why = result ? "the server closed the stream" : result.error().message();
    over.set();
  }
};

Uplink::Uplink(io::World world, client::ApiClient& client, UplinkConfig config, Journal& journal,
               Applier& applier, StatusWriter& statuses, std::shared_ptr<net::Resolver> resolver)
    : world_(world),
      client_(client),
      config_(std::move(config)),
      journal_(journal),
      applier_(applier),
      statuses_(statuses),
      resolver_(std::move(resolver)),
      journal_changed_(world.loop),
      results_changed_(world.loop),
      tasks_(world.loop, 1) {}

Uplink::~Uplink() = default;

void Uplink::start() {
  tasks_.spawn(run());
}

void Uplink::journalChanged() {
  journal_changed_.set();
}

void Uplink::report(const std::string& reference, const std::string& hash, std::string error) {
  results_[reference] = {reference, hash, std::move(error)};
  results_changed_.set();
}

std::string Uplink::trouble() const {
  if (connected_) return {};
  return cat("management server ", config_.server_host, ":", config_.server_port, ": ", trouble_);
}

Task<void> Uplink::run() {
  Duration pause = kFirstReconnect;
  for (;;) {
    greeted_ = false;
    const auto ended = co_await session();
    const std::string why = ended ? "the connection ended" : ended.error().message();
    if (connected_ || trouble_ != why)
      world_.log.warn("relay: not connected", {{"server", config_.server_host}, {"why", why}});
    connected_ = false;
    trouble_ = why;
    if (greeted_) pause = kFirstReconnect;
    const auto jitter =
        static_cast<int64_t>(world_.rng.below(static_cast<uint64_t>(pause.ns / 2) + 1));
    co_await io::sleepFor(world_.loop, pause / 2 + Duration{jitter});
    pause = std::min(pause * 2, kLongestReconnect);
  }
}

Task<Result<void>> Uplink::session() {
  MESHKA_CO_TRY(const std::unique_ptr<net::GrpcChannel> line, co_await connect());
  Ends ends(world_.loop);
  io::Group streams(world_.loop, 2);
  streams.spawn(push(*line, ends));
  streams.spawn(pull(*line, ends));
  Instant renew = kNever;
  if (renew_at_ > WallTime{}) {
    renew = world_.clock().now() + (renew_at_ - world_.clock().wall());
  }
  if (!co_await ends.over.wait(renew)) co_return fail(Code::kCancelled, "renewing the certificate");
  co_return fail(Code::kUnavailable, ends.why);
}

std::unique_ptr<net::GrpcChannel> Uplink::channel(std::shared_ptr<net::TlsClientConfig> tls) const {
  net::ClientOptions options;
  if (auto numeric = io::Endpoint::parse(cat(config_.server_host, ":", config_.server_port))) {
    options.endpoint = *numeric;
  } else {
    options.host = config_.server_host;
    options.endpoint.port = config_.server_port;
    options.resolver = resolver_;
  }
  options.tls = std::move(tls);
  options.server_name = config_.authority;
  options.authority = config_.authority;
  options.limits.ping_interval = kRelayPing;
  options.limits.ping_timeout = kRelayPing;
  return net::newGrpcChannel(world_.loop, world_.network, std::move(options), kMaxRelayMessage);
}

Task<Result<std::unique_ptr<net::GrpcChannel>>> Uplink::connect() {
  if (config_.insecure) co_return channel(nullptr);
  MESHKA_CO_TRY(net::TlsClientOptions options, co_await credentials());
  MESHKA_CO_TRY(auto tls, net::TlsClientConfig::create(world_.loop, std::move(options)));
  co_return channel(std::move(tls));
}

Task<Result<ServerMessage>> Uplink::read(net::GrpcCall& call) {
  auto bytes = co_await io::withDeadline(world_.loop, world_.clock().now() + kRelaySilence,
                                         call.read(), "waiting for the server");
  if (!bytes) co_return fail(bytes.error());
  if (!*bytes) co_return fail(Code::kUnavailable, "the server closed the stream");
  co_return decodeServerMessage(**bytes);
}

// Says who we are and waits to be served.
Task<Result<Welcome>> Uplink::welcome(net::GrpcCall& call) {
  const Hello hello{config_.cluster, config_.given_name, std::string(kVersion), applier_.hashes()};
  MESHKA_CO_CHECK(co_await call.write(encode(AgentMessage(hello))));
  for (;;) {
    MESHKA_CO_TRY(const ServerMessage answer, co_await read(call));
    if (const auto* served = std::get_if<Welcome>(&answer)) co_return *served;
    const auto* wait = std::get_if<Wait>(&answer);
    if (wait != nullptr && wait->reason != trouble_) {
      trouble_ = wait->reason;
      world_.log.warn("relay: the server lets us wait", {{"reason", wait->reason}});
    }
  }
}

Task<void> Uplink::push(net::GrpcChannel& line, Ends& ends) {
  ends.end(co_await pushStream(line));
}

Task<Result<void>> Uplink::pushStream(net::GrpcChannel& line) {
  MESHKA_CO_TRY(const auto call, co_await io::withDeadline(
                                     world_.loop, world_.clock().now() + kDialTimeout,
                                     line.open(std::string(kPushMethod), kNever), "connecting"));
  MESHKA_CO_TRY(const Welcome served, co_await welcome(*call));
  world_.log.info("relay: connected",
                  {{"server", config_.server_host}, {"version", served.server_version}});
  connected_ = true;
  greeted_ = true;
  ++connects_;
  trouble_.clear();
  co_return co_await sendJournal(*call, served);
}

Task<Result<void>> Uplink::sendJournal(net::GrpcCall& call, Welcome served) {
  std::string session = served.session;
  uint64_t version = served.version;
  bool first = true;
  for (;;) {
    journal_changed_.reset();
    auto deltas = journal_.since(session, version);
    const bool whole = !deltas;
    if (whole) deltas = journal_.everything();
    // The server counts us as warm when it has acknowledged something.
    if (deltas->empty() && first) deltas->push_back({.session = session, .version = version});
    first = false;
    if (!deltas->empty()) {
      const uint64_t sent = deltas->back().version;
      bool again = false;
      MESHKA_CO_CHECK(co_await sendDeltas(call, std::move(*deltas), again));
      session = again ? "" : journal_.session();
      version = again ? 0 : sent;
      continue;
    }
    if (co_await journal_changed_.wait(world_.clock().now() + kRelayPing)) continue;
    MESHKA_CO_CHECK(co_await call.write(encode(AgentMessage(Ping{}))));
    MESHKA_CO_TRY(const ServerMessage answer, co_await read(call));
    (void)answer;
  }
}

// One acknowledgement for each delta (for the last piece of a snapshot): what changes meanwhile is
// sent together afterwards. `again`: the server wants everything.
Task<Result<void>> Uplink::sendDeltas(net::GrpcCall& call, std::vector<Delta> deltas, bool& again) {
  for (Delta& delta : deltas) {
    const bool answered = delta.last;
    ++deltas_;
    MESHKA_CO_CHECK(co_await call.write(encode(AgentMessage(std::move(delta)))));
    if (!answered) continue;
    MESHKA_CO_TRY(const ServerMessage answer, co_await read(call));
    if (const auto* refused = std::get_if<Nack>(&answer)) {
      world_.log.warn("relay: the server wants everything again", {{"reason", refused->reason}});
      again = true;
      co_return Result<void>();
    }
  }
  co_return Result<void>();
}

Task<void> Uplink::pull(net::GrpcChannel& line, Ends& ends) {
  ends.end(co_await pullStream(line));
}

Task<Result<void>> Uplink::pullStream(net::GrpcChannel& line) {
  MESHKA_CO_TRY(const auto call, co_await io::withDeadline(
                                     world_.loop, world_.clock().now() + kDialTimeout,
                                     line.open(std::string(kPullMethod), kNever), "connecting"));
  MESHKA_CO_TRY(const Welcome served, co_await welcome(*call));
  (void)served;
  // A server that was started anew does not know what could not be applied.
  for (const auto& [reference, failure] : applier_.failures())
    report(reference, failure.first, failure.second);
  io::Group writer(world_.loop, 1);
  writer.spawn(sendResults(*call));
  for (;;) {
    MESHKA_CO_TRY(ServerMessage message, co_await read(*call));
    if (auto* outputs = std::get_if<RelayOutputs>(&message)) take(std::move(*outputs));
    if (const auto* barrier = std::get_if<Barrier>(&message); barrier && barrier->complete)
      applier_.complete();
  }
}

// Also the sign of life of this direction. A write that fails ends the call, which read() sees.
Task<void> Uplink::sendResults(net::GrpcCall& call) {
  for (;;) {
    results_changed_.reset();
    if (!results_.empty()) {
      RelayApplied applied;
      for (auto& [reference, result] : std::exchange(results_, {}))
        applied.results.push_back(std::move(result));
      if (!co_await call.write(encode(AgentMessage(std::move(applied))))) co_return;
      continue;
    }
    if (co_await results_changed_.wait(world_.clock().now() + kRelayPing)) continue;
    if (!co_await call.write(encode(AgentMessage(Ping{})))) co_return;
  }
}

void Uplink::take(RelayOutputs outputs) {
  for (RelayOutput& output : outputs.upserts) {
    applier_.upsert(referenceOf(output.object), output.hash, std::move(output.object));
  }
  for (const std::string& reference : outputs.deletes) applier_.erase(reference);
  for (StatusOutput& s : outputs.statuses)
    statuses_.set(s.resource, {s.ns, s.name}, std::move(s.status));
}

}  // namespace meshka::mgmt
