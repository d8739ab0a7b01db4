#include "node/spec/resources.h"

#include <algorithm>

#include "base/strings.h"
#include "node/spec/quantity.h"

namespace meshka::node {
namespace {

constexpr int64_t kCpuPeriodUs = 100'000;
constexpr int64_t kMinCpuShares = 2, kMaxCpuShares = 262'144, kMinQuotaUs = 1000;
constexpr int64_t kGuaranteedOom = -997, kBestEffortOom = 1000, kCriticalOom = -997;
constexpr int64_t kCriticalPriority = 2'000'000'000;

// A quantity may be written as a number in JSON.
std::string quantityText(doc::Value v) {
  if (v.isString()) return std::string(v.text());
  if (v.kind() == doc::Kind::kInt) return cat(v.integer());
  return v.kind() == doc::Kind::kDouble ? std::to_string(v.number()) : std::string();
}

int64_t milli(doc::Value v) {
  return v.exists() ? parseMilli(quantityText(v)).value_or(0) : 0;
}
int64_t whole(doc::Value v) {
  return v.exists() ? parseWhole(quantityText(v)).value_or(0) : 0;
}

}  // namespace

Amounts amountsOf(doc::Value container) {
  const doc::Value requests = container["resources"]["requests"],
                   limits = container["resources"]["limits"];
  Amounts a;
  a.cpu_limit_m = milli(limits["cpu"]);
  a.memory_limit = whole(limits["memory"]);
  a.cpu_request_m = requests["cpu"].exists() ? milli(requests["cpu"]) : a.cpu_limit_m;
  a.memory_request = requests["memory"].exists() ? whole(requests["memory"]) : a.memory_limit;
  return a;
}

std::string_view qosClass(doc::Value pod) {
  bool any = false, guaranteed = true;
  for (const std::string_view list : {"containers", "initContainers"}) {
    for (const doc::Value c : pod["spec"][list].elements()) {
      const Amounts a = amountsOf(c);
      any = any || a.cpu_request_m > 0 || a.memory_request > 0;
      guaranteed = guaranteed && a.cpu_limit_m > 0 && a.memory_limit > 0 &&
                   a.cpu_request_m == a.cpu_limit_m && a.memory_request == a.memory_limit;
    }
  }
  return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

cri::Resources containerResources(const NodeConfig& config, doc::Value pod, doc::Value container) {
  const Amounts a = amountsOf(container);
  cri::Resources r;
  r.cpu_shares = std::clamp(a.cpu_request_m * 1024 / 1000, kMinCpuShares, kMaxCpuShares);
  if (a.cpu_limit_m > 0) {
    r.cpu_period_us = kCpuPeriodUs;
    r.cpu_quota_us = std::max(a.cpu_limit_m * kCpuPeriodUs / 1000, kMinQuotaUs);
  }
  r.memory_limit_bytes = a.memory_limit;
  const std::string_view qos = qosClass(pod);
  if (pod["spec"]["priority"].integer() >= kCriticalPriority) {
    r.oom_score_adj = kCriticalOom;
  } else if (qos == "Guaranteed") {
    r.oom_score_adj = kGuaranteedOom;
  } else if (qos == "BestEffort" || config.memory_bytes <= 0) {
    r.oom_score_adj = kBestEffortOom;
  } else {
    // Who asked for more memory dies later; never before the guaranteed, never after the
    // best-effort ones.
    const int64_t share = 1000 * a.memory_request / config.memory_bytes;
    r.oom_score_adj = std::clamp<int64_t>(1000 - share, 1000 + kGuaranteedOom, kBestEffortOom - 1);
  }
  r.oom_score_adj = std::max(r.oom_score_adj, config.min_oom_score_adj);
  return r;
}

}  // namespace meshka::node
