// The probes of one running container: when to ask, and what the answers mean together. A verdict
// changes after successThreshold or failureThreshold equal answers in a row.
//
// While a startup or readiness probe over the network has not yet succeeded, it is asked again
// sooner than its period says; only the answers of the period count as failures. So a pod is Ready
// when its program is, not up to ten seconds later.
//
// From their second question on, all other probes of one period share a few moments; the step to
// there is between half and one and a half periods long.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/running.h"
#include "node/pod/handlers.h"

namespace meshka::node {

class ContainerProber {
 public:
  // `changed` is called when a verdict changed; `context` and the rest outlive the prober.
  ContainerProber(const NodeContext& context, doc::Doc pod, std::string container,
                  std::string container_id, std::string pod_ip, Instant started_at,
                  Callback changed);
  ~ContainerProber();

  const ProbeVerdicts& verdicts() const { return verdicts_; }
  bool any() const { return !probes_.empty(); }

 private:
  struct Probe;
  void schedule(Probe& probe, Instant at);
  void ask(Probe& probe);
  io::Task<void> run(Probe& probe);
  void answered(Probe& probe, const HandlerResult& result);
  void startOthers();

  const NodeContext& context_;
  doc::Doc pod_;
  std::string container_, id_, pod_ip_;
  Instant started_at_;
  Callback changed_;
  ProbeVerdicts verdicts_;
  std::vector<std::unique_ptr<Probe>> probes_;
};

}  // namespace meshka::node
