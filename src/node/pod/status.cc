#include "node/pod/status.h"

#include <algorithm>

#include "base/strings.h"
#include "node/spec/container.h"
#include "node/spec/resources.h"
#include "node/spec/security.h"

namespace meshka::node {
namespace {

constexpr const char* kOwnConditions[] = {"PodReadyToStartContainers", "Initialized", "Ready",
                                          "ContainersReady"};
constexpr int32_t kKilled = 137;

std::string containerId(const std::string& id) {
  return id.empty() ? std::string() : cat("containerd://", id);
}

doc::Draft terminated(const cri::ContainerStatus& c) {
  doc::Draft t = doc::Draft::object();
  t["exitCode"] = int64_t{c.exit_code};
  std::string reason = c.reason;
  if (reason.empty()) reason = c.exit_code == 0 ? "Completed" : "Error";
  t["reason"] = reason;
  if (!c.message.empty()) t["message"] = c.message;
  t["containerID"] = containerId(c.container.id);
  if (c.started_at.unix_ns > 0) t["startedAt"] = toRfc3339(c.started_at);
  t["finishedAt"] = toRfc3339(c.finished_at);
  doc::Draft state = doc::Draft::object();
  state["terminated"] = std::move(t);
  return state;
}

doc::Draft waiting(const std::string& reason, const std::string& message) {
  doc::Draft w = doc::Draft::object();
  w["reason"] = reason;
  if (!message.empty()) w["message"] = message;
  doc::Draft state = doc::Draft::object();
  state["waiting"] = std::move(w);
  return state;
}

bool sidecar(doc::Value container) {
  return container["restartPolicy"].text() == "Always";
}

struct Tally {
  int unknown = 0, waiting = 0, running = 0, stopped = 0, succeeded = 0;
};

Tally tally(doc::Value statuses, size_t wanted) {
  Tally t;
  for (const doc::Value s : statuses.elements()) {
    const doc::Value state = s["state"], last = s["lastState"]["terminated"];
    if (state["running"].exists()) {
      ++t.running;
    } else if (state["terminated"].exists()) {
      ++t.stopped;
      t.succeeded += state["terminated"]["exitCode"].integer() == 0 ? 1 : 0;
    } else if (last.exists()) {
      ++t.stopped;  // waits for its restart
    } else {
      ++t.waiting;
    }
  }
  t.unknown = static_cast<int>(wanted - std::min(wanted, statuses.size()));
  return t;
}

}  // namespace

std::string podPhase(doc::Value pod, doc::Value statuses, doc::Value init_statuses) {
  const doc::Value spec = pod["spec"];
  const std::string_view policy = spec["restartPolicy"].text("Always");
  bool pending_init = false;
  size_t i = 0;
  for (const doc::Value c : spec["initContainers"].elements()) {
    const doc::Value s = init_statuses[i++];
    if (sidecar(c)) {
      pending_init |= !s["started"].boolean() && !s["lastState"]["terminated"].exists();
      continue;
    }
    const doc::Value end = s["state"]["terminated"];
    if (end.exists() && end["exitCode"].integer() == 0) continue;
    if (end.exists() && policy == "Never") return "Failed";
    pending_init = true;
  }
  const Tally t = tally(statuses, spec["containers"].size());
  if (pending_init && t.running == 0 && t.stopped == 0) return "Pending";
  if (t.waiting > 0) return "Pending";
  if (t.running > 0 && t.unknown == 0) return "Running";
  if (t.running == 0 && t.stopped > 0 && t.unknown == 0) {
    if (policy == "Always") return "Running";
    if (t.stopped == t.succeeded) return "Succeeded";
    return policy == "Never" ? "Failed" : "Running";
  }
  return "Pending";
}

class StatusBuilder {
 public:
  StatusBuilder(const PodMachine& machine, WallTime wall)
      : m_(machine), pod_(machine.pod_), wall_(wall) {}

  doc::Doc build() {
    const doc::Value spec = pod_["spec"], old = pod_["status"];
    status_ = doc::Draft::object();
    doc::Draft statuses = doc::Draft::array(), init = doc::Draft::array();
    init_done_ = initDone();
    for (const doc::Value c : spec["initContainers"].elements())
      init.push(containerStatus(c, true));
    for (const doc::Value c : spec["containers"].elements())
      statuses.push(containerStatus(c, false));
    const doc::Doc statuses_doc = statuses.finish(), init_doc = init.finish();
    const std::string phase =
        m_.ended_.empty() ? podPhase(pod_, statuses_doc, init_doc) : m_.ended_;
    status_["phase"] = phase;
    if (!m_.ended_reason_.empty()) status_["reason"] = m_.ended_reason_;
    if (!m_.ended_message_.empty()) status_["message"] = m_.ended_message_;
    if (m_.ended_reason_.empty() && !m_.ended_.empty()) {
      for (const std::string_view field : {"reason", "message"}) {
        if (old[field].exists()) status_[field] = old[field];
      }
    }
    status_["qosClass"] = qosClass(pod_);
    status_["hostIP"] = m_.config_.host_ip;
    status_["hostIPs"].push(doc::Draft::object({{"ip", doc::Draft(m_.config_.host_ip)}}));
    addresses(phase);
    status_["startTime"] =
        old["startTime"].exists() ? std::string(old["startTime"].text()) : toRfc3339(wall_);
    status_["containerStatuses"] = statuses_doc;
    if (!spec["initContainers"].empty()) status_["initContainerStatuses"] = init_doc;
    conditions(phase, statuses_doc);
    for (const std::string_view field : {"nominatedNodeName", "resize", "observedGeneration"}) {
      if (old[field].exists()) status_[field] = old[field];
    }
    return status_.finish();
  }

