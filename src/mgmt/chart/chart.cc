#include "mgmt/chart/chart.h"

#include "base/strings.h"
#include "mgmt/chart/parts.h"

namespace meshka::mgmt {

using doc::Draft;

std::vector<doc::Doc> serverObjects(const ServerChart& chart) {
  const chart::Scope scope{chart.ns, chart.version};
  std::vector<doc::Doc> out;
  out.push_back(Draft::object({{"apiVersion", "v1"},
                               {"kind", "Namespace"},
                               {"metadata", Draft::object({{"name", chart.ns}})}})
                    .finish());
  Draft license = chart::object(scope, "v1", "Secret", kLicenseSecret, kServerName);
  license["type"] = "Opaque";
  license["data"] = Draft::object({{"key", base64Encode(chart.values.license)}});
  out.push_back(license.finish());
  chart::appendServer(chart, scope, out);
  chart::appendRedis(chart, scope, out);
  chart::appendUi(chart, scope, out);
  chart::appendPrometheus(chart, scope, out);
  return out;
}

std::vector<std::string> serverDeployments(const ServerChart& chart) {
  std::vector<std::string> out = {std::string(kServerName)};
  if (chart.values.redis) out.emplace_back(kRedisName);
  if (chart.values.ui) out.emplace_back(kUiName);
  if (chart.values.prometheus) out.emplace_back(kPrometheusName);
  return out;
}

}  // namespace meshka::mgmt
