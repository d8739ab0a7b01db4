#include "node/pod/prober.h"

#include <algorithm>
#include <functional>

#include "base/strings.h"
#include "node/spec/container.h"

namespace meshka::node {
namespace {

// The first quick question after a failed one, doubled for each further one.
constexpr Duration kQuickFirst = millis(100);
// Asking an exec probe costs the runtime several processes: never more often than said.
bool cheap(doc::Value spec) {
  return spec["httpGet"].exists() || spec["tcpSocket"].exists();
}

// The nearest moment that many probes of this period share: waking once for several costs a node at
// rest much less than waking for each. A few moments instead of one, so that a full node does not
// ask all its pods at once.
constexpr int64_t kBeats = 4;
Instant onTheBeat(Instant at, Duration period, const std::string& id) {
  const int64_t beat = static_cast<int64_t>(std::hash<std::string>()(id) % kBeats);
  const Duration past{(at.ns - beat * period.ns / kBeats) % period.ns};
  return past * 2 <= period ? at - past : at + (period - past);
}

}  // namespace

struct ContainerProber::Probe {
  Probe(ContainerProber& prober, std::string w, doc::Doc s, Verdict& v, io::Loop& loop)
      : owner(prober), what(std::move(w)), spec(std::move(s)), verdict(v), timer(loop, [this] {
          owner.ask(*this);
        }) {
    period = seconds(std::max<int64_t>(1, spec["periodSeconds"].integer(10)));
    timeout = seconds(std::max<int64_t>(1, spec["timeoutSeconds"].integer(1)));
    success_threshold = std::max<int64_t>(1, spec["successThreshold"].integer(1));
    failure_threshold = std::max<int64_t>(1, spec["failureThreshold"].integer(3));
  }
  ContainerProber& owner;
  std::string what;  // Startup, Readiness, Liveness
  doc::Doc spec;
  Verdict& verdict;
  Duration period, timeout, quick = kQuickFirst;
  int64_t success_threshold = 1, failure_threshold = 3;
  int64_t successes = 0, failures = 0;
  Instant next_counted{};  // the answer due then counts, earlier failures do not
  bool counted = true;
  io::Timer timer;
  std::unique_ptr<io::Running> running;
};

ContainerProber::ContainerProber(const NodeContext& context, doc::Doc pod, std::string container,
                                 std::string container_id, std::string pod_ip, Instant started_at,
                                 Callback changed)
    : context_(context),
      pod_(std::move(pod)),
      container_(std::move(container)),
      id_(std::move(container_id)),
      pod_ip_(std::move(pod_ip)),
      started_at_(started_at),
      changed_(std::move(changed)) {
  const doc::Value spec = findContainer(pod_, container_);
  const auto add = [&](const char* what, doc::Value probe, Verdict& verdict) {
    if (probe.exists()) {
      probes_.push_back(
          std::make_unique<Probe>(*this, what, probe.doc(), verdict, context_.world.loop));
    }
  };
  add("Startup", spec["startupProbe"], verdicts_.startup);
  add("Readiness", spec["readinessProbe"], verdicts_.readiness);
  add("Liveness", spec["livenessProbe"], verdicts_.liveness);
  if (!probes_.empty() && probes_[0]->what == "Startup") {
    schedule(*probes_[0], started_at_ + seconds(probes_[0]->spec["initialDelaySeconds"].integer()));
  } else {
    startOthers();
  }
}

ContainerProber::~ContainerProber() = default;

void ContainerProber::startOthers() {
  for (const auto& p : probes_) {
    if (p->what != "Startup")
      schedule(*p, started_at_ + seconds(p->spec["initialDelaySeconds"].integer()));
  }
}

void ContainerProber::schedule(Probe& probe, Instant at) {
  probe.next_counted = std::max(at, context_.world.clock().now());
  probe.counted = true;
  probe.timer.armAt(probe.next_counted);
}

void ContainerProber::ask(Probe& probe) {
  probe.running = std::make_unique<io::Running>(run(probe));
  probe.running->start();
}

io::Task<void> ContainerProber::run(Probe& probe) {
  HandlerTarget target{.pod = pod_,
                       .container = findContainer(pod_, container_),
                       .container_id = id_,
                       .pod_ip = pod_ip_};
  const HandlerResult result =
      co_await runHandler(context_, std::move(target), probe.spec, context_.in(probe.timeout));
  answered(probe, result);
}

void ContainerProber::answered(Probe& probe, const HandlerResult& result) {
  const Instant now = context_.world.clock().now();
  const Verdict before = probe.verdict;
  if (result.ok) {
    ++probe.successes;
    probe.failures = 0;
    if (probe.successes >= probe.success_threshold) probe.verdict = Verdict::kSuccess;
  } else {
    probe.successes = 0;
    if (probe.counted) {
      ++probe.failures;
      context_.events.record(
          pod_, {true, "Unhealthy", cat(probe.what, " probe failed: ", result.output), container_});
      if (probe.failures >= probe.failure_threshold) probe.verdict = Verdict::kFailure;
    }
  }
  const bool startup_done = probe.what == "Startup" && probe.verdict == Verdict::kSuccess;
  const Instant counted_next =
      probe.counted ? probe.next_counted + probe.period : probe.next_counted;
  if (startup_done) {
    startOthers();  // and the startup probe rests
  } else {
    const bool hurry =
        probe.what != "Liveness" && probe.verdict != Verdict::kSuccess && cheap(probe.spec);
    probe.next_counted = std::max(hurry ? counted_next : onTheBeat(counted_next, probe.period, id_),
                                  now + millis(1));
    const Instant quick = now + probe.quick;
    probe.counted = !hurry || quick >= probe.next_counted;
    if (hurry) probe.quick = std::min(probe.quick * 2, probe.period);
    if (probe.verdict == Verdict::kSuccess) probe.quick = kQuickFirst;
    probe.timer.armAt(probe.counted ? probe.next_counted : quick);
  }
  if (probe.verdict != before) changed_();
}

}  // namespace meshka::node