 private:
  bool initDone() const {
    for (const doc::Value c : pod_["spec"]["containers"].elements()) {
      if (m_.newest(c["name"].text()) != nullptr) return true;
    }
    for (const doc::Value c : pod_["spec"]["initContainers"].elements()) {
      const auto* i = m_.current(c["name"].text());
      if (i == nullptr) return false;
      if (sidecar(c) ? !m_.started(c, *i)
                     : i->container.state != cri::ContainerState::kExited || i->exit_code != 0) {
        return false;
      }
    }
    return true;
  }

  void addresses(std::string_view phase) {
    std::string ip;
    if (hostNetwork(pod_))
      ip = m_.config_.host_ip;
    else if (m_.runtime_.sandbox && m_.runtime_.sandbox->state == cri::SandboxState::kReady)
      ip = m_.runtime_.sandbox->ip;
    // An ended pod keeps the address that it had in the API.
    if (ip.empty() && (phase == "Succeeded" || phase == "Failed"))
      ip = pod_["status"]["podIP"].text();
    if (ip.empty()) return;
    status_["podIP"] = ip;
    status_["podIPs"].push(doc::Draft::object({{"ip", doc::Draft(ip)}}));
  }

  doc::Draft containerStatus(doc::Value c, bool init) {
    const std::string name(c["name"].text());
    doc::Draft s = doc::Draft::object();
    s["name"] = name;
    s["image"] = c["image"];
    s["imageID"] = "";
    s["ready"] = false;
    s["restartCount"] = 0;
    s["lastState"] = doc::Draft::object();
    const auto* newest = m_.newest(name);
    if (newest == nullptr) return neverStarted(c, std::move(s), init);
    s["imageID"] = newest->container.image_ref;
    s["containerID"] = containerId(newest->container.id);
    s["restartCount"] = int64_t{newest->container.attempt};
    const auto w = m_.waiting_.find(name);
    const bool is_running = newest->container.state == cri::ContainerState::kRunning;
    const bool is_exited = newest->container.state == cri::ContainerState::kExited;
    bool started = false;
    if (is_running) {
      doc::Draft run = doc::Draft::object();
      run["startedAt"] = toRfc3339(newest->started_at);
      s["state"]["running"] = std::move(run);
      started = m_.started(c, *newest);
      s["ready"] = init ? started && sidecar(c) : m_.ready(c, *newest);
      if (const auto* last = m_.before(*newest)) s["lastState"] = lastState(*last);
    } else if (is_exited && (w == m_.waiting_.end() || !willRestart(c, *newest))) {
      s["state"] = terminated(*newest);
      s["ready"] = init && newest->exit_code == 0;
      if (const auto* last = m_.before(*newest)) s["lastState"] = lastState(*last);
    } else {
      s["state"] = w != m_.waiting_.end()
                       ? waiting(w->second.reason, w->second.message)
                       : waiting(init_done_ || init ? "ContainerCreating" : "PodInitializing", "");
      if (is_exited)
        s["lastState"] = lastState(*newest);
      else if (const auto* last = m_.before(*newest))
        s["lastState"] = lastState(*last);
    }
    s["started"] = started;
    return s;
  }

  bool willRestart(doc::Value c, const cri::ContainerStatus& last) const {
    if (!m_.ended_.empty() || m_.stopping()) return false;
    if (sidecar(c)) return true;
    const std::string_view policy = pod_["spec"]["restartPolicy"].text("Always");
    const bool init = isInitContainer(pod_, last.container.name);
    if (init) return last.exit_code != 0 && policy != "Never";
    return policy == "Always" || (policy == "OnFailure" && last.exit_code != 0);
  }

  // Not in the runtime: new, or lost with the runtime's state while the API still remembers it.
  doc::Draft neverStarted(doc::Value c, doc::Draft s, bool init) const {
    const std::string_view name = c["name"].text();
    for (const doc::Value old :
         pod_["status"][init ? "initContainerStatuses" : "containerStatuses"].elements()) {
      if (old["name"].text() != name || old["containerID"].text().empty()) continue;
      if (!m_.ended_.empty() || m_.stopping()) return ended(old);
      s["restartCount"] = old["restartCount"];
      if (old["lastState"].size() > 0) s["lastState"] = old["lastState"];
    }
    const auto w = m_.waiting_.find(name);
    if (w != m_.waiting_.end())
      s["state"] = waiting(w->second.reason, w->second.message);
    else
      s["state"] = waiting(pod_["spec"]["initContainers"].empty() || (init_done_ && !init)
                               ? "ContainerCreating"
                               : "PodInitializing",
                           "");
    if (!init || sidecar(c)) s["started"] = false;
    return s;
  }

