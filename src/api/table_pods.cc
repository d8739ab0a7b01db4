// The row of a pod: the Status cell condenses phase, conditions and container states into the word
// that users know.
#include <map>

#include "api/table_cells.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using doc::Value;

constexpr TableColumn kPod[] = {{"Name", "string", 0, "name"},
                                {"Ready"},
                                {"Status"},
                                {"Restarts"},
                                {"Age"},
                                {"IP", "string", 1},
                                {"Node", "string", 1},
                                {"Nominated Node", "string", 1},
                                {"Readiness Gates", "string", 1}};

// "CODE" or "Signal:N" of a termination without a reason.
std::string exitText(Value terminated) {
  if (const int64_t signal = terminated["signal"].integer(); signal != 0)
    return cat("Signal:", signal);
  return cat("ExitCode:", terminated["exitCode"].integer());
}

struct Restarts {
  int64_t count = 0;
  Value last;  // timestamp, the latest
  int64_t last_ns = INT64_MIN;

  void add(Value status) {
    count += status["restartCount"].integer();
    const Value finished = status["lastState"]["terminated"]["finishedAt"];
    const auto time = parseRfc3339(finished.text());
    if (time && time->unix_ns > last_ns) {
      last = finished;
      last_ns = time->unix_ns;
    }
  }
};

struct PodSummary {
  std::string reason;
  int64_t ready = 0;
  int64_t total = 0;
  Restarts restarts;
};

// Init containers in their order, up to the first that is not done. True while the pod is
// initializing.
bool summarizeInit(Value pod, PodSummary& out, Restarts& sidecars) {
  std::map<std::string_view, bool> restartable;
  for (Value container : pod["spec"]["initContainers"].elements()) {
    const bool sidecar = container["restartPolicy"].text() == "Always";
    restartable[container["name"].text()] = sidecar;
    if (sidecar) ++out.total;
  }
  size_t index = 0;
  for (Value status : pod["status"]["initContainerStatuses"].elements()) {
    const bool sidecar = restartable[status["name"].text()];
    out.restarts.add(status);
    if (sidecar) sidecars.add(status);
    const Value terminated = status["state"]["terminated"];
    const std::string_view waiting = status["state"]["waiting"]["reason"].text();
    if (terminated.exists() && terminated["exitCode"].integer() == 0) {
      ++index;
      continue;
    }
    if (sidecar && status["started"].boolean()) {
      if (status["ready"].boolean()) ++out.ready;
      ++index;
      continue;
    }
    if (terminated.exists()) {
      const std::string_view reason = terminated["reason"].text();
      out.reason = cat("Init:", reason.empty() ? exitText(terminated) : std::string(reason));
    } else if (!waiting.empty() && waiting != "PodInitializing") {
      out.reason = cat("Init:", waiting);
    } else {
      out.reason = cat("Init:", index, "/", pod["spec"]["initContainers"].size());
    }
    return true;
  }
  return false;
}

void summarizeContainers(Value pod, PodSummary& out) {
  const Value statuses = pod["status"]["containerStatuses"];
  bool running = false;
  std::string failure;  // of the first container that failed
  for (size_t i = statuses.size(); i-- > 0;) {
    const Value status = statuses[i];
    out.restarts.add(status);
    const std::string_view waiting = status["state"]["waiting"]["reason"].text();
    const Value terminated = status["state"]["terminated"];
    if (!waiting.empty()) {
      out.reason = waiting;
    } else if (terminated.exists()) {
      const std::string_view reason = terminated["reason"].text();
      out.reason = reason.empty() ? exitText(terminated) : std::string(reason);
      if (terminated["exitCode"].integer() != 0) failure = out.reason;
    } else if (status["ready"].boolean() && status["state"]["running"].exists()) {
      running = true;
      ++out.ready;
    }
  }
  if (out.reason != "Completed") return;
  if (running && conditionIs(pod, "Ready")) {
    out.reason = "Running";
  } else if (!failure.empty()) {
    out.reason = failure;
  } else if (running) {
    out.reason = "NotReady";
  }
}

PodSummary summarize(Value pod) {
  const Value status = pod["status"];
  const std::string_view phase = status["phase"].text();
  PodSummary out;
  out.reason = status["reason"].text(phase);
  if (out.reason.empty()) out.reason = phase;
  if (findCondition(pod, "PodScheduled")["reason"].text() == "SchedulingGated")
    out.reason = "SchedulingGated";
  out.total = static_cast<int64_t>(pod["spec"]["containers"].size());
  Restarts sidecars;
  const bool initializing = summarizeInit(pod, out, sidecars);
  if (!initializing || conditionIs(pod, "Initialized")) {
    out.restarts = sidecars;
    summarizeContainers(pod, out);
  }
  if (Meta(pod).deleting()) {
    if (status["reason"].text() == "NodeLost") {
      out.reason = "Unknown";
    } else if (phase != "Failed" && phase != "Succeeded") {
      out.reason = "Terminating";
    }
  }
  return out;
}

std::string readinessGates(Value pod) {
  const Value gates = pod["spec"]["readinessGates"];
  if (gates.empty()) return "<none>";
  size_t good = 0;
  for (Value gate : gates.elements()) {
    if (conditionIs(pod, gate["conditionType"].text())) ++good;
  }
  return cat(good, "/", gates.size());
}

void printPod(Value pod, Row& row) {
  const PodSummary s = summarize(pod);
  std::string restarts = cat(s.restarts.count);
  if (s.restarts.count != 0 && s.restarts.last.exists())
    restarts += cat(" (", row.sinceText(s.restarts.last), " ago)");
  row.name().text(cat(s.ready, "/", s.total)).text(s.reason).text(restarts).age();
  row.orNone(pod["status"]["podIPs"][size_t{0}]["ip"].text())
      .orNone(pod["spec"]["nodeName"].text())
      .orNone(pod["status"]["nominatedNodeName"].text())
      .text(readinessGates(pod));
}

constexpr TableFormat kTables[] = {{"pods", kPod, printPod}};

}  // namespace

std::span<const TableFormat> podTables() {
  return kTables;
}

}  // namespace meshka::api
