#include "node/pod/worker.h"

#include <algorithm>

#include "base/strings.h"
#include "node/limits.h"
#include "node/pod/status.h"
#include "node/spec/container.h"
#include "node/spec/sandbox.h"
#include "node/spec/security.h"

namespace meshka::node {
namespace {

// The runtime's lists lag behind its events by some 50 ms: ask again after these times until they
// agree.
constexpr Duration kLookAgain = millis(20);
constexpr Duration kLookAgainMax = seconds(2);
constexpr Duration kWriteRetry = seconds(1);

}  // namespace

PodWorker::PodWorker(const NodeContext& context, doc::Doc pod, Callback finished)
    : context_(context),
      uid_(pod["metadata"]["uid"].text()),
      finished_(std::move(finished)),
      machine_(context.config, std::move(pod)),
      volumes_(context, uid_),
      actions_(context, volumes_),
      wake_(context.world.loop, [this] { kick(); }),
      renew_(context.world.loop, [this] { objectsChanged(); }),
      look_timer_(context.world.loop, [this] { relist(); }) {
  relist();
}

PodWorker::~PodWorker() {
  *alive_ = false;
}

// Posted, so that a turn sees all that happened in this one.
void PodWorker::kick() {
  if (posted_ || done_) return;
  posted_ = true;
  context_.world.loop.post([this, alive = alive_] {
    if (!*alive) return;
    posted_ = false;
    turn();
  });
}

void PodWorker::spawn(io::Task<void> task) {
  sweep();
  tasks_.push_back(std::make_unique<io::Running>(std::move(task)));
  tasks_.back()->start();
}

void PodWorker::sweep() {
  std::erase_if(tasks_, [](const auto& t) { return t->finished(); });
}

// The status is ours: what the API's watch shows of it is older than what we wrote. Others'
// conditions are theirs.
doc::Doc PodWorker::withStatus(const doc::Doc& pod, const doc::Doc& status) const {
  if (!status.exists()) return pod;
  doc::Draft merged(pod);
  doc::Draft ours(status);
  doc::Draft conditions = doc::Draft::array();
  for (const doc::Value c : status["conditions"].elements()) {
    const std::string_view type = c["type"].text();
    if (type == "Ready" || type == "ContainersReady" || type == "Initialized" ||
        type == "PodReadyToStartContainers") {
      conditions.push(c);
    }
  }
  bool scheduled = false;
  for (const doc::Value c : pod["status"]["conditions"].elements()) {
    const std::string_view type = c["type"].text();
    if (type == "Ready" || type == "ContainersReady" || type == "Initialized" ||
        type == "PodReadyToStartContainers") {
      continue;
    }
    scheduled |= type == "PodScheduled";
    conditions.push(c);
  }
  if (!scheduled) {
    for (const doc::Value c : status["conditions"].elements()) {
      if (c["type"].text() == "PodScheduled") conditions.push(c);
    }
  }
  ours["conditions"] = std::move(conditions);
  merged["status"] = std::move(ours);
  return merged.finish();
}

void PodWorker::setPod(doc::Doc pod) {
  const bool metadata_changed =
      !(pod["metadata"]["labels"] == machine_.pod()["metadata"]["labels"]) ||
      !(pod["metadata"]["annotations"] == machine_.pod()["metadata"]["annotations"]);
  machine_.setPod(withStatus(pod, wanted_));
  if (metadata_changed) objectsChanged();
  kick();
}

void PodWorker::setGone() {
  gone_ = true;
  machine_.setGone();
  kick();
}

bool PodWorker::owns(std::string_view id) const {
  return std::ranges::any_of(machine_.runtime().containers,
                             [&](const auto& c) { return c.container.id == id; });
}

void PodWorker::containerExited(const cri::Exit& exit) {
  // One that is being started may have ended before we heard of its id.
  const bool ours = owns(exit.container_id);
  if (!ours && !machine_.busy()) return;
  exits_[exit.container_id] = exit;
  if (!ours) return;
  look_tries_ = 0;
  relist();
}

void PodWorker::relist() {
  if (done_) return;
  if (looking_) {
    look_again_ = true;
    return;
  }
  looking_ = true;
  spawn(look());
}

void PodWorker::objectsChanged() {
  if (machine_.stopping()) return;
  machine_.retryNow();
  kick();
  if (!machine_.runtime().sandbox) return;
  if (refreshing_) {
    refresh_again_ = true;
    return;
  }
  refreshing_ = true;
  spawn(refreshVolumes());
}

io::Task<void> PodWorker::refreshVolumes() {
  do {
    refresh_again_ = false;
    if (auto r = co_await volumes_.refresh(machine_.pod()); !r) {
      context_.events.record(machine_.pod(), {true, "FailedMount", r.error().message(), {}});
    }
  } while (refresh_again_);
  refreshing_ = false;
  renew_.armAt(volumes_.renewAt());
}

io::Task<Result<RuntimePod>> PodWorker::observe() {
  RuntimePod out;
  MESHKA_CO_TRY(auto sandboxes,
                co_await context_.cri.listSandboxes(uid_, context_.in(kCriListTimeout)));
  for (cri::Sandbox& s : sandboxes) {
    if (!out.sandbox || s.attempt > out.sandbox->attempt) out.sandbox = std::move(s);
  }
  if (out.sandbox && out.sandbox->state == cri::SandboxState::kReady) {
    const auto& known = machine_.runtime().sandbox;
    if (known && known->id == out.sandbox->id && !known->ip.empty()) {
      out.sandbox->ip = known->ip;
    } else if (auto s = co_await context_.cri.sandboxStatus(out.sandbox->id,
                                                            context_.in(kCriListTimeout))) {
      out.sandbox->ip = s->ip;
    }
  }
  MESHKA_CO_TRY(auto containers,
                co_await context_.cri.listContainers(uid_, context_.in(kCriListTimeout)));
  for (cri::Container& c : containers) {
    if (const auto known = ended_.find(c.id); known != ended_.end()) {
      out.containers.push_back(known->second);
      continue;
    }
    auto status = co_await context_.cri.containerStatus(c.id, context_.in(kCriListTimeout));
    if (!status) {
      if (status.error().code() == Code::kNotFound) continue;
      co_return fail(std::move(status).error());
    }
    status->container.sandbox_id = c.sandbox_id;
    status->container.labels = c.labels;
    if (status->container.annotations.empty()) status->container.annotations = c.annotations;
    if (status->container.state == cri::ContainerState::kExited) {
      const auto path = status->container.annotations.find(std::string(kTerminationPathAnnotation));
      if (status->message.empty() && path != status->container.annotations.end()) {
        status->message =
            co_await context_.volumes.readTail(path->second, kMaxTerminationMessageBytes);
      }
      ended_[c.id] = *status;
    }
    out.containers.push_back(std::move(*status));
  }
  co_return out;
}

// While the lists still show a container as running that an event said has ended, they are not
// believed yet.
void PodWorker::applyExits(RuntimePod& runtime) {
  bool behind = false;
  for (cri::ContainerStatus& c : runtime.containers) {
    if (!exits_.contains(c.container.id)) continue;
    if (c.container.state == cri::ContainerState::kExited)
      exits_.erase(c.container.id);
    else
      behind = true;
  }
  if (!behind) {
    if (!machine_.busy()) exits_.clear();  // what is left was others'
    return;
  }
  Duration pause = kLookAgain;
  for (int i = 0; i < look_tries_ && pause < kLookAgainMax; ++i) pause = pause * 2;
  ++look_tries_;
  look_timer_.armAfter(std::min(pause, kLookAgainMax));
}

io::Task<void> PodWorker::look() {
  do {
    look_again_ = false;
    auto runtime = co_await observe();
    if (runtime) {
      applyExits(*runtime);
      machine_.observe(std::move(*runtime));
      observed_ = true;
    } else {
      context_.world.log.warn("cannot ask the runtime for a pod",
                              {{"uid", uid_}, {"error", runtime.error().message()}});
      look_timer_.armAfter(kWriteRetry);
    }
  } while (look_again_);
  looking_ = false;
  syncProbers();
  kick();
}

void PodWorker::turn() {
  if (done_ || !observed_) return;
  sweep();
  const Instant now = context_.world.clock().now();
  for (const auto& [id, prober] : probers_) machine_.setVerdicts(id, prober->verdicts());
  Turn t = machine_.turn(now, context_.world.clock().wall());
  for (const PodEvent& e : t.events) context_.events.record(machine_.pod(), e);
  wanted_ = t.status;
  machine_.setPod(withStatus(machine_.pod(), wanted_));
  wake_.armAt(t.wake);
  if (!writing_ && !gone_ && !(wanted_ == written_)) {
    writing_ = true;
    spawn(writeStatus());
  }
  for (Action& action : t.actions) spawn(perform(std::move(action)));
  syncProbers();
  if (t.finished) {
    done_ = true;
    wake_.cancel();
    renew_.cancel();
    // The callback may destroy this worker, so it does not live in it.
    context_.world.loop.post([alive = alive_, finished = std::move(finished_)]() mutable {
      if (*alive) finished();
    });
  }
}

io::Task<void> PodWorker::perform(Action action) {
  // A set-up or start changes what the runtime shows: the machine must see that before it hears of
  // the end.
  const bool changes = action.kind != ActionKind::kForget;
  ActionResult result =
      co_await actions_.run(action, machine_.pod(), machine_.runtime(), [this] { relist(); });
  if (!result.ok) {
    context_.world.log.warn("a step of a pod failed",
                            {{"pod", machine_.pod()["metadata"]["name"].text()},
                             {"reason", result.reason},
                             {"error", result.message}});
  }
  if (changes) {
    while (true) {
      auto runtime = co_await observe();
      if (runtime) {
        applyExits(*runtime);
        machine_.observe(std::move(*runtime));
        break;
      }
      co_await io::sleepFor(context_.world.loop, kWriteRetry);
    }
  }
  if (action.kind == ActionKind::kSetup && result.ok) renew_.armAt(volumes_.renewAt());
  machine_.finished(result, context_.world.clock().now());
  syncProbers();
  kick();
}

io::Task<void> PodWorker::writeStatus() {
  while (!gone_ && !(wanted_ == written_)) {
    const doc::Doc status = wanted_;
    auto r = co_await context_.api.writeStatus(machine_.pod(), status);
    if (r) {
      written_ = status;
      continue;
    }
    if (r.error().code() == Code::kNotFound || r.error().code() == Code::kConflict) {
      // Another pod may have this name by now; ours is gone. The collection says so too, this is
      // sooner.
      gone_ = true;
      machine_.setGone();
      break;
    }
    context_.world.log.warn("cannot write a pod's status",
                            {{"uid", uid_}, {"error", r.error().message()}});
    co_await io::sleepFor(context_.world.loop, kWriteRetry);
  }
  writing_ = false;
  kick();
}

void PodWorker::syncProbers() {
  const RuntimePod& runtime = machine_.runtime();
  std::map<std::string, std::unique_ptr<ContainerProber>> kept;
  if (!machine_.stopping() && runtime.sandbox) {
    const doc::Doc& pod = machine_.pod();
    for (const auto& c : runtime.containers) {
      const doc::Value spec = findContainer(pod, c.container.name);
      // Behind the postStart hook: before, the program may not even listen.
      const bool up = c.container.state == cri::ContainerState::kRunning && spec.exists() &&
                      c.container.sandbox_id == runtime.sandbox->id &&
                      !machine_.starting(c.container.name);
      if (!up) continue;
      if (const auto at = probers_.find(c.container.id); at != probers_.end()) {
        kept.insert(probers_.extract(at));
        continue;
      }
      if (!spec["readinessProbe"].exists() && !spec["livenessProbe"].exists() &&
          !spec["startupProbe"].exists())
        continue;
      const Duration age = context_.world.clock().wall() - c.started_at;
      kept[c.container.id] = std::make_unique<ContainerProber>(
          context_, pod, c.container.name, c.container.id,
          hostNetwork(pod) ? context_.config.host_ip : runtime.sandbox->ip,
          context_.world.clock().now() - std::max(age, Duration{}), [this] { kick(); });
    }
  }
  probers_ = std::move(kept);
}

}  // namespace meshka::node
