#include "mesh/inject/annotations.h"

#include "api/quantity.h"
#include "base/strings.h"
#include "doc/json.h"
#include "mesh/validate/addresses.h"

namespace meshka::mesh {
namespace {

using Check = bool (*)(std::string_view value);

bool isPort(std::string_view text) {
  const auto port = parseInt(text);
  return port && *port >= 0 && *port <= 65535;
}
bool isPorts(std::string_view text) {
  if (text.empty()) return true;
  for (const std::string_view part : split(text, ',')) {
    if (!isPort(trim(part))) return false;
  }
  return true;
}
bool isPortsOrAll(std::string_view text) {
  return text == "*" || isPorts(text);
}
bool isCidrs(std::string_view text) {
  if (text.empty()) return true;
  for (const std::string_view part : split(text, ',')) {
    if (!isCidr(trim(part))) return false;
  }
  return true;
}
bool isCidrsOrAll(std::string_view text) {
  return text == "*" || isCidrs(text);
}
bool isCount(std::string_view text) {
  const auto n = parseInt(text);
  return n && *n >= 0;
}
bool isMode(std::string_view text) {
  return text == "REDIRECT" || text == "TPROXY" || text == "NONE";
}
bool isBoolean(std::string_view text) {
  return text == "true" || text == "false";
}
bool isQuantity(std::string_view text) {
  return api::Quantity::parse(text).has_value();
}
// Names to objects.
bool isEntries(std::string_view text) {
  const auto parsed = doc::parseJson(text);
  if (!parsed || !parsed->value().isObject()) return false;
  for (const auto [name, value] : parsed->value().members()) {
    if (!value.isObject()) return false;
  }
  return true;
}

constexpr std::pair<std::string_view, Check> kChecks[] = {
    {"sidecar.istio.io/interceptionMode", isMode},
    {"sidecar.istio.io/proxyCPU", isQuantity},
    {"sidecar.istio.io/proxyCPULimit", isQuantity},
    {"sidecar.istio.io/proxyMemory", isQuantity},
    {"sidecar.istio.io/proxyMemoryLimit", isQuantity},
    {"sidecar.istio.io/rewriteAppHTTPProbers", isBoolean},
    {"sidecar.istio.io/userVolume", isEntries},
    {"sidecar.istio.io/userVolumeMount", isEntries},
    {"status.sidecar.istio.io/port", isPort},
    {"readiness.status.sidecar.istio.io/initialDelaySeconds", isCount},
    {"readiness.status.sidecar.istio.io/periodSeconds", isCount},
    {"readiness.status.sidecar.istio.io/failureThreshold", isCount},
    {"traffic.sidecar.istio.io/includeOutboundIPRanges", isCidrsOrAll},
    {"traffic.sidecar.istio.io/excludeOutboundIPRanges", isCidrs},
    {"traffic.sidecar.istio.io/includeInboundPorts", isPortsOrAll},
    {"traffic.sidecar.istio.io/excludeInboundPorts", isPorts},
    {"traffic.sidecar.istio.io/includeOutboundPorts", isPorts},
    {"traffic.sidecar.istio.io/excludeOutboundPorts", isPorts},
    {"prometheus.istio.io/merge-metrics", isBoolean},
};

}  // namespace

Result<void> checkAnnotations(doc::Value annotations) {
  for (const auto& [name, check] : kChecks) {
    const doc::Value value = annotations[name];
    if (!value.exists() || check(value.text())) continue;
    return fail(Code::kInvalid, cat("invalid value \"", value.text(), "\" of annotation ", name));
  }
  const std::string_view templates = annotations["inject.istio.io/templates"].text("sidecar");
  if (templates != "sidecar") {
    return fail(Code::kInvalid, cat("annotation inject.istio.io/templates: template \"", templates,
                                    "\" is not supported yet; there is \"sidecar\""));
  }
  return {};
}

}  // namespace meshka::mesh
