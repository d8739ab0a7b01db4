// istiod's metrics in Prometheus' text form: only numbers that are counted.
#pragma once

#include <string>
#include <string_view>

#include "mesh/ca/csr_service.h"
#include "xds/server.h"

namespace meshka::mesh {

struct WebhookCounters {
  uint64_t injected = 0;
  uint64_t injection_skipped = 0;
  uint64_t injection_failed = 0;
  uint64_t validation_passed = 0;
  uint64_t validation_failed = 0;
};

struct MetricsInput {
  const xds::AdsServer& server;
  const CsrService& csr;
  const WebhookCounters& webhooks;
  uint64_t rounds = 0;
  std::string_view version;
};
std::string metricsText(const MetricsInput& input);

}  // namespace meshka::mesh
