// The life of one pod as an explicit state machine without I/O: it is shown the pod object, what
// the runtime says, the results of finished actions and of probes, and the time; it answers with
// actions to start, the status that the API should show, and events. PodWorker (worker.h) is the
// asynchronous edge around it.
//
//   new --setup--> sandbox --init 1..n--> containers 1..n --> running --deletion--> stopping -->
//   torn down --> forgotten
//
// A start action ends when the container's postStart hook ended, and at most one start runs at a
// time: so containers start in the order of the spec, each behind the hook of the one before.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "doc/doc.h"
#include "node/config.h"
#include "node/cri/cri.h"

namespace meshka::node {

// One pod as the runtime has it.
struct RuntimePod {
  std::optional<cri::Sandbox> sandbox;           // the newest
  std::vector<cri::ContainerStatus> containers;  // every instance of every container
};

enum class ActionKind : uint8_t {
  kSetup,        // volumes, then a sandbox with `attempt`
  kStart,        // image, create, start and postStart of `container` with `attempt`
  kStop,         // preStop and stop of the instance `container_id`
  kStopSandbox,  // the pod has ended: its network goes, logs and containers stay
  kTeardown,     // everything of the pod goes
  kForget,       // the API object goes
};

struct Action {
  ActionKind kind;
  std::string container;
  std::string container_id;
  uint32_t attempt = 0;
  int64_t grace_s = 0;
  bool operator==(const Action&) const = default;
};

struct ActionResult {
  Action action;
  bool ok = true;
  std::string reason;  // ErrImagePull, CreateContainerConfigError, FailedMount ...
  std::string message;
};

struct PodEvent {
  bool warning = false;
  std::string reason, message;
  std::string container;  // empty: the pod
  bool operator==(const PodEvent&) const = default;
};

// Verdicts of probes after their thresholds. Unknown: not probed yet.
enum class Verdict : uint8_t { kUnknown, kSuccess, kFailure };
struct ProbeVerdicts {
  Verdict startup = Verdict::kUnknown, readiness = Verdict::kUnknown, liveness = Verdict::kUnknown;
};

struct Turn {
  std::vector<Action> actions;
  std::vector<PodEvent> events;
  doc::Doc status;        // the whole of .status
  Instant wake = kNever;  // call again then, if nothing else happened
  bool finished = false;  // nothing is left to do, here and in the API
};

class PodMachine {
 public:
  PodMachine(const NodeConfig& config, doc::Doc pod) : config_(config), pod_(std::move(pod)) {}

  // The object changed. `gone`: it was removed from the API (forced deletion).
  void setPod(doc::Doc pod) { pod_ = std::move(pod); }
  void setGone() { gone_ = true; }
  void observe(RuntimePod runtime) { runtime_ = std::move(runtime); }
  void finished(const ActionResult& result, Instant now);
  void setVerdicts(const std::string& container_id, ProbeVerdicts verdicts) {
    verdicts_[container_id] = verdicts;
  }

  Turn turn(Instant now, WallTime wall);

  const doc::Doc& pod() const { return pod_; }
  const RuntimePod& runtime() const { return runtime_; }
  bool stopping() const;
  // The newest instance of a container in the current sandbox; nullptr when there is none.
  const cri::ContainerStatus* current(std::string_view container) const;
  // A start of it is under way, its postStart hook included.
  bool starting(std::string_view container) const {
    return inFlight(ActionKind::kStart, container);
  }
  bool busy() const { return !flight_.empty(); }
  // What a step waited for may be there now: its back-off ends (not that of crashing containers).
  void retryNow();
  // Passed its startup probe, or has none.
  bool started(doc::Value container, const cri::ContainerStatus& instance) const;

 private:
  friend class StatusBuilder;
  struct Waiting {
    std::string reason, message;
  };
  struct BackOff {
    Duration delay;  // before the next restart
    WallTime last;   // when it was last used
    bool announced = false;
  };
  struct Retry {
    int failures = 0;
    Instant at{};  // not before
  };

  const cri::ContainerStatus* newest(std::string_view container) const;  // in any sandbox
  const cri::ContainerStatus* before(const cri::ContainerStatus& instance) const;
  bool inFlight(ActionKind kind, std::string_view what = {}) const;
  void act(Turn& turn, Action action);
  uint32_t nextAttempt(std::string_view container) const;
  bool ready(doc::Value container, const cri::ContainerStatus& instance) const;

  void runningTurn(Turn& turn, Instant now, WallTime wall);
  void stoppingTurn(Turn& turn);
  void endedTurn(Turn& turn);
  void setup(Turn& turn, Instant now);
  // True when everything before the main containers is done.
  bool initContainers(Turn& turn, Instant now, WallTime wall);
  void mainContainers(Turn& turn, Instant now, WallTime wall);
  void stopUnhealthy(Turn& turn);
  // Starts or restarts, or says in waiting_ why not yet.
  void tryStart(Turn& turn, doc::Value container, const cri::ContainerStatus* last, Instant now,
                WallTime wall);
  bool stopAll(Turn& turn, int64_t grace_s);
  int64_t graceSeconds() const;
  std::string describe(std::string_view container) const;  // container=web pod=web-0_default(uid)

  const NodeConfig& config_;
  doc::Doc pod_;
  RuntimePod runtime_;
  bool gone_ = false;
  bool torn_down_ = false, forgotten_ = false;
  std::string ended_;  // Succeeded or Failed, once reached
  std::string ended_reason_, ended_message_;
  std::vector<Action> flight_;
  std::map<std::string, Waiting, std::less<>> waiting_;   // by container
  std::map<std::string, BackOff, std::less<>> restarts_;  // by container
  std::map<std::string, Retry, std::less<>>
      start_retries_;  // by container: image and creation errors
  Retry setup_retry_;
  bool sandbox_announced_ = false;
  std::set<std::string> stopped_;                  // container ids that a stop was sent to
  std::map<std::string, ProbeVerdicts> verdicts_;  // by container id
};

// Phase of a pod: exposed for its table test.
std::string podPhase(doc::Value pod, doc::Value container_statuses, doc::Value init_statuses);

}  // namespace meshka::node
