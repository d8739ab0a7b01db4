#include "mgmt/server/relay_service.h"

#include "base/strings.h"
#include "base/version.h"
#include "mgmt/limits.h"
#include "mgmt/relay/identity.h"

namespace meshka::mgmt {

using io::Task;
using net::grpcError;
using net::GrpcStatus;

// One stream, counted.
struct RelayService::Slot {
  explicit Slot(RelayService& s) : service(s) { ++service.streams_; }
  ~Slot() { --service.streams_; }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  RelayService& service;
};

// A cluster's stream: the newest one counts, an older one ends when it notices.
struct RelayService::Connected {
  Connected(RelayService& s, std::shared_ptr<ClusterState> c, uint64_t ClusterState::* which)
      : service(s), cluster(std::move(c)), field(which), id(s.next_stream_++) {
    (*cluster).*field = id;
    service.events_.onStream(*cluster);
  }
  ~Connected() {
    if (!current()) return;
    (*cluster).*field = 0;
    service.events_.onStream(*cluster);
  }
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;
  bool current() const { return !cluster->gone && (*cluster).*field == id; }

  RelayService& service;
  const std::shared_ptr<ClusterState> cluster;
  uint64_t ClusterState::* const field;
  const uint64_t id;
};

struct RelayService::PullState {
  ClusterState& cluster;
  const Connected& connected;
  std::map<std::string, std::string> sent;  // reference -> hash
  std::map<std::string, doc::Doc> sent_statuses = {};
  uint64_t barrier = 0;
  bool complete = false;
  bool failed = false;
};

RelayService::RelayService(io::World world, Clusters& clusters, RelayPolicy policy,
                           RelayEvents& events)
    : world_(world), clusters_(clusters), policy_(std::move(policy)), events_(events) {}

Task<Result<void>> RelayService::serve(net::GrpcServerCall& call) {
  if (call.method() == kBootstrapMethod) co_return co_await bootstrap(call);
  if (call.method() == kPushMethod) co_return co_await push(call);
  if (call.method() == kPullMethod) co_return co_await pull(call);
  co_return fail(grpcError(GrpcStatus::kUnimplemented, cat("unknown method ", call.method())));
}

Task<Result<void>> RelayService::bootstrap(net::GrpcServerCall& call) {
  MESHKA_CO_TRY(const auto bytes, co_await call.read());
  if (!bytes) co_return fail(grpcError(GrpcStatus::kInvalidArgument, "bootstrap: no request"));
  auto request = decodeBootstrapRequest(*bytes);
  if (!request) co_return fail(grpcError(GrpcStatus::kInvalidArgument, request.error().message()));
  auto reply = sign(call.peer(), *request);
  const std::string peer = call.peer().address.toString();
  if (!reply) {
    ++refused_;
    world_.log.warn(
        "relay: bootstrap refused",
        {{"peer", peer}, {"cluster", request->cluster}, {"error", reply.error().message()}});
    co_return fail(reply.error());
  }
  ++bootstraps_;
  world_.log.info("relay: client certificate signed",
                  {{"peer", peer}, {"cluster", request->cluster}});
  co_return co_await call.write(encode(*reply));
}

Result<BootstrapReply> RelayService::sign(const net::Peer& peer, const BootstrapRequest& request) {
  if (policy_.signing == nullptr) {
    return fail(grpcError(GrpcStatus::kFailedPrecondition,
                          "this server has no relay certificates, so it signs none"));
  }
  const Instant now = world_.clock().now();
  const bool renewal =
      !peer.certificates.empty() && checkAgent(peer, request.cluster, false).has_value();
  if (!renewal) {
    if (now >= refill_) {
      attempts_ = 0;
      refill_ = now + kBootstrapRefill * static_cast<int64_t>(kBootstrapBurst);
    }
    if (attempts_ >= kBootstrapBurst) {
      return fail(grpcError(GrpcStatus::kResourceExhausted, "too many bootstraps: try later"));
    }
    ++attempts_;
    if (policy_.token.empty() || !equalSecrets(policy_.token, request.token)) {
      return fail(grpcError(GrpcStatus::kUnauthenticated, "the relay token is wrong"));
    }
  }
  auto csr = net::parseRequestPem(request.csr_pem);
  if (!csr) return fail(grpcError(GrpcStatus::kInvalidArgument, csr.error().message()));
  const WallTime wall = world_.clock().wall();
  net::LeafSpec leaf{.common_name = request.cluster,
                     .organizations = {"meshka relay"},
                     .client = true,
                     .not_before = wall,
                     .not_after = wall + kClientCertificateLife};
  leaf.sans.uris = {agentIdentity(request.cluster)};
  auto certificate = policy_.signing->issue(leaf, csr->public_key_der, world_.rng);
  if (!certificate) {
    return fail(grpcError(GrpcStatus::kInvalidArgument, certificate.error().message()));
  }
  return BootstrapReply{std::move(*certificate), policy_.ca_pem};
}

Task<Result<AgentMessage>> RelayService::read(net::GrpcServerCall& call, Duration silence) {
  auto bytes = co_await io::withDeadline(world_.loop, world_.clock().now() + silence, call.read(),
                                         "waiting for the agent");
  if (!bytes) co_return fail(bytes.error());
  if (!*bytes) co_return fail(grpcError(GrpcStatus::kCancelled, "the agent closed the stream"));
  auto message = decodeAgentMessage(**bytes);
  if (!message) co_return fail(grpcError(GrpcStatus::kInvalidArgument, message.error().message()));
  co_return message;
}

Task<Result<Hello>> RelayService::greet(net::GrpcServerCall& call) {
  if (streams_ > kMaxAgentStreams) {
    co_return fail(grpcError(GrpcStatus::kResourceExhausted, "too many agents"));
  }
  MESHKA_CO_TRY(AgentMessage first, co_await read(call, kHelloTimeout));
  Hello* hello = std::get_if<Hello>(&first);
  if (hello == nullptr) {
    co_return fail(grpcError(GrpcStatus::kInvalidArgument, "the first message is no hello"));
  }
  if (auto known = checkAgent(call.peer(), hello->cluster, policy_.insecure); !known) {
    world_.log.warn("relay: stream refused", {{"peer", call.peer().address.toString()},
                                              {"cluster", hello->cluster},
                                              {"error", known.error().message()}});
    co_return fail(known.error());
  }
  co_return std::move(*hello);
}

Task<Result<std::shared_ptr<ClusterState>>> RelayService::registered(net::GrpcServerCall& call,
                                                                     std::string name) {
  struct Waiting {
    explicit Waiting(size_t& n) : count(n) { ++count; }
    ~Waiting() { --count; }
    size_t& count;
  };
  std::optional<Waiting> waiting;
  std::string told;
  for (;;) {
    if (auto cluster = clusters_.find(name)) co_return cluster;
    if (!waiting) waiting.emplace(waiting_);
    const std::string reason = clusters_.unregistered(name);
    if (reason != told) {
      told = reason;
      world_.log.info("relay: an agent waits", {{"cluster", name}, {"reason", reason}});
      MESHKA_CO_CHECK(co_await call.write(encode(ServerMessage(Wait{reason}))));
    } else {
      MESHKA_CO_CHECK(co_await call.write(encode(ServerMessage(Ping{}))));
    }
    (void)co_await clusters_.changed().wait(world_.clock().now() + kRelayPing);
  }
}

Task<Result<void>> RelayService::push(net::GrpcServerCall& call) {
  const Slot slot(*this);
  MESHKA_CO_TRY(const Hello hello, co_await greet(call));
  MESHKA_CO_TRY(const auto cluster, co_await registered(call, hello.cluster));
  cluster->agent_version = hello.agent_version;
  cluster->agent_address = call.peer().address.toString();
  if (!hello.given_name.empty()) cluster->given_name = hello.given_name;
  const Connected connected(*this, cluster, &ClusterState::push_stream);
  world_.log.info("relay: agent connected", {{"cluster", cluster->name},
                                             {"version", hello.agent_version},
                                             {"peer", cluster->agent_address}});
  cluster->snapshot.dropPieces();
  const Welcome welcome{std::string(kVersion), cluster->snapshot.session(),
                        cluster->snapshot.version()};
  MESHKA_CO_CHECK(co_await call.write(encode(ServerMessage(welcome))));
  for (;;) {
    auto message = co_await read(call, kRelaySilence);
    if (!connected.current()) {
      co_return fail(grpcError(GrpcStatus::kAborted, "another stream of this cluster is served"));
    }
    if (!message) {
      cluster->trouble = message.error().message();
      co_return fail(message.error());
    }
    ServerMessage answer = Ping{};
    if (const Delta* delta = std::get_if<Delta>(&*message)) {
      if (auto taken = take(*cluster, *delta, answer); !taken) co_return fail(taken.error());
      if (std::holds_alternative<Ping>(answer)) continue;  // more pieces follow
    }
    MESHKA_CO_CHECK(co_await call.write(encode(answer)));
  }
}

Result<void> RelayService::take(ClusterState& cluster, const Delta& delta, ServerMessage& answer) {
  std::vector<Snapshot::Change> changes;
  auto whole = cluster.snapshot.apply(delta, changes);
  if (!whole && whole.error().code() == Code::kConflict) {
    answer = Nack{delta.version, whole.error().message()};
    return {};
  }
  if (!whole) return fail(grpcError(GrpcStatus::kResourceExhausted, whole.error().message()));
  if (!*whole) return {};
  answer = Ack{delta.version};
  events_.onSnapshot(cluster, changes, delta.full);
  if (cluster.warm) return {};
  cluster.warm = true;
  world_.log.info("relay: cluster is warm", {{"cluster", cluster.name},
                                             {"objects", cat(cluster.snapshot.size())},
                                             {"resumed", delta.full ? "no" : "yes"}});
  events_.onStream(cluster);
  return {};
}

Task<Result<void>> RelayService::pull(net::GrpcServerCall& call) {
  const Slot slot(*this);
  MESHKA_CO_TRY(Hello hello, co_await greet(call));
  MESHKA_CO_TRY(const auto cluster, co_await registered(call, hello.cluster));
  const Connected connected(*this, cluster, &ClusterState::pull_stream);
  MESHKA_CO_CHECK(
      co_await call.write(encode(ServerMessage(Welcome{std::string(kVersion), "", 0}))));
  PullState state{.cluster = *cluster, .connected = connected, .sent = std::move(hello.have)};
  io::Group writer(world_.loop, 1);
  writer.spawn(sendOutputs(call, state));
  for (;;) {
    auto message = co_await read(call, kRelaySilence);
    if (!connected.current() || state.failed) {
      co_return fail(grpcError(GrpcStatus::kAborted, "this stream is no longer served"));
    }
    if (!message) co_return fail(message.error());
    if (const RelayApplied* applied = std::get_if<RelayApplied>(&*message))
      takeResults(*cluster, *applied);
  }
}

void RelayService::takeResults(ClusterState& cluster, const RelayApplied& applied) {
  bool changed = false;
  for (const RelayResult& result : applied.results) {
    if (result.error.empty()) {
      changed = cluster.failures.erase(result.reference) > 0 || changed;
      continue;
    }
    // Of an older form of the object: no news. Before the first translation it is kept as it is.
    const auto output = cluster.outputs.find(result.reference);
    const bool known = output != cluster.outputs.end();
    if (known ? output->second.hash != result.hash : cluster.translation != 0) continue;
    if (cluster.failures.size() >= kMaxFailures) continue;
    RelayResult& last = cluster.failures[result.reference];
    if (last.error == result.error && last.hash == result.hash) continue;
    last = result;
    changed = true;
    world_.log.warn(
        "an agent could not apply an object",
        {{"cluster", cluster.name}, {"object", result.reference}, {"error", result.error}});
  }
  if (changed) events_.onResults(cluster);
}

Task<void> RelayService::sendOutputs(net::GrpcServerCall& call, PullState& state) {
  while (!state.failed && state.connected.current()) {
    const uint64_t seen = state.cluster.translation;
    if (!co_await sendDifference(call, state)) break;
    if (state.cluster.translation != seen) continue;
    const bool woken =
        co_await state.cluster.outputs_changed.wait(world_.clock().now() + kRelayPing);
    if (!woken && !co_await call.write(encode(ServerMessage(Ping{})))) break;
  }
  state.failed = true;
}

// False: the stream is lost.
Task<bool> RelayService::sendDifference(net::GrpcServerCall& call, PullState& state) {
  ClusterState& cluster = state.cluster;
  if (cluster.translation == 0 || !events_.mayWrite(cluster)) co_return true;
  std::vector<ServerMessage> messages;
  RelayOutputs piece;
  size_t bytes = 0;
  const auto flush = [&](bool end) {
    if (end ? bytes == 0 : bytes < kRelayChunkBytes) return;
    messages.emplace_back(std::move(piece));
    piece = {};
    bytes = 0;
  };
  for (const auto& [reference, output] : cluster.outputs) {
    std::string& sent = state.sent[reference];
    if (sent == output.hash) continue;
    sent = output.hash;
    bytes += output.object.memoryBytes();
    piece.upserts.push_back(output);
    flush(false);
  }
  std::erase_if(state.sent, [&](const auto& entry) {
    if (cluster.outputs.contains(entry.first)) return false;
    piece.deletes.push_back(entry.first);
    bytes += entry.first.size();
    return true;
  });
  for (const auto& [key, status] : cluster.statuses) {
    doc::Doc& sent = state.sent_statuses[key];
    if (sent.exists() && sent == status.status) continue;
    sent = status.status;
    bytes += status.status.memoryBytes();
    piece.statuses.push_back(status);
    flush(false);
  }
  flush(true);
  if (!messages.empty() || !state.complete) {
    state.complete = true;
    messages.emplace_back(Barrier{cluster.translation, true});
  }
  for (const ServerMessage& message : messages) {
    if (!co_await call.write(encode(message))) co_return false;
  }
  co_return true;
}

}  // namespace meshka::mgmt
