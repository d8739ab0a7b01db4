// Counts what a run of requests gave.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "doc/doc.h"

namespace meshka::bookinfo {

struct Sample {
  int status = 0;     // 0: no answer
  std::string error;  // why there was none
  Duration latency;   // until the last byte of the answer
  std::string pod;    // what the answer says about itself; empty: nothing
  std::string cluster;
};

// Pod and cluster that an answer names: members of its JSON, or data- attributes of its HTML.
void readIdentity(std::string_view body, Sample& into);

class Tally {
 public:
  void add(const Sample& sample);
  size_t requests() const { return latencies_.size(); }
  size_t unanswered() const;
  // {"requests", "unanswered", "byStatus", "byError", "byPod", "byCluster", "latencyMs": {"min",
  // "p50", "p99", "max"}}
  doc::Draft toDraft() const;
  std::string toText() const;

 private:
  std::map<std::string, int64_t> by_status_, by_error_, by_pod_, by_cluster_;
  std::vector<Duration> latencies_;
};

}  // namespace meshka::bookinfo
