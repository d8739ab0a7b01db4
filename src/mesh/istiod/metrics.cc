#include "mesh/istiod/metrics.h"

#include <map>

#include "base/strings.h"
#include "xds/request.h"

namespace meshka::mesh {
namespace {

void metric(std::string& out, std::string_view name, std::string_view type, std::string_view help,
            uint64_t value, std::string_view labels = {}) {
  out += cat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n", name, labels, " ",
             value, "\n");
}

}  // namespace

std::string metricsText(const MetricsInput& input) {
  std::string out;
  const std::string version = cat("{version=\"", input.version, "\"}");
  const xds::AdsCounters& ads = input.server.counters();
  const auto streams = input.server.streams();
  metric(out, "pilot_info", "gauge", "Pilot version and build information.", 1, version);
  metric(out, "pilot_xds", "gauge", "Number of endpoints connected to this pilot using XDS.",
         streams.size(), version);
  metric(out, "pilot_xds_pushes", "counter", "Pilot build and send responses.", ads.pushes);
  metric(out, "pilot_total_xds_rejects", "counter",
         "Total number of XDS responses from pilot rejected by proxy.", ads.rejections);
  metric(out, "pilot_xds_expired_nonce", "counter",
         "Total number of XDS requests with an expired nonce.", ads.stale);
  metric(out, "pilot_total_xds_internal_errors", "counter", "Resources that cannot be encoded.",
         ads.encode_errors);
  metric(out, "pilot_push_triggers", "counter", "Rounds of changes.", input.rounds);
  metric(out, "citadel_server_success_cert_issuance_count", "counter",
         "The number of certificates issuances that have succeeded.", input.csr.issued());
  metric(out, "citadel_server_authentication_failure_count", "counter",
         "The number of certificate requests that were refused.", input.csr.refused());
  const WebhookCounters& w = input.webhooks;
  metric(out, "sidecar_injection_success_total", "counter",
         "Total number of successful sidecar injection requests.", w.injected);
  metric(out, "sidecar_injection_skip_total", "counter",
         "Total number of skipped sidecar injection requests.", w.injection_skipped);
  metric(out, "sidecar_injection_failure_total", "counter",
         "Total number of failed sidecar injection requests.", w.injection_failed);
  metric(out, "galley_validation_passed", "counter", "Resource is valid", w.validation_passed);
  metric(out, "galley_validation_failed", "counter", "Resource validation failed",
         w.validation_failed);
  return out;
}

}  // namespace meshka::mesh
