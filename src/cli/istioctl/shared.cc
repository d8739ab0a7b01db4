// What istioctl's commands share: reading the input, reaching the cluster, asking.
#include <unistd.h>

#include "base/strings.h"
#include "cli/istioctl/run.h"
#include "io/disk.h"

namespace meshka::cli::istioctl {

using io::Task;

namespace {
constexpr uint64_t kMaxOperatorBytes = 4u << 20;
constexpr size_t kMaxAnswerBytes = 64;
}  // namespace

Task<Result<mesh::OperatorInput>> operatorInput(CommandContext context, Parsed flags) {
  mesh::OperatorInput out;
  for (const char* flag : {"manifests", "charts"}) {
    if (flags.given(flag))
      co_return fail(Code::kUnsupported,
                     cat("--", flag, " is not supported: the manifests of Istio ",
                         mesh::kIstioVersion, " are built in"));
  }
  bool stdin_read = false;
  for (const std::string& file : flags.all("filename")) {
    if (file == "-" && stdin_read) continue;
    stdin_read |= file == "-";
    auto text =
        co_await context.world.disk.readFile(file == "-" ? "/dev/stdin" : file, kMaxOperatorBytes);
    if (!text) co_return fail(text.error().with("--filename"));
    out.files.push_back({file, std::move(*text)});
  }
  out.sets = flags.all("set");
  out.revision = flags.get("revision");
  out.force = flags.on("force");
  out.strict_upstream = flags.on("strict-upstream");
  co_return out;
}

Task<Result<ClusterAccess>> clusterOf(CommandContext context, Parsed flags) {
  auto access =
      co_await accessCluster(context.world, flags.get("context"), flags.get("kubeconfig"));
  if (!access) co_return fail(access.error().with("create Kubernetes client"));
  co_return std::move(*access);
}

// The program does nothing else meanwhile, so the read may block; the person ends it.
bool confirmed(Console& console, const std::string& question) {
  console.err(question);
  std::string answer;
  char c = 0;
  while (answer.size() < kMaxAnswerBytes && ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
    answer += c;
  const std::string plain = toLower(trim(answer));
  return plain == "y" || plain == "yes";
}

void printWarnings(Console& console, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) console.err(cat("! ", warning, "\n"));
}

}  // namespace meshka::cli::istioctl
