// The workshop's steps as data (workshop/steps.yaml).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace meshka::cli::workshop {

struct Step {
  std::string name;
  std::string command;   // as a person types it
  std::string check;     // shell condition that must hold afterwards
  Duration limit;        // for the command and its check together
  std::string breaking;  // what the self-test does so that the check must fail
  std::string repair;    // what undoes it; "@command": the command again; empty: nothing to undo
  std::string variant;   // "named", "literal" or empty: both
};

// Errors: kInvalid naming the step and the field; unknown fields are errors.
Result<std::vector<Step>> parseSteps(std::string_view yaml);
// Those of one variant, up to and with the step `through` (empty: all). Errors: kInvalid, unknown
// step.
Result<std::vector<Step>> chooseSteps(const std::vector<Step>& all, std::string_view variant,
                                      std::string_view through);

}  // namespace meshka::cli::workshop
