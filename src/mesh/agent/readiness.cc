#include "mesh/agent/readiness.h"

#include "base/strings.h"

namespace meshka::mesh::agent {
namespace {

constexpr std::string_view kClusters = "cluster_manager.cds.update_success";
constexpr std::string_view kListeners = "listener_manager.lds.update_success";
constexpr std::string_view kWorkers = "listener_manager.workers_started";
constexpr std::string_view kState = "server.state";
constexpr int64_t kLive = 0;

}  // namespace

Result<void> readyByStats(std::string_view stats) {
  int64_t clusters = 0, listeners = 0, workers = 0, state = -1;
  for (const std::string_view line : split(stats, '\n')) {
    const size_t colon = line.rfind(": ");
    if (colon == line.npos) continue;
    const std::string_view name = line.substr(0, colon);
    const int64_t value = parseInt(trim(line.substr(colon + 2))).value_or(-1);
    if (name == kClusters) clusters = value;
    if (name == kListeners) listeners = value;
    if (name == kWorkers) workers = value;
    if (name == kState) state = value;
  }
  const auto missing = [](std::string_view what) {
    return fail(Code::kUnavailable, std::string(what));
  };
  if (clusters <= 0) return missing("no clusters received from the control plane");
  if (listeners <= 0) return missing("no listeners received from the control plane");
  if (state != kLive) return missing(cat("Envoy is not live (state ", state, ")"));
  if (workers != 1) return missing("Envoy's workers have not started");
  return {};
}

io::Task<Result<void>> Readiness::check() {
  if (was_ready_) co_return Result<void>();
  if (names_ != nullptr && !names_->received())
    co_return fail(Code::kUnavailable, "no table of names received from the control plane");
  const std::string filter =
      urlEncode(cat("^(", kClusters, "|", kListeners, "|", kWorkers, "|", kState, ")$"));
  MESHKA_CO_TRY(const AdminAnswer answer,
                co_await admin_.request("GET", cat("/stats?filter=", filter)));
  if (answer.status != 200)
    co_return fail(Code::kUnavailable, cat("Envoy's admin interface answers ", answer.status));
  MESHKA_CO_CHECK(readyByStats(answer.body));
  was_ready_ = true;
  co_return Result<void>();
}

}  // namespace meshka::mesh::agent
