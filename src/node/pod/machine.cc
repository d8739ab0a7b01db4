#include "node/pod/machine.h"

#include <algorithm>

#include "base/strings.h"
#include "node/limits.h"
#include "node/pod/status.h"
#include "node/spec/container.h"
#include "node/spec/resources.h"

namespace meshka::node {
namespace {

bool running(const cri::ContainerStatus& c) {
  return c.container.state == cri::ContainerState::kRunning;
}
bool exited(const cri::ContainerStatus& c) {
  return c.container.state == cri::ContainerState::kExited;
}

// An init container that stays: a native sidecar.
bool isSidecar(doc::Value container) {
  return container["restartPolicy"].text() == "Always";
}

bool shouldRestart(std::string_view policy, const cri::ContainerStatus& last) {
  if (!exited(last)) return true;  // made and never started, or lost
  return policy == "Always" || (policy == "OnFailure" && last.exit_code != 0);
}

std::string wholeSeconds(Duration d) {
  const int64_t s = d.ns / 1'000'000'000;
  return s >= 60 ? cat(s / 60, "m", s % 60, "s") : cat(s, "s");
}

}  // namespace

bool PodMachine::stopping() const {
  return gone_ || pod_["metadata"]["deletionTimestamp"].exists();
}

const cri::ContainerStatus* PodMachine::newest(std::string_view name) const {
  const cri::ContainerStatus* out = nullptr;
  for (const auto& c : runtime_.containers) {
    if (c.container.name == name &&
        (out == nullptr || c.container.attempt >= out->container.attempt))
      out = &c;
  }
  return out;
}

const cri::ContainerStatus* PodMachine::current(std::string_view name) const {
  const auto* c = newest(name);
  return c != nullptr && runtime_.sandbox && c->container.sandbox_id == runtime_.sandbox->id
             ? c
             : nullptr;
}

const cri::ContainerStatus* PodMachine::before(const cri::ContainerStatus& instance) const {
  const cri::ContainerStatus* out = nullptr;
  for (const auto& c : runtime_.containers) {
    if (c.container.name != instance.container.name ||
        c.container.attempt >= instance.container.attempt)
      continue;
    if (out == nullptr || c.container.attempt > out->container.attempt) out = &c;
  }
  return out;
}

bool PodMachine::inFlight(ActionKind kind, std::string_view what) const {
  return std::ranges::any_of(flight_, [&](const Action& a) {
    return a.kind == kind && (what.empty() || a.container == what || a.container_id == what);
  });
}

void PodMachine::act(Turn& turn, Action action) {
  flight_.push_back(action);
  turn.actions.push_back(std::move(action));
}

bool PodMachine::started(doc::Value container, const cri::ContainerStatus& instance) const {
  if (!running(instance) || inFlight(ActionKind::kStart, container["name"].text())) return false;
  if (!container["startupProbe"].exists()) return true;
  const auto at = verdicts_.find(instance.container.id);
  return at != verdicts_.end() && at->second.startup == Verdict::kSuccess;
}

bool PodMachine::ready(doc::Value container, const cri::ContainerStatus& instance) const {
  if (!started(container, instance) || stopped_.contains(instance.container.id)) return false;
  if (!container["readinessProbe"].exists()) return true;
  const auto at = verdicts_.find(instance.container.id);
  return at != verdicts_.end() && at->second.readiness == Verdict::kSuccess;
}

// One more than any instance that the runtime or, after the runtime's state was lost, the API
// remembers.
uint32_t PodMachine::nextAttempt(std::string_view name) const {
  uint32_t next = 0;
  if (const auto* last = newest(name)) next = last->container.attempt + 1;
  for (const std::string_view list : {"containerStatuses", "initContainerStatuses"}) {
    for (const doc::Value s : pod_["status"][list].elements()) {
      if (s["name"].text() != name || s["containerID"].text().empty()) continue;
      next = std::max(next, static_cast<uint32_t>(s["restartCount"].integer()) + 1);
    }
  }
  return next;
}

std::string PodMachine::describe(std::string_view container) const {
  const doc::Value meta = pod_["metadata"];
  return cat("container=", container, " pod=", meta["name"].text(), "_", meta["namespace"].text(),
             "(", meta["uid"].text(), ")");
}

int64_t PodMachine::graceSeconds() const {
  const doc::Value asked = pod_["metadata"]["deletionGracePeriodSeconds"];
  if (stopping() && asked.exists()) return asked.integer();
  return gone_ ? 0 : pod_["spec"]["terminationGracePeriodSeconds"].integer(30);
}

void PodMachine::finished(const ActionResult& r, Instant now) {
  std::erase(flight_, r.action);
  const auto retry = [&](Retry& at, Duration first, Duration most) {
    Duration delay = first;
    for (int i = 0; i < at.failures && delay < most; ++i) delay = delay * 2;
    ++at.failures;
    at.at = now + std::min(delay, most);
  };
  switch (r.action.kind) {
    case ActionKind::kSetup:
      if (r.ok)
        setup_retry_ = {};
      else
        retry(setup_retry_, kSetupRetryFirst, kSetupRetryMax);
      break;
    case ActionKind::kStart:
      if (r.ok) {
        start_retries_.erase(r.action.container);
        waiting_.erase(r.action.container);
      } else {
        waiting_[r.action.container] = {r.reason, r.message};
        // A failed postStart killed a container that ran: that is a restart, with its own back-off.
        if (r.reason != "PostStartHookError")
          retry(start_retries_[r.action.container], kBackOffFirst, kBackOffMax);
      }
      break;
    case ActionKind::kStop:
      if (!r.ok) stopped_.erase(r.action.container_id);
      break;
    case ActionKind::kTeardown:
      torn_down_ = r.ok;
      if (!r.ok) retry(setup_retry_, kSetupRetryFirst, kSetupRetryMax);
      break;
    case ActionKind::kForget:
      forgotten_ = r.ok;
      if (!r.ok) retry(setup_retry_, kSetupRetryFirst, kSetupRetryMax);
      break;
    case ActionKind::kStopSandbox:
      break;
  }
}

void PodMachine::retryNow() {
  if (torn_down_ || stopping()) return;
  setup_retry_.at = {};
  for (auto& [name, retry] : start_retries_) retry.at = {};
}

Turn PodMachine::turn(Instant now, WallTime wall) {
  Turn turn;
  const std::string_view phase = pod_["status"]["phase"].text();
  if (ended_.empty() && (phase == "Succeeded" || phase == "Failed")) ended_ = phase;
  const int64_t deadline_s = pod_["spec"]["activeDeadlineSeconds"].integer();
  if (ended_.empty() && deadline_s > 0) {
    if (const auto start = parseRfc3339(pod_["status"]["startTime"].text())) {
      const WallTime until = *start + seconds(deadline_s);
      if (wall >= until) {
        ended_ = "Failed";
        ended_reason_ = "DeadlineExceeded";
        ended_message_ = "Pod was active on the node longer than the specified deadline";
        turn.events.push_back({true, ended_reason_, ended_message_, {}});
      } else {
        turn.wake = now + (until - wall);
      }
    }
  }
  if (stopping()) {
    if (!torn_down_ && now < setup_retry_.at)
      turn.wake = setup_retry_.at;
    else
      stoppingTurn(turn);
  } else if (!ended_.empty()) {
    endedTurn(turn);
  } else {
    runningTurn(turn, now, wall);
  }
  turn.status = buildStatus(*this, now, wall);
  // A pod ends when its status says so: what has ended once never runs again.
  if (ended_.empty() && !stopping()) {
    const std::string_view reached = turn.status["phase"].text();
    if (reached == "Succeeded" || reached == "Failed") {
      ended_ = reached;
      endedTurn(turn);
    }
  }
  turn.finished = stopping() && torn_down_ && (gone_ || forgotten_);
  return turn;
}

// Sends a stop to every container that runs; true when none does and nothing is under way.
bool PodMachine::stopAll(Turn& turn, int64_t grace_s) {
  bool quiet = true;
  const auto stop = [&](const cri::ContainerStatus& c) {
    if (!running(c)) return;
    quiet = false;
    if (inFlight(ActionKind::kStop, c.container.id)) return;
    if (stopped_.insert(c.container.id).second) {
      turn.events.push_back(
          {false, "Killing", cat("Stopping container ", c.container.name), c.container.name});
    }
    act(turn, {.kind = ActionKind::kStop,
               .container = c.container.name,
               .container_id = c.container.id,
               .grace_s = grace_s});
  };
  for (const auto& c : runtime_.containers) {
    if (!isSidecar(findContainer(pod_, c.container.name))) stop(c);
  }
  // Sidecars serve until the others have ended.
  if (quiet) {
    for (const auto& c : runtime_.containers) stop(c);
  }
  return quiet && flight_.empty();
}

void PodMachine::stoppingTurn(Turn& turn) {
  if (inFlight(ActionKind::kStart) || inFlight(ActionKind::kSetup)) {
    // Nothing is half-made: the step ends first. What runs already is told to stop meanwhile.
    if (!inFlight(ActionKind::kSetup)) stopAll(turn, graceSeconds());
    return;
  }
  if (!stopAll(turn, graceSeconds())) return;
  if (!torn_down_)
    act(turn, {.kind = ActionKind::kTeardown});
  else if (!gone_ && !forgotten_)
    act(turn, {.kind = ActionKind::kForget});
}

void PodMachine::endedTurn(Turn& turn) {
  if (!stopAll(turn, graceSeconds())) return;
  if (runtime_.sandbox && runtime_.sandbox->state == cri::SandboxState::kReady &&
      !inFlight(ActionKind::kStopSandbox)) {
    act(turn, {.kind = ActionKind::kStopSandbox});
  }
}

void PodMachine::runningTurn(Turn& turn, Instant now, WallTime wall) {
  if (!runtime_.sandbox || runtime_.sandbox->state != cri::SandboxState::kReady)
    return setup(turn, now);
  sandbox_announced_ = false;
  stopUnhealthy(turn);
  if (initContainers(turn, now, wall)) mainContainers(turn, now, wall);
}

void PodMachine::setup(Turn& turn, Instant now) {
  if (inFlight(ActionKind::kSetup)) return;
  // What is left of a dead sandbox is stopped first: two instances of a container never run side by
  // side.
  for (const auto& c : runtime_.containers) {
    if (running(c)) {
      stopAll(turn, 0);
      return;
    }
  }
  if (!flight_.empty()) return;
  // Nothing left to run: the pod ends by its status.
  const std::string_view policy = pod_["spec"]["restartPolicy"].text("Always");
  bool work = false;
  for (const doc::Value c : pod_["spec"]["containers"].elements()) {
    const auto* last = newest(c["name"].text());
    work = work || last == nullptr || shouldRestart(policy, *last);
  }
  if (!work) return;
  if (now < setup_retry_.at) {
    turn.wake = std::min(turn.wake, setup_retry_.at);
    return;
  }
  if (runtime_.sandbox && !sandbox_announced_) {
    sandbox_announced_ = true;
    turn.events.push_back(
        {false, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.", {}});
  }
  act(turn, {.kind = ActionKind::kSetup,
             .attempt = (runtime_.sandbox ? runtime_.sandbox->attempt + 1 : 0) +
                        static_cast<uint32_t>(setup_retry_.failures)});
}

bool PodMachine::initContainers(Turn& turn, Instant now, WallTime wall) {
  const doc::Value list = pod_["spec"]["initContainers"];
  // Once a main container exists in this sandbox, initialization was complete; its containers may
  // be gone by now.
  bool initialized = false;
  for (const doc::Value c : pod_["spec"]["containers"].elements())
    initialized |= current(c["name"].text()) != nullptr;
  for (const doc::Value c : list.elements()) {
    const std::string_view name = c["name"].text();
    const auto* instance = current(name);
    if (isSidecar(c)) {
      if (instance != nullptr && running(*instance)) {
        if (initialized || started(c, *instance)) continue;
        return false;
      }
      tryStart(turn, c, instance, now, wall);
      if (initialized) continue;
      return false;
    }
    if (initialized || (instance != nullptr && exited(*instance) && instance->exit_code == 0))
      continue;
    if (instance != nullptr && running(*instance)) return false;
    // With restartPolicy Never a failed init container fails the pod (by its status).
    if (instance != nullptr && exited(*instance) && pod_["spec"]["restartPolicy"].text() == "Never")
      return false;
    tryStart(turn, c, instance, now, wall);
    return false;
  }
  return true;
}

void PodMachine::mainContainers(Turn& turn, Instant now, WallTime wall) {
  const std::string_view policy = pod_["spec"]["restartPolicy"].text("Always");
  for (const doc::Value c : pod_["spec"]["containers"].elements()) {
    const auto* instance = current(c["name"].text());
    if (instance != nullptr && running(*instance)) continue;
    if (instance != nullptr && !shouldRestart(policy, *instance)) continue;
    tryStart(turn, c, instance, now, wall);
  }
}

void PodMachine::stopUnhealthy(Turn& turn) {
  for (const auto& c : runtime_.containers) {
    if (!running(c) || inFlight(ActionKind::kStop, c.container.id) ||
        inFlight(ActionKind::kStart, c.container.name)) {
      continue;
    }
    const doc::Value spec = findContainer(pod_, c.container.name);
    std::string why;
    if (!spec.exists()) {
      why = cat("Stopping container ", c.container.name);
    } else if (const auto at = verdicts_.find(c.container.id); at != verdicts_.end()) {
      if (at->second.liveness == Verdict::kFailure) {
        why = cat("Container ", c.container.name, " failed liveness probe, will be restarted");
      } else if (at->second.startup == Verdict::kFailure) {
        why = cat("Container ", c.container.name, " failed startup probe, will be restarted");
      }
    }
    const auto hash = c.container.annotations.find(std::string(kHashAnnotation));
    if (why.empty() && spec.exists() && hash != c.container.annotations.end() &&
        hash->second != containerHash(spec)) {
      why = cat("Container ", c.container.name, " definition changed, will be restarted");
    }
    if (why.empty()) continue;
    if (stopped_.insert(c.container.id).second)
      turn.events.push_back({false, "Killing", why, c.container.name});
    const doc::Value probe = spec["livenessProbe"]["terminationGracePeriodSeconds"];
    act(turn, {.kind = ActionKind::kStop,
               .container = c.container.name,
               .container_id = c.container.id,
               .grace_s = probe.exists() ? probe.integer() : graceSeconds()});
  }
}

void PodMachine::tryStart(Turn& turn, doc::Value container, const cri::ContainerStatus* last,
                          Instant now, WallTime wall) {
  const std::string name(container["name"].text());
  if (inFlight(ActionKind::kStart)) return;  // one at a time, in order
  if (const auto at = start_retries_.find(name);
      at != start_retries_.end() && now < at->second.at) {
    Waiting& w = waiting_[name];
    if (w.reason == "ErrImagePull") {
      const std::string_view image = container["image"].text();
      w = {"ImagePullBackOff", cat("Back-off pulling image \"", image, "\": ", w.message)};
      turn.events.push_back(
          {false, "BackOff", cat("Back-off pulling image \"", image, "\""), name});
    }
    turn.wake = std::min(turn.wake, at->second.at);
    return;
  }
  if (last != nullptr && exited(*last)) {
    BackOff& b = restarts_[name];
    // A long run makes the past good.
    if (b.delay.ns > 0 && last->finished_at - b.last > kBackOffReset) b.delay = {};
    const WallTime until = last->finished_at + b.delay;
    if (b.delay.ns > 0 && wall < until) {
      waiting_[name] = {"CrashLoopBackOff", cat("back-off ", wholeSeconds(b.delay),
                                                " restarting failed ", describe(name))};
      if (!b.announced) {
        b.announced = true;
        const doc::Value meta = pod_["metadata"];
        turn.events.push_back(
            {true, "BackOff",
             cat("Back-off restarting failed container ", name, " in pod ", meta["name"].text(),
                 "_", meta["namespace"].text(), "(", meta["uid"].text(), ")"),
             name});
      }
      turn.wake = std::min(turn.wake, now + (until - wall));
      return;
    }
    b.delay = b.delay.ns == 0 ? kBackOffFirst : std::min(b.delay * 2, kBackOffMax);
    b.last = wall;
    b.announced = false;
  }
  if (const auto w = waiting_.find(name);
      w != waiting_.end() && w->second.reason == "CrashLoopBackOff")
    waiting_.erase(w);
  act(turn, {.kind = ActionKind::kStart, .container = name, .attempt = nextAttempt(name)});
}

}  // namespace meshka::node
