// Tables of pods and of what makes pods.
#include "apiserver/table_rows.h"
#include "apiserver/tables.h"
#include "base/strings.h"

namespace meshka::apiserver {

namespace {

using Cells = std::vector<doc::Draft>;

std::string containerNames(doc::Value containers, std::string_view key) {
  std::vector<std::string> out;
  for (doc::Value c : containers.elements()) out.emplace_back(c[key].text());
  return join(out, ",");
}

void addTemplate(Cells& out, doc::Value object, bool selector) {
  const doc::Value containers = object["spec"]["template"]["spec"]["containers"];
  out.emplace_back(containerNames(containers, "name"));
  out.emplace_back(containerNames(containers, "image"));
  if (selector) out.emplace_back(selectorCell(object["spec"]["selector"]));
}

bool isSidecar(doc::Value pod, std::string_view name) {
  for (doc::Value c : pod["spec"]["initContainers"].elements()) {
    if (c["name"].text() == name) return c["restartPolicy"].text() == "Always";
  }
  return false;
}

std::string ended(doc::Value terminated, std::string_view prefix) {
  if (!terminated["reason"].text().empty()) return cat(prefix, terminated["reason"].text());
  if (terminated["signal"].integer() != 0) return cat(prefix, "Signal:", terminated["signal"].integer());
  return cat(prefix, "ExitCode:", terminated["exitCode"].integer());
}

struct PodState {
  std::string reason;
  int64_t restarts = 0;
  int64_t ready = 0;
  int64_t total = 0;
  std::string last_restart;
};

void countRestart(PodState& state, doc::Value status) {
  state.restarts += status["restartCount"].integer();
  const std::string_view at = status["lastState"]["terminated"]["finishedAt"].text();
  if (at > state.last_restart) state.last_restart = at;
}

// True while an init container decides what the pod shows.
bool initState(PodState& state, doc::Value pod) {
  int64_t index = 0;
  const auto total = static_cast<int64_t>(pod["spec"]["initContainers"].size());
  for (doc::Value c : pod["status"]["initContainerStatuses"].elements()) {
    const int64_t i = index++;
    countRestart(state, c);
    const bool sidecar = isSidecar(pod, c["name"].text());
    if (sidecar) {
      if (c["ready"].boolean()) ++state.ready;
      if (c["started"].boolean()) continue;
    }
    const doc::Value terminated = c["state"]["terminated"];
    if (terminated.exists() && terminated["exitCode"].integer() == 0) continue;
    const std::string_view waiting = c["state"]["waiting"]["reason"].text();
    if (terminated.exists()) state.reason = ended(terminated, "Init:");
    else if (!waiting.empty() && waiting != "PodInitializing") state.reason = cat("Init:", waiting);
    else state.reason = cat("Init:", i, "/", total);
    return true;
  }
  return false;
}

void containerState(PodState& state, doc::Value pod) {
  state.restarts = 0;
  state.last_restart.clear();
  bool running = false;
  const doc::Value statuses = pod["status"]["containerStatuses"];
  for (doc::Value c : pod["status"]["initContainerStatuses"].elements()) {
    if (isSidecar(pod, c["name"].text())) countRestart(state, c);
  }
  for (size_t i = statuses.size(); i-- > 0;) {
    const doc::Value c = statuses[i];
    countRestart(state, c);
    const doc::Value terminated = c["state"]["terminated"];
    if (!c["state"]["waiting"]["reason"].text().empty()) {
      state.reason = c["state"]["waiting"]["reason"].text();
    } else if (terminated.exists()) {
      state.reason = ended(terminated, "");
    } else if (c["ready"].boolean() && c["state"]["running"].exists()) {
      running = true;
      ++state.ready;
    }
  }
  if (state.reason != "Completed" || !running) return;
  state.reason = "NotReady";
  for (doc::Value c : pod["status"]["conditions"].elements()) {
    if (c["type"].text() == "Ready" && c["status"].text() == "True") state.reason = "Running";
  }
}

PodState podState(doc::Value pod) {
  PodState state;
  state.total = static_cast<int64_t>(pod["spec"]["containers"].size());
  for (doc::Value c : pod["spec"]["initContainers"].elements()) {
    if (c["restartPolicy"].text() == "Always") ++state.total;
  }
  state.reason = pod["status"]["phase"].text();
  if (!pod["status"]["reason"].text().empty()) state.reason = pod["status"]["reason"].text();
  for (doc::Value c : pod["status"]["conditions"].elements()) {
    if (c["type"].text() == "PodScheduled" && c["reason"].text() == "SchedulingGated") state.reason = "SchedulingGated";
  }
  if (!initState(state, pod)) containerState(state, pod);
  if (pod["metadata"]["deletionTimestamp"].exists()) {
    state.reason = pod["status"]["reason"].text() == "NodeLost" ? "Unknown" : "Terminating";
  }
  return state;
}

std::string orNone(std::string_view text) { return text.empty() ? "<none>" : std::string(text); }

Cells podCells(doc::Value pod, WallTime now) {
  const PodState state = podState(pod);
  Cells out;
  out.emplace_back(pod["metadata"]["name"].text());
  out.emplace_back(cat(state.ready, "/", state.total));
  out.emplace_back(state.reason);
  out.emplace_back(state.restarts == 0 || state.last_restart.empty()
                       ? cat(state.restarts)
                       : cat(state.restarts, " (", humanAge(state.last_restart, now), " ago)"));
  out.emplace_back(ageCell(pod, now));
  out.emplace_back(orNone(pod["status"]["podIP"].text()));
  out.emplace_back(orNone(pod["spec"]["nodeName"].text()));
  out.emplace_back(orNone(pod["status"]["nominatedNodeName"].text()));
  size_t gates = 0;
  for (doc::Value gate : pod["spec"]["readinessGates"].elements()) {
    for (doc::Value c : pod["status"]["conditions"].elements()) {
      if (c["type"] == gate["conditionType"] && c["status"].text() == "True") ++gates;
    }
  }
  const size_t wanted = pod["spec"]["readinessGates"].size();
  out.emplace_back(wanted == 0 ? std::string("<none>") : cat(gates, "/", wanted));
  return out;
}
constexpr RowColumn kPodColumns[] = {{"Name"}, {"Ready"}, {"Status"}, {"Restarts"}, {"Age"},
                                     {"IP", "string", 1}, {"Node", "string", 1}, {"Nominated Node", "string", 1},
                                     {"Readiness Gates", "string", 1}};

Cells deploymentCells(doc::Value o, WallTime now) {
  Cells out;
  out.emplace_back(o["metadata"]["name"].text());
  out.emplace_back(cat(o["status"]["readyReplicas"].integer(), "/", o["spec"]["replicas"].integer(1)));
  out.emplace_back(o["status"]["updatedReplicas"].integer());
  out.emplace_back(o["status"]["availableReplicas"].integer());
  out.emplace_back(ageCell(o, now));
  addTemplate(out, o, true);
  return out;
}
constexpr RowColumn kDeploymentColumns[] = {{"Name"}, {"Ready"}, {"Up-to-date", "integer"}, {"Available", "integer"}, {"Age"},
                                            {"Containers", "string", 1}, {"Images", "string", 1}, {"Selector", "string", 1}};

Cells replicaSetCells(doc::Value o, WallTime now) {
  Cells out;
  out.emplace_back(o["metadata"]["name"].text());
  out.emplace_back(o["spec"]["replicas"].integer(1));
  out.emplace_back(o["status"]["replicas"].integer());
  out.emplace_back(o["status"]["readyReplicas"].integer());
  out.emplace_back(ageCell(o, now));
  addTemplate(out, o, true);
  return out;
}
constexpr RowColumn kReplicaSetColumns[] = {{"Name"}, {"Desired", "integer"}, {"Current", "integer"}, {"Ready", "integer"}, {"Age"},
                                            {"Containers", "string", 1}, {"Images", "string", 1}, {"Selector", "string", 1}};

Cells statefulSetCells(doc::Value o, WallTime now) {
  Cells out;
  out.emplace_back(o["metadata"]["name"].text());
  out.emplace_back(cat(o["status"]["readyReplicas"].integer(), "/", o["spec"]["replicas"].integer(1)));
  out.emplace_back(ageCell(o, now));
  addTemplate(out, o, false);
  return out;
}
constexpr RowColumn kStatefulSetColumns[] = {{"Name"}, {"Ready"}, {"Age"}, {"Containers", "string", 1}, {"Images", "string", 1}};

Cells daemonSetCells(doc::Value o, WallTime now) {
  const doc::Value s = o["status"];
  Cells out;
  out.emplace_back(o["metadata"]["name"].text());
  for (std::string_view key : {"desiredNumberScheduled", "currentNumberScheduled", "numberReady",
                               "updatedNumberScheduled", "numberAvailable"}) {
    out.emplace_back(s[key].integer());
  }
  out.emplace_back(selectorCell(o["spec"]["template"]["spec"]["nodeSelector"]));
  out.emplace_back(ageCell(o, now));
  addTemplate(out, o, true);
  return out;
}
constexpr RowColumn kDaemonSetColumns[] = {{"Name"}, {"Desired", "integer"}, {"Current", "integer"}, {"Ready", "integer"},
                                           {"Up-to-date", "integer"}, {"Available", "integer"}, {"Node Selector"}, {"Age"},
                                           {"Containers", "string", 1}, {"Images", "string", 1}, {"Selector", "string", 1}};

Cells jobCells(doc::Value o, WallTime now) {
  const doc::Value status = o["status"];
  std::string state = "Running";
  for (doc::Value c : status["conditions"].elements()) {
    if (c["status"].text() == "True" && (c["type"].text() == "Complete" || c["type"].text() == "Failed" ||
                                         c["type"].text() == "Suspended")) {
      state = c["type"].text();
    }
  }
  if (o["metadata"]["deletionTimestamp"].exists()) state = "Terminating";
  Cells out;
  out.emplace_back(o["metadata"]["name"].text());
  out.emplace_back(state);
  const doc::Value completions = o["spec"]["completions"];
  out.emplace_back(completions.exists() ? cat(status["succeeded"].integer(), "/", completions.integer())
                                        : cat(status["succeeded"].integer(), "/1"));
  std::string duration;
  if (const auto start = parseRfc3339(status["startTime"].text()); start) {
    const auto end = parseRfc3339(status["completionTime"].text());
    duration = humanDuration((end ? *end : now) - *start);
  }
  out.emplace_back(duration);
  out.emplace_back(ageCell(o, now));
  addTemplate(out, o, true);
  return out;
}
constexpr RowColumn kJobColumns[] = {{"Name"}, {"Status"}, {"Completions"}, {"Duration"}, {"Age"},
                                     {"Containers", "string", 1}, {"Images", "string", 1}, {"Selector", "string", 1}};

constexpr RowSource kSources[] = {
    {"pods", kPodColumns, podCells},
    {"deployments", kDeploymentColumns, deploymentCells},
    {"replicasets", kReplicaSetColumns, replicaSetCells},
    {"replicationcontrollers", kReplicaSetColumns, replicaSetCells},
    {"statefulsets", kStatefulSetColumns, statefulSetCells},
    {"daemonsets", kDaemonSetColumns, daemonSetCells},
    {"jobs", kJobColumns, jobCells},
};

}  // namespace

std::span<const RowSource> workloadRows() { return kSources; }

}  // namespace meshka::apiserver
