#include "node/network/lb_controller.h"

#include "base/strings.h"
#include "node/limits.h"

namespace meshka::node {
namespace {

const client::Resource kServices{"", "v1", "services"};

doc::Doc statusPatch(const std::string& address) {
  doc::Draft patch = doc::Draft::object();
  doc::Draft& status = patch["status"];
  if (address.empty()) {
    status["loadBalancer"] = doc::Draft::object({{"ingress", doc::Draft(nullptr)}});
  } else {
    doc::Draft ingress =
        doc::Draft::object({{"ip", doc::Draft(address)}, {"ipMode", doc::Draft("VIP")}});
    status["loadBalancer"] =
        doc::Draft::object({{"ingress", doc::Draft::array({std::move(ingress)})}});
  }
  return patch.finish();
}

}  // namespace

LbController::LbController(io::World world, client::ApiClient& api, client::Collection& services,
                           EventRecorder& events, Cidr pool)
    : world_(world),
      api_(api),
      services_(services),
      events_(events),
      pool_(pool),
      settle_(world.loop, [this] {
        if (running_) return;
        running_ = true;
        task_ = std::make_unique<io::Running>(apply());
        task_->start();
      }) {
  services_.addHandler(*this);
}

LbController::~LbController() {
  services_.removeHandler(*this);
}

void LbController::onChange(const client::ObjectKey& key, const doc::Doc& before,
                            const doc::Doc& after) {
  if (!after.exists()) told_.erase(key);
  const auto concerns = [](const doc::Doc& s) {
    return s.exists() && (s["spec"]["type"].text() == "LoadBalancer" ||
                          s["status"]["loadBalancer"]["ingress"].size() > 0);
  };
  if (concerns(before) || concerns(after)) changed();
}

void LbController::changed() {
  dirty_ = true;
  if (!running_ && !settle_.armed()) settle_.armAfter(Duration{});
}

io::Task<void> LbController::apply() {
  bool failed = false;
  while (dirty_) {
    dirty_ = false;
    if (!services_.hasSynced()) break;
    for (const LbAssignment& a : assignLoadBalancers(pool_, services_.list())) {
      const client::ObjectKey key{a.ns, a.name};
      if (!a.problem.empty()) {
        const doc::Doc* service = services_.get(a.ns, a.name);
        if (service != nullptr && told_[key] != a.problem) {
          events_.recordOn("Service", *service, {true, "SyncLoadBalancerFailed", a.problem, {}});
        }
        told_[key] = a.problem;
        continue;
      }
      told_.erase(key);
      auto r =
          co_await api_.subresource("PATCH", kServices, a.ns, a.name, "status",
                                    statusPatch(a.address), world_.clock().now() + kApiTimeout);
      if (r || r.error().code() == Code::kNotFound) continue;
      world_.log.warn("cannot write a LoadBalancer address",
                      {{"service", key.toString()}, {"error", r.error().message()}});
      failed = true;
    }
  }
  running_ = false;
  // The collection may not show our own writes yet: its change comes back here and finds nothing to
  // do.
  if (failed) {
    dirty_ = true;
    settle_.armAfter(seconds(1));
  }
}

}  // namespace meshka::node
