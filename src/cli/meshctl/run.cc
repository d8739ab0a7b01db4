#include "cli/meshctl/run.h"

#include "base/strings.h"

namespace meshka::cli::meshctl {

namespace {

constexpr Duration kProbeTimeout = seconds(5);

std::string shown(Duration took) {
  if (took < seconds(1)) return cat(took.ms(), " ms");
  const int64_t tenths = took.ms() / 100;
  return cat(tenths / 10, ".", tenths % 10, " s");
}

}  // namespace

void ConsoleProgress::step(const std::string& line) {
  console_.out(cat("  ", line, "\n"));
}

void ConsoleProgress::done(const std::string& line, Duration took) {
  console_.out(cat("\xe2\x9c\x94 ", line, " (", shown(took), ")\n"));
}

void ConsoleProgress::warn(const std::string& line) {
  console_.err(cat("meshctl: warning: ", line, "\n"));
}

io::Task<Result<ClusterAccess>> accessManagement(io::World& world, Parsed flags) {
  const char* flag = flags.given("kubecontext") ? "kubecontext" : "mgmt-context";
  co_return co_await accessCluster(world, flags.get(flag), flags.get("kubeconfig"));
}

io::Task<Error> explain(io::World& world, std::vector<const ClusterAccess*> clusters, Error error) {
  const bool maybe = error.code() == Code::kUnavailable || error.code() == Code::kTimeout ||
                     error.code() == Code::kUnauthenticated;
  if (!maybe) co_return error;
  for (const ClusterAccess* cluster : clusters) {
    const auto answered = co_await cluster->api->raw("GET", "/version", doc::Doc(),
                                                     world.clock().now() + kProbeTimeout);
    if (!answered) co_return explainUnreachable(*cluster, answered.error());
  }
  co_return error;
}

}  // namespace meshka::cli::meshctl
