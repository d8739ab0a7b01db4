// What a run of the workshop says: a line per step while it goes on, one JSON object at the end.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "doc/doc.h"

namespace meshka::cli::workshop {

enum class Status : unsigned char { kPassed, kFailed, kNotRun };
std::string_view toString(Status status);

struct StepResult {
  std::string name;
  Status status = Status::kNotRun;
  Duration time;
  Duration cpu;        // of the command and of the node meanwhile
  std::string detail;  // on failure: what was wrong
};

struct ProofResult {
  std::string name;
  std::string subject;  // namespace/service that it is about
  Status status = Status::kNotRun;
  Duration time;
  std::string detail;  // the numbers, or what was wrong
};

struct Summary {
  std::optional<Duration> three_virtual_clusters;
  std::optional<Duration> first_cross_cluster_200;
  Duration total;
  std::optional<double> idle_cpu_percent;
  std::optional<double> memory_mb;
};

struct Report {
  std::string variant;
  std::vector<StepResult> steps;
  std::vector<ProofResult> proofs;
  Summary summary;
  bool allPassed() const;  // steps and proofs
  size_t passed() const;
};

doc::Doc toDoc(const Report& report);
// "[ 3/28] create-mgmt   passed   1.20 s   cpu 0.31 s\n"
std::string progressLine(size_t index, size_t total, const StepResult& result);
// "proof split-over-clusters       passed   4.20 s  NAMESPACE/SERVICE: DETAIL\n"
std::string progressLine(const ProofResult& result);
// What the summary says for people; nothing for what was not measured.
std::string summaryText(const Report& report);
// The sentence behind "likely cause:", from what a failed command printed; empty when nothing is
// known.
std::string likelyCause(std::string_view output);

}  // namespace meshka::cli::workshop
