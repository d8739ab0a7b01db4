#include "mesh/inject/workload.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::mesh {
namespace {

doc::Value controllerOf(doc::Value pod) {
  for (const doc::Value owner : pod["metadata"]["ownerReferences"].elements()) {
    if (owner["controller"].boolean()) return owner;
  }
  return {};
}

// A CronJob's Jobs are called NAME-MINUTES.
bool isCronJobName(std::string_view name, std::string& cron_job) {
  const size_t dash = name.rfind('-');
  if (dash == name.npos || dash == 0) return false;
  const std::string_view minutes = name.substr(dash + 1);
  constexpr size_t kDigits = 8;
  if (minutes.size() < kDigits ||
      !std::ranges::all_of(minutes, [](char c) { return c >= '0' && c <= '9'; })) {
    return false;
  }
  cron_job = name.substr(0, dash);
  return true;
}

}  // namespace

WorkloadRef workloadOf(doc::Value pod) {
  const doc::Value owner = controllerOf(pod);
  if (!owner.exists()) {
    std::string name(pod["metadata"]["name"].text());
    if (name.empty()) {
      name = pod["metadata"]["generateName"].text();
      while (name.ends_with('-')) name.pop_back();
    }
    return {"v1", "Pod", std::move(name)};
  }
  WorkloadRef out{std::string(owner["apiVersion"].text()), std::string(owner["kind"].text()),
                  std::string(owner["name"].text())};
  const std::string hash = cat("-", pod["metadata"]["labels"]["pod-template-hash"].text());
  if (out.kind == "ReplicaSet" && hash.size() > 1 && out.name.ends_with(hash)) {
    out.kind = "Deployment";
    out.name.resize(out.name.size() - hash.size());
  } else if (out.kind == "Job" && isCronJobName(out.name, out.name)) {
    out.kind = "CronJob";
  }
  return out;
}

std::string ownerUri(const WorkloadRef& workload, std::string_view ns) {
  return cat("kubernetes://apis/", workload.api_version, "/namespaces/", ns, "/",
             toLower(workload.kind), "s/", workload.name);
}

}  // namespace meshka::mesh