  // What ran when the runtime lost it, in a pod that ends now.
  doc::Draft ended(doc::Value old) const {
    doc::Draft s(old);
    s["ready"] = old["state"]["terminated"]["exitCode"].integer(1) == 0 && old["ready"].boolean();
    if (!old["state"]["running"].exists()) return s;
    doc::Draft t = doc::Draft::object();
    t["exitCode"] = int64_t{kKilled};
    t["reason"] = "ContainerStatusUnknown";
    t["message"] = "The container could not be located when the pod was terminated";
    t["containerID"] = old["containerID"];
    t["startedAt"] = old["state"]["running"]["startedAt"];
    t["finishedAt"] = toRfc3339(wall_);
    s["state"] = doc::Draft::object({{"terminated", std::move(t)}});
    s["started"] = false;
    return s;
  }

  static doc::Draft lastState(const cri::ContainerStatus& c) {
    return c.container.state == cri::ContainerState::kExited ? terminated(c) : doc::Draft::object();
  }

  void condition(doc::Draft& list, const std::string& type, bool value, std::string_view reason,
                 const std::string& message) {
    doc::Draft c = doc::Draft::object();
    const char* text = value ? "True" : "False";
    std::string since = toRfc3339(wall_);
    for (const doc::Value old : pod_["status"]["conditions"].elements()) {
      if (old["type"].text() == type && old["status"].text() == text)
        since = old["lastTransitionTime"].text(since);
    }
    c["type"] = type;
    c["status"] = text;
    c["lastProbeTime"] = nullptr;
    c["lastTransitionTime"] = since;
    if (!reason.empty()) c["reason"] = reason;
    if (!message.empty()) c["message"] = message;
    list.push(std::move(c));
  }

  void conditions(const std::string& phase, doc::Value statuses) {
    doc::Draft list = doc::Draft::array();
    const bool sandbox =
        m_.runtime_.sandbox && m_.runtime_.sandbox->state == cri::SandboxState::kReady;
    const bool completed = phase == "Succeeded", failed = phase == "Failed";
    condition(list, kOwnConditions[0], sandbox, "", "");
    std::string incomplete;
    for (const doc::Value c : pod_["spec"]["initContainers"].elements()) {
      const auto* i = m_.newest(c["name"].text());
      const bool done =
          i != nullptr &&
          (sidecar(c) ? m_.started(c, *i)
                      : i->container.state == cri::ContainerState::kExited && i->exit_code == 0);
      if (!done) incomplete += cat(incomplete.empty() ? "" : " ", c["name"].text());
    }
    const bool initialized = init_done_ || completed || incomplete.empty();
    condition(list, kOwnConditions[1], initialized,
              initialized ? (completed ? "PodCompleted" : "") : "ContainersNotInitialized",
              initialized ? "" : cat("containers with incomplete status: [", incomplete, "]"));
    std::string unready;
    for (const doc::Value s : statuses.elements()) {
      if (!s["ready"].boolean()) unready += cat(unready.empty() ? "" : " ", s["name"].text());
    }
    const bool containers_ready = unready.empty() && initialized && !completed && !failed;
    std::string reason, message;
    if (completed || failed) {
      reason = completed ? "PodCompleted" : "PodFailed";
    } else if (!containers_ready) {
      reason = "ContainersNotReady";
      message = cat("containers with unready status: [", unready, "]");
    }
    std::string gate;
    for (const doc::Value g : pod_["spec"]["readinessGates"].elements()) {
      bool met = false;
      for (const doc::Value c : pod_["status"]["conditions"].elements()) {
        met |= c["type"].text() == g["conditionType"].text() && c["status"].text() == "True";
      }
      if (!met && gate.empty()) gate = g["conditionType"].text();
    }
    if (containers_ready && !gate.empty()) {
      condition(list, kOwnConditions[2], false, "ReadinessGatesNotReady",
                cat("the status of pod readiness gate \"", gate, "\" is not \"True\", but False"));
    } else {
      condition(list, kOwnConditions[2], containers_ready, reason, message);
    }
    condition(list, kOwnConditions[3], containers_ready, reason, message);
    bool scheduled = false;
    for (const doc::Value c : pod_["status"]["conditions"].elements()) {
      if (std::ranges::find(kOwnConditions, c["type"].text()) != std::end(kOwnConditions)) continue;
      scheduled |= c["type"].text() == "PodScheduled";
      list.push(c);
    }
    if (!scheduled) condition(list, "PodScheduled", true, "", "");
    status_["conditions"] = std::move(list);
  }

  const PodMachine& m_;
  doc::Value pod_;
  WallTime wall_;
  bool init_done_ = false;
  doc::Draft status_;
};

doc::Doc buildStatus(const PodMachine& machine, Instant, WallTime wall) {
  return StatusBuilder(machine, wall).build();
}

}  // namespace meshka::node
