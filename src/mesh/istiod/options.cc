#include "mesh/istiod/options.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::mesh {

void applyEnvironment(IstiodOptions& options, Function<std::string(const char* name)> get) {
  const auto text = [&](const char* name, std::string& to) {
    std::string value = get(name);
    if (!value.empty()) to = std::move(value);
  };
  text("POD_NAMESPACE", options.root_namespace);
  text("POD_NAME", options.pod_name);
  text("REVISION", options.revision);
  text("CLUSTER_ID", options.cluster_id);
  text("ISTIOD_ADDR", options.istiod_address);
  options.skip_validate_trust_domain = get("PILOT_SKIP_VALIDATE_TRUST_DOMAIN") == "true";
  options.legacy_fs_group = get("ENABLE_LEGACY_FSGROUP_INJECTION") != "false";
}

std::vector<std::string> servingNames(const IstiodOptions& options) {
  const std::string suffix = cat(".", options.root_namespace, ".svc");
  std::vector<std::string> out = {"istiod" + suffix, "istiod-remote" + suffix,
                                  "istio-pilot" + suffix};
  const auto add = [&](std::string name) {
    if (!name.empty() && std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
  };
  add(options.withRevision("istiod") + suffix);
  add(options.istiod_address.substr(0, options.istiod_address.rfind(':')));
  for (const std::string& name : options.serving_names) add(name);
  return out;
}

}  // namespace meshka::mesh
