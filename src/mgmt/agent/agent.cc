#include "mgmt/agent/agent.h"

#include "base/strings.h"
#include "mgmt/agent/telemetry.h"
#include "mgmt/agent/watched.h"
#include "mgmt/limits.h"
#include "net/resolver.h"

namespace meshka::mgmt {

using io::Task;

class Agent::Pages final : public net::Handler {
 public:
  explicit Pages(const Agent& agent) : agent_(agent) {}
  Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override {
    if (request.path == "/metrics") {
      net::respond(response, 200, "text/plain; version=0.0.4", agent_.metrics());
    } else if (request.path == "/ready") {
      const std::string why = agent_.notReady();
      net::respond(response, why.empty() ? 200 : 503, "text/plain",
                   why.empty() ? "ready\n" : cat(why, "\n"));
    } else if (request.path == "/live" || request.path == "/healthz") {
      net::respond(response, 200, "text/plain", "ok\n");
    } else {
      net::respond(response, 404, "text/plain", "there are /ready, /live and /metrics\n");
    }
    co_return;
  }

 private:
  const Agent& agent_;
};

Agent::Agent(io::World world, client::ApiClient& client, AgentConfig config,
             std::shared_ptr<net::Resolver> resolver)
    : world_(world),
      config_(std::move(config)),
      kinds_(world, client, watchedKinds(), isWatchedGroup),
      journal_(randomSuffix(world.rng, 16)),
      statuses_(world, client, kinds_),
      applier_(world, client, kinds_, "translator",
               [this](const std::string& reference, const std::string& hash, std::string error) {
                 if (!error.empty())
                   world_.log.warn("an object cannot be applied",
                                   {{"object", reference}, {"error", error}});
                 uplink_.report(reference, hash, std::move(error));
               }),
      view_(world, kinds_, journal_, [this] { uplink_.journalChanged(); }),
      discovery_(world, client, kinds_, statuses_, config_.uplink.cluster, config_.uplink.ns),
      certificates_(world, client, kinds_, view_, statuses_, config_.uplink.cluster),
      uplink_(world, client, config_.uplink, journal_, applier_, statuses_, std::move(resolver)),
      telemetry_(std::make_unique<Telemetry>(world)),
      telemetry_handler_(net::newGrpcHandler(world.loop, *telemetry_)),
      pages_(std::make_unique<Pages>(*this)) {
  kinds_.addHandler(*this);
}

Agent::~Agent() = default;

Result<void> Agent::start() {
  telemetry_server_ = std::make_unique<net::HttpServer>(
      world_.loop, *telemetry_handler_, net::ServerOptions{.http1 = false, .log = &world_.log});
  page_server_ = std::make_unique<net::HttpServer>(world_.loop, *pages_,
                                                   net::ServerOptions{.log = &world_.log});
  MESHKA_TRY(grpc_endpoint_, telemetry_server_->listen(world_.network, config_.grpc_listen));
  MESHKA_TRY(http_endpoint_, page_server_->listen(world_.network, config_.http_listen));
  MESHKA_CHECK(page_server_->listen(world_.network, config_.stats_listen));
  kinds_.start();
  return {};
}

void Agent::onSynced() {
  world_.log.info("the cluster is read", {{"objects", cat(journal_.size())}});
  uplink_.start();
}

std::string Agent::notReady() const {
  if (!kinds_.hasSynced()) return cat("reading the cluster: ", kinds_.notSynced());
  return uplink_.trouble();
}

std::string Agent::metrics() const {
  std::string out = telemetry_->metrics();
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help,
                       uint64_t value) {
    out +=
        cat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n", name, " ", value, "\n");
  };
  one("agent_relay_connected", "gauge", "1 while the push stream is served.",
      uplink_.connected() ? 1 : 0);
  one("agent_relay_connects_total", "counter", "Times that it was served.", uplink_.connects());
  one("agent_relay_deltas_total", "counter", "Pieces of the snapshot sent.", uplink_.deltas());
  one("agent_snapshot_objects", "gauge", "Objects that the server is told of.", journal_.size());
  one("agent_outputs", "gauge", "Objects that the server wants here.", applier_.hashes().size());
  one("agent_meshes", "gauge", "Istio control planes found.", discovery_.meshes());
  return out;
}

}  // namespace meshka::mgmt
