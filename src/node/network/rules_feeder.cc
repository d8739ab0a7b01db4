#include "node/network/rules_feeder.h"

#include <memory>

#include "base/strings.h"
#include "io/runtime.h"
#include "node/limits.h"
#include "node/network/conntrack.h"

namespace meshka::node {
namespace {

// Of a pod only its address, labels and phase make rules.
bool sameForRules(const doc::Doc& a, const doc::Doc& b) {
  return a["status"]["podIP"] == b["status"]["podIP"] &&
         a["metadata"]["labels"] == b["metadata"]["labels"] &&
         a["status"]["phase"] == b["status"]["phase"];
}

}  // namespace

class RulesFeeder::Handler final : public client::CollectionHandler {
 public:
  explicit Handler(RulesFeeder& feeder) : feeder_(feeder) {}
  void onChange(const client::ObjectKey&, const doc::Doc& before, const doc::Doc& after) override {
    const bool pod = (before.exists() ? before : after)["spec"]["containers"].exists();
    if (pod && before.exists() && after.exists() && sameForRules(before, after)) return;
    feeder_.changed();
  }
  void onSynced() override { feeder_.changed(); }

 private:
  RulesFeeder& feeder_;
};

RulesFeeder::RulesFeeder(io::World world, const NetworkConfig& config, NetworkSources sources)
    : world_(world),
      config_(config),
      sources_(sources),
      handler_(std::make_unique<Handler>(*this)),
      settle_(world.loop, [this] { begin(); }) {
  for (auto* c : {&sources_.services, &sources_.slices, &sources_.policies, &sources_.pods,
                  &sources_.namespaces}) {
    c->addHandler(*handler_);
  }
}

RulesFeeder::~RulesFeeder() {
  for (auto* c : {&sources_.services, &sources_.slices, &sources_.policies, &sources_.pods,
                  &sources_.namespaces}) {
    c->removeHandler(*handler_);
  }
}

bool RulesFeeder::synced() const {
  return sources_.services.hasSynced() && sources_.slices.hasSynced() &&
         sources_.policies.hasSynced() && sources_.pods.hasSynced() &&
         sources_.namespaces.hasSynced();
}

void RulesFeeder::changed() {
  dirty_ = true;
  if (!running_ && !settle_.armed()) settle_.armAfter(kRulesSettle);
}

void RulesFeeder::begin() {
  // Before everything is listed, rules would refuse what is about to be known.
  if (running_ || !dirty_ || !synced()) return;
  running_ = true;
  task_ = std::make_unique<io::Running>(apply());
  task_->start();
}

io::Task<Result<void>> RulesFeeder::load(std::string program) {
  ++transactions_;
  io::ProcessSpec spec;
  spec.program = "nft";
  spec.args = {"-f", "-"};
  spec.stdin_bytes = std::move(program);
  MESHKA_CO_TRY(auto r,
                co_await world_.runtime.run(std::move(spec), world_.clock().now() + kNftTimeout));
  if (r.exit_code != 0)
    co_return fail(Code::kInternal, cat("nft: ", trim(std::string_view(r.err).substr(0, 1000))));
  co_return Result<void>();
}

io::Task<void> RulesFeeder::apply() {
  dirty_ = false;
  RuleSet wanted;
  addServiceRules(wanted, config_, sources_.services.list(), sources_.slices.list());
  addHostPorts(wanted, sources_.pods.list());
  const auto warnings = addPolicyRules(wanted, config_,
                                       {.policies = sources_.policies.list(),
                                        .pods = sources_.pods.list(),
                                        .namespaces = sources_.namespaces.list()});
  for (const std::string& w : warnings)
    world_.log.warn("a network policy is not understood in full", {{"what", w}});
  std::string program = loaded_once_ ? deltaProgram(loaded_, wanted) : fullProgram(wanted);
  Result<void> r;
  if (!program.empty()) {
    r = co_await load(std::move(program));
    if (!r && loaded_once_) {
      world_.log.warn("a change of the rules was refused; replacing the table",
                      {{"error", r.error().message()}});
      r = co_await load(fullProgram(wanted));
    }
  }
  if (r) {
    if (loaded_once_) co_await forgetUdp(staleUdpFlows(loaded_, wanted));
    loaded_ = std::move(wanted);
    loaded_once_ = true;
    failures_ = 0;
  } else {
    world_.log.error("cannot load the node's rules", {{"error", r.error().message()}});
    loaded_once_ = false;
    dirty_ = true;
    ++failures_;
  }
  running_ = false;
  if (dirty_)
    settle_.armAfter(failures_ == 0 ? kRulesSettle
                                    : seconds(std::min(1 << std::min(failures_, 5), 30)));
}

io::Task<void> RulesFeeder::forgetUdp(std::vector<UdpFlow> flows) {
  if (flows.empty()) co_return;
  auto result = std::make_shared<Result<size_t>>(size_t{0});
  co_await world_.runtime.offload(
      [result, flows = std::move(flows)] { *result = forgetUdpFlows(flows); });
  if (!*result)
    world_.log.warn("UDP clients may keep an endpoint that is gone",
                    {{"error", result->error().message()}});
}

}  // namespace meshka::node
