// The rules that Istio's objects must keep beyond their schema, with upstream's wording: what the
// validating webhook answers.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"

namespace meshka::mesh {

struct ValidationResult {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};
// Kinds without rules are valid.
ValidationResult validateIstioObject(doc::Value object);

// "a" or "2 errors occurred:\n\t* a\n\t* b\n\n"
std::string joinErrors(const std::vector<std::string>& errors);

}  // namespace meshka::mesh
