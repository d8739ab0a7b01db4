// The proofs of `meshka workshop`: what the mesh promises, measured at the far side. Each has a
// twin: the same measurement with one thing broken, which must come out the other way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/instance.h"
#include "cli/command_context.h"
#include "cli/workshop/report.h"

namespace meshka::cli::workshop {

struct ProofOptions {
  std::string variant = "named";
  Instance instance;
  std::string plan_path;  // workshop/proofs.yaml
  bool twins = false;
  std::string only;  // names of proofs that contain this; empty: all
};

// `progress` gets a line per proof.
io::Task<std::vector<ProofResult>> runProofs(CommandContext& context, ProofOptions options,
                                             Console& progress);

}  // namespace meshka::cli::workshop
