#include "mesh/inject/decide.h"

#include <algorithm>

#include "api/selectors.h"
#include "base/strings.h"

namespace meshka::mesh {
namespace {

constexpr std::string_view kIgnoredNamespaces[] = {"kube-system", "kube-public", "kube-node-lease",
                                                   "local-path-storage"};

bool matchesAny(doc::Value selectors, doc::Value labels) {
  for (const doc::Value one : selectors.elements()) {
    const auto selector = api::LabelSelector::fromObject(one);
    if (selector && !selector->selectsEverything() && selector->matches(labels)) return true;
  }
  return false;
}

}  // namespace

std::string whyNotInjected(doc::Value pod, std::string_view ns, doc::Value config) {
  if (pod["spec"]["hostNetwork"].boolean()) return "the pod uses the host's network";
  if (std::ranges::find(kIgnoredNamespaces, ns) != std::end(kIgnoredNamespaces)) {
    return cat("namespace ", ns, " is never injected");
  }
  const doc::Value labels = pod["metadata"]["labels"];
  const std::string asked = toLower(pod["metadata"]["annotations"]["sidecar.istio.io/inject"].text(
      labels["sidecar.istio.io/inject"].text()));
  if (asked == "y" || asked == "yes" || asked == "true" || asked == "on") return {};
  if (!asked.empty()) return cat("sidecar.istio.io/inject is ", asked);
  if (matchesAny(config["neverInjectSelector"], labels)) return "neverInjectSelector matches";
  if (matchesAny(config["alwaysInjectSelector"], labels)) return {};
  if (config["policy"].text("enabled") != "enabled") return "the policy is not to inject";
  return {};
}

}  // namespace meshka::mesh
