// What every proof uses: kubectl, requests from a pod, the counters of the serving pods' Envoys.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/instance.h"
#include "cli/command_context.h"
#include "cli/workshop/proofs/plan.h"
#include "doc/doc.h"
#include "io/task.h"

namespace meshka::cli::workshop {

using Words = std::vector<std::string>;

struct Pod {
  std::string context, ns, name;
};

class Bench {
 public:
  Bench(CommandContext& context, Instance instance, Plan plan)
      : context_(context), instance_(std::move(instance)), plan_(std::move(plan)) {}

  const Plan& plan() const { return plan_; }
  const Instance& instance() const { return instance_; }
  CommandContext& context() { return context_; }

  // Standard output. Errors: kInternal with what kubectl said, kTimeout.
  io::Task<Result<std::string>> kubectl(std::string context, Words words, std::string input = {},
                                        Duration timeout = seconds(30));
  io::Task<Result<doc::Doc>> get(std::string context, Words words);
  // Objects of the plan by the manifest's name.
  io::Task<Result<void>> apply(std::string context, std::string manifest, Values values);
  io::Task<Result<void>> remove(std::string context, std::string manifest, Values values);

  // A pod of the plan's manifest, ready.
  io::Task<Result<Pod>> makePod(std::string context, std::string manifest, Values values);
  io::Task<Result<void>> removePod(Pod pod);
  io::Task<Result<std::vector<Pod>>> pods(std::string context, std::string ns,
                                          std::string selector);

  // Sends requests from the pod's container "client" and gives what came back (docs/cli.md).
  io::Task<Result<doc::Doc>> load(Pod from, Words flags);
  // Requests that the pod's Envoy has passed on to its application at that port.
  io::Task<Result<int64_t>> served(Pod pod, std::string port);

 private:
  CommandContext& context_;
  Instance instance_;
  Plan plan_;
};

}  // namespace meshka::cli::workshop
