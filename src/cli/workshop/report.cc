#include "cli/workshop/report.h"

#include <algorithm>
#include <cstdio>

#include "base/strings.h"

namespace meshka::cli::workshop {
namespace {

std::string twoDigits(double value) {
  char text[32];
  (void)snprintf(text, sizeof text, "%.2f", value);
  return text;
}

doc::Draft secondsOrNull(const std::optional<Duration>& d) {
  return d ? doc::Draft(d->seconds()) : doc::Draft();
}
doc::Draft numberOrNull(const std::optional<double>& d) {
  return d ? doc::Draft(*d) : doc::Draft();
}

}  // namespace

std::string_view toString(Status status) {
  switch (status) {
    case Status::kPassed:
      return "passed";
    case Status::kFailed:
      return "failed";
    case Status::kNotRun:
      return "not-run";
  }
  return "not-run";
}

size_t Report::passed() const {
  return static_cast<size_t>(std::ranges::count(steps, Status::kPassed, &StepResult::status));
}
bool Report::allPassed() const {
  return passed() == steps.size() && std::ranges::all_of(proofs, [](const ProofResult& proof) {
           return proof.status == Status::kPassed;
         });
}

doc::Doc toDoc(const Report& report) {
  doc::Draft out = doc::Draft::object();
  out["variant"] = report.variant;
  doc::Draft steps = doc::Draft::array();
  for (const StepResult& result : report.steps) {
    doc::Draft step = doc::Draft::object();
    step["name"] = result.name;
    step["status"] = toString(result.status);
    step["seconds"] = result.time.seconds();
    step["cpu_seconds"] = result.cpu.seconds();
    step["detail"] = result.detail;
    steps.push(std::move(step));
  }
  out["steps"] = std::move(steps);
  out["passed"] = static_cast<int64_t>(report.passed());
  out["total"] = static_cast<int64_t>(report.steps.size());
  doc::Draft proofs = doc::Draft::array();
  for (const ProofResult& result : report.proofs) {
    doc::Draft proof = doc::Draft::object();
    proof["name"] = result.name;
    proof["subject"] = result.subject;
    proof["status"] = toString(result.status);
    proof["seconds"] = result.time.seconds();
    proof["detail"] = result.detail;
    proofs.push(std::move(proof));
  }
  out["proofs"] = std::move(proofs);
  doc::Draft summary = doc::Draft::object();
  summary["three_virtual_clusters_seconds"] = secondsOrNull(report.summary.three_virtual_clusters);
  summary["first_cross_cluster_200_seconds"] =
      secondsOrNull(report.summary.first_cross_cluster_200);
  summary["total_seconds"] = report.summary.total.seconds();
  summary["idle_cpu_percent"] = numberOrNull(report.summary.idle_cpu_percent);
  summary["memory_mb"] = numberOrNull(report.summary.memory_mb);
  out["summary"] = std::move(summary);
  return out.finish();
}

std::string progressLine(size_t index, size_t total, const StepResult& result) {
  const std::string width = cat(total);
  std::string number = cat(index);
  number.insert(0, width.size() - std::min(width.size(), number.size()), ' ');
  std::string name = result.name;
  if (name.size() < 20) name.resize(20, ' ');
  return cat("[", number, "/", total, "] ", name, " ", toString(result.status), "  ",
             twoDigits(result.time.seconds()), " s  cpu ", twoDigits(result.cpu.seconds()), " s\n");
}

std::string progressLine(const ProofResult& result) {
  std::string name = result.name;
  if (name.size() < 26) name.resize(26, ' ');
  return cat("proof ", name, " ", toString(result.status), "  ", twoDigits(result.time.seconds()),
             " s  ", result.subject, result.subject.empty() ? "" : ": ", result.detail, "\n");
}

std::string summaryText(const Report& report) {
  const Summary& summary = report.summary;
  std::string out;
  if (summary.three_virtual_clusters)
    out += cat("three virtual clusters  ", twoDigits(summary.three_virtual_clusters->seconds()),
               " s\n");
  if (summary.first_cross_cluster_200)
    out += cat("first 200 across        ", twoDigits(summary.first_cross_cluster_200->seconds()),
               " s after meshka up\n");
  if (summary.idle_cpu_percent)
    out += cat("idle                    ", twoDigits(*summary.idle_cpu_percent), " % of a core\n");
  if (summary.memory_mb)
    out += cat("memory                  ", twoDigits(*summary.memory_mb), " MB\n");
  return out;
}

std::string likelyCause(std::string_view output) {
  struct Known {
    std::string_view text, cause;
  };
  static constexpr Known kKnown[] = {
      {"unknown command: ", "meshka does not have this command yet (docs/status.md)"},
      {"not supported yet", "meshka does not have this yet (docs/status.md)"},
      {"command not found",
       "the program is not in PATH: was `meshka env` evaluated, and is the link in the build "
       "folder?"},
      {"connection refused",
       "nothing listens there: is the cluster up? meshka status says what runs"},
      {"context was not found",
       "the kubeconfig has no such context: an earlier connect did not write it"},
      {"does not exist", "an object or context that an earlier step should have made is missing"},
      {"seems to be empty", "a variable that an earlier step should have set is empty"},
      {"x509:", "the certificate does not name the address that was dialled"},
      {"imagepull", "an image is not in build/images/catalog.json: make images"},
      {"no space left", "the disk is full"},
      {"deadline exceeded", "something did not answer in time: meshka doctor looks at every part"},
      {"timed out",
       "something did not become ready in time: kubectl describe and meshka doctor say more"},
  };
  const std::string lower = toLower(output);
  for (const Known& known : kKnown)
    if (lower.find(known.text) != lower.npos) return std::string(known.cause);
  return {};
}

}  // namespace meshka::cli::workshop
