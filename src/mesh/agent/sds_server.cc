#include "mesh/agent/sds_server.h"

#include <algorithm>

#include "base/strings.h"
#include "xds/codec.h"
#include "xds/types.h"

namespace meshka::mesh::agent {
namespace {

constexpr std::string_view kMethod =
    "/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets";
constexpr std::string_view kRequest = "envoy.service.discovery.v3.DiscoveryRequest";
constexpr std::string_view kResponse = "envoy.service.discovery.v3.DiscoveryResponse";

}  // namespace

SdsServer::SdsServer(io::World world, Secrets& secrets)
    : world_(world), secrets_(secrets), progress_(world.loop) {
  secrets_.onChange([this] {
    for (Stream& stream : streams_) sendDue(stream);
  });
}

SdsServer::~SdsServer() {
  secrets_.onChange({});
}

io::Task<Result<void>> SdsServer::serve(net::GrpcServerCall& call) {
  if (call.method() != kMethod) {
    co_return fail(
        net::grpcError(net::GrpcStatus::kUnimplemented, cat("unknown method ", call.method())));
  }
  struct Listed {
    SdsServer& server;
    std::list<Stream>::iterator at;
    ~Listed() {
      server.streams_.erase(at);
      server.progress_.set();
    }
  };
  const Listed listed{*this, streams_.insert(streams_.end(), Stream{call})};
  for (;;) {
    MESHKA_CO_TRY(const auto message, co_await call.read());
    if (!message) co_return Result<void>();
    take(*listed.at, *message);
    sendDue(*listed.at);
  }
}

void SdsServer::take(Stream& stream, std::string_view bytes) {
  const auto request = xds::decode(kRequest, bytes);
  if (!request) {
    world_.log.warn("a request for secrets that is none", {{"error", request.error().message()}});
    return;
  }
  for (const doc::Value name : (*request)["resource_names"].elements()) {
    const std::string key(name.text());
    stream.sent.try_emplace(key, 0);
    stream.taken.try_emplace(key, 0);
  }
  if ((*request)["response_nonce"].text() != cat(stream.nonce) || stream.nonce == 0) return;
  if (const doc::Value refused = (*request)["error_detail"]; refused.exists()) {
    world_.log.error("Envoy refused a secret", {{"reason", refused["message"].text()}});
    return;
  }
  stream.taken = stream.sent;
  progress_.set();
}

void SdsServer::sendDue(Stream& stream) {
  const bool due = std::ranges::any_of(
      stream.sent, [&](const auto& entry) { return secrets_.version(entry.first) > entry.second; });
  if (!due) return;
  doc::Draft response = doc::Draft::object();
  response["type_url"] = xds::kSecret;
  response["resources"] = doc::Draft::array();
  for (auto& [name, version] : stream.sent) {
    if (secrets_.version(name) == 0) continue;
    version = secrets_.version(name);
    doc::Draft resource(secrets_.resource(name));
    resource["@type"] = xds::kSecret;
    response["resources"].push(std::move(resource));
  }
  response["nonce"] = cat(++stream.nonce);
  response["version_info"] = response["nonce"];
  const auto bytes = xds::encode(kResponse, response.finish());
  if (!bytes) {
    world_.log.error("cannot encode a secret", {{"error", bytes.error().message()}});
    return;
  }
  stream.call.writeNow(*bytes);
}

bool SdsServer::allTaken() const {
  return std::ranges::all_of(streams_, [this](const Stream& stream) {
    const auto at = stream.taken.find(kRootsSecret);
    return at == stream.taken.end() || at->second >= secrets_.version(kRootsSecret);
  });
}

io::Task<bool> SdsServer::rootsTaken(Instant deadline) {
  while (!allTaken()) {
    progress_.reset();
    if (!co_await progress_.wait(deadline)) co_return allTaken();
  }
  co_return true;
}

}  // namespace meshka::mesh::agent
