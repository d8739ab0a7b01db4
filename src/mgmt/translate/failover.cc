#include "mgmt/translate/failover.h"

#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

// "region/zone/subzone", open at the end.
std::string localityText(Value locality) {
  std::string text(locality["region"].text("*"));
  if (locality["zone"].text().empty()) return cat(text, "/*");
  text += cat("/", locality["zone"].text());
  if (locality["subZone"].text().empty()) return cat(text, "/*");
  return cat(text, "/", locality["subZone"].text());
}

// Weights or zones need Istio's `distribute`, which excludes `failover`.
bool needsDistribute(Value mappings) {
  for (const Value mapping : mappings.elements()) {
    if (!mapping["from"]["zone"].text().empty()) return true;
    for (const Value to : mapping["to"].elements()) {
      if (to["weight"].integer() > 0 || !to["zone"].text().empty()) return true;
    }
  }
  return false;
}

void distribute(Context& context, const ConfigObject& policy, Value mappings, Draft& settings) {
  for (size_t i = 0; i < mappings.size(); ++i) {
    const Value to = mappings[i]["to"];
    int64_t sum = 0;
    for (const Value target : to.elements()) sum += target["weight"].integer();
    if (sum != 100) {
      context.statuses.warn(
          policy.id, cat("spec.config.localityMappings[", i, "].to: the weights sum to ", sum,
                         ", not to 100; the mapping is left out"));
      continue;
    }
    Draft shares = Draft::object();
    for (const Value target : to.elements()) {
      shares[localityText(target)] = target["weight"].integer();
    }
    settings["distribute"].push(
        Draft::object({{"from", localityText(mappings[i]["from"])}, {"to", std::move(shares)}}));
  }
}

void failOver(Context& context, const ConfigObject& policy, Value mappings, Draft& settings) {
  for (size_t i = 0; i < mappings.size(); ++i) {
    const std::string_view from = mappings[i]["from"]["region"].text();
    const Value to = mappings[i]["to"];
    const std::string path = cat("spec.config.localityMappings[", i, "]");
    if (from.empty() || to.empty() || to[0]["region"].text().empty()) {
      context.statuses.warn(policy.id, cat(path, " needs from.region and to[0].region"));
      continue;
    }
    if (from == to[0]["region"].text()) {
      context.statuses.warn(policy.id, cat(path, ": from and to are the same region"));
      continue;
    }
    if (to.size() > 1) {
      context.statuses.warn(policy.id, cat(path, ".to: without weights only the first applies"));
    }
    settings["failover"].push(Draft::object({{"from", from}, {"to", to[0]["region"].text()}}));
  }
}

}  // namespace

Draft localitySettings(Context& context, const ConfigObject& policy) {
  Draft settings = Draft::object({{"enabled", true}});
  const Value mappings = policy.spec()["config"]["localityMappings"];
  if (needsDistribute(mappings))
    distribute(context, policy, mappings, settings);
  else
    failOver(context, policy, mappings, settings);
  return Draft::object({{"localityLbSetting", std::move(settings)}});
}

}  // namespace meshka::mgmt
