// workshop/proofs.yaml: what the proofs measure and the objects they make. The names in it belong
// to the demo; no code knows them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace meshka::cli::workshop {

using Values = std::map<std::string, std::string, std::less<>>;

struct Side {
  std::string context;  // of the kubeconfig
  std::string name;     // as the cluster was registered
};

struct Plan {
  Side near, far;
  std::string management;  // context
  std::vector<std::string> client;
  Values first;
  Values manifests;
};

// `variant`: named or literal. Errors: kInvalid naming the field.
Result<Plan> parsePlan(std::string_view yaml, std::string_view variant);
// ${NAME} becomes the value. Errors: kInvalid naming a variable that has none.
Result<std::string> fill(std::string_view manifest, const Values& values);

}  // namespace meshka::cli::workshop
