#include "cli/workshop/steps.h"

#include <algorithm>

#include "base/strings.h"
#include "doc/yaml.h"

namespace meshka::cli::workshop {
namespace {

Result<Step> parseStep(doc::Value value, size_t index) {
  Step step;
  step.name = value["name"].text();
  if (step.name.empty()) return fail(Code::kInvalid, cat("steps[", index, "].name is missing"));
  const std::string where = cat("step ", step.name, ": ");
  for (const auto& [key, member] : value.members()) {
    if (key == "name") continue;
    std::string* text = key == "command"   ? &step.command
                        : key == "check"   ? &step.check
                        : key == "break"   ? &step.breaking
                        : key == "repair"  ? &step.repair
                        : key == "variant" ? &step.variant
                                           : nullptr;
    if (key == "limit") {
      if (member.integer() <= 0)
        return fail(Code::kInvalid, cat(where, "limit must be a number of seconds"));
      step.limit = seconds(member.integer());
    } else if (text == nullptr) {
      return fail(Code::kInvalid, cat(where, "unknown field ", key));
    } else if (!member.isString()) {
      return fail(Code::kInvalid, cat(where, key, " must be text"));
    } else {
      *text = member.text();
    }
  }
  if (step.command.empty()) return fail(Code::kInvalid, where + "command is missing");
  if (step.check.empty()) return fail(Code::kInvalid, where + "check is missing");
  if (step.breaking.empty())
    return fail(Code::kInvalid, where + "break is missing: the self-test needs it");
  if (step.limit.ns == 0) return fail(Code::kInvalid, where + "limit is missing");
  if (!step.variant.empty() && step.variant != "named" && step.variant != "literal")
    return fail(Code::kInvalid, cat(where, "variant must be named or literal"));
  return step;
}

}  // namespace

Result<std::vector<Step>> parseSteps(std::string_view yaml) {
  MESHKA_TRY(const doc::Doc file, doc::parseYamlDocument(yaml));
  std::vector<Step> steps;
  for (const doc::Value value : file["steps"].elements()) {
    MESHKA_TRY(Step step, parseStep(value, steps.size()));
    if (std::ranges::any_of(steps, [&](const Step& s) { return s.name == step.name; }))
      return fail(Code::kInvalid, cat("step ", step.name, " occurs twice"));
    steps.push_back(std::move(step));
  }
  if (steps.empty()) return fail(Code::kInvalid, "no steps");
  return steps;
}

Result<std::vector<Step>> chooseSteps(const std::vector<Step>& all, std::string_view variant,
                                      std::string_view through) {
  std::vector<Step> chosen;
  for (const Step& step : all) {
    if (step.variant.empty() || step.variant == variant) chosen.push_back(step);
    if (step.name == through) return chosen;
  }
  if (through.empty()) return chosen;
  std::vector<std::string> names;
  for (const Step& step : all) names.push_back(step.name);
  return fail(Code::kInvalid,
              cat("no step is called \"", through, "\"; the steps are ", join(names, ", ")));
}

}  // namespace meshka::cli::workshop
