// Nothing is painted on: every container that an API calls Running is a task of containerd, and a
// process that dies is counted.
#include <sys/types.h>

#include <csignal>
#include <map>
#include <set>

#include "base/strings.h"
#include "cli/host/tools.h"
#include "cli/workshop/proofs/limits.h"
#include "cli/workshop/proofs/measures.h"
#include "io/disk.h"

namespace meshka::cli::workshop {
namespace {

constexpr std::string_view kIdPrefix = "containerd://";

// Id of each container that the API of `context` calls running -> pod/container.
io::Task<Result<std::map<std::string, std::string>>> running(Bench& bench, std::string context) {
  MESHKA_CO_TRY(const doc::Doc pods, co_await bench.get(context, {"pods", "-A"}));
  std::map<std::string, std::string> out;
  for (const doc::Value pod : pods["items"].elements()) {
    for (const doc::Value status : pod["status"]["containerStatuses"].elements()) {
      if (!status["state"]["running"].exists()) continue;
      std::string_view id = status["containerID"].text();
      if (id.starts_with(kIdPrefix)) id.remove_prefix(kIdPrefix.size());
      out[std::string(id)] = cat(pod["metadata"]["namespace"].text(), "/",
                                 pod["metadata"]["name"].text(), "/", status["name"].text());
    }
  }
  if (out.empty()) co_return fail(Code::kNotFound, cat("nothing runs in ", context));
  co_return out;
}

// Ids of containerd's running tasks.
io::Task<Result<std::set<std::string>>> tasks(Bench& bench) {
  const Words words = {"-a", bench.instance().containerdSocket(), "-n", "k8s.io", "tasks", "ls"};
  MESHKA_CO_TRY(const std::string text,
                co_await host::runTool(bench.context(), "ctr", words, {}, kCallTimeout));
  std::set<std::string> out;
  for (const std::string_view line : split(text, '\n'))
    if (line.ends_with("RUNNING")) out.emplace(line.substr(0, line.find(' ')));
  co_return out;
}

// Kills what runs in the container's cgroup. Gives the number of processes.
io::Task<int> killProcesses(Bench& bench, std::string id) {
  io::Disk& disk = bench.context().world.disk;
  int killed = 0;
  const auto entries = co_await disk.listDirectory("/proc");
  if (!entries) co_return 0;
  for (const std::string& entry : *entries) {
    const auto pid = parseInt(entry);
    if (!pid) continue;
    const auto groups = co_await disk.readFile(cat("/proc/", entry, "/cgroup"));
    if (!groups || groups->find(id) == std::string::npos) continue;
    killed += kill(static_cast<pid_t>(*pid), SIGKILL) == 0 ? 1 : 0;
  }
  co_return killed;
}

}  // namespace

Measured sameContainers(Bench& bench, const Subject&, bool broken) {
  const Plan& plan = bench.plan();
  size_t count = 0;
  for (const std::string& context :
       {bench.instance().contextName(), plan.management, plan.near.context, plan.far.context}) {
    MESHKA_CO_TRY(const auto wanted, co_await running(bench, context));
    MESHKA_CO_TRY(auto there, co_await tasks(bench));
    if (broken) there.erase(wanted.begin()->first);
    for (const auto& [id, what] : wanted) {
      if (there.contains(id)) continue;
      co_return disproved(
          cat(what, " of ", context, " is called running, but containerd has no ", "task ", id));
    }
    count += wanted.size();
  }
  co_return cat(count, " running containers in four APIs, each a task of containerd");
}

Measured restartCounted(Bench& bench, const Subject& subject, bool broken) {
  const std::string context = bench.plan().near.context;
  const std::string name = "prober-" + randomSuffix(bench.context().world.rng);
  MESHKA_CO_TRY(const Pod pod,
                co_await bench.makePod(context, "client", subject.with({{"POD", name}})));
  MESHKA_CO_TRY(auto containers, co_await running(bench, context));
  int killed = 0;
  for (const auto& [id, what] : containers)
    if (what == cat(pod.ns, "/", pod.name, "/client") && !broken)
      killed += co_await killProcesses(bench, id);
  const auto seen = co_await bench.kubectl(
      context,
      {"wait", "pod", pod.name, "-n", pod.ns,
       "--for=jsonpath={.status.containerStatuses[?(@.name==\"client\")].restartCount}=1",
       broken ? "--timeout=3s" : "--timeout=30s"},
      {}, kPodTimeout);
  const auto row =
      co_await bench.kubectl(context, {"get", "pod", pod.name, "-n", pod.ns, "--no-headers"});
  MESHKA_CO_CHECK(co_await bench.removePod(pod));
  if (!row) co_return fail(row.error());
  std::vector<std::string_view> columns;
  for (const std::string_view word : split(*row, ' '))
    if (!word.empty()) columns.push_back(word);
  const std::string restarts(columns.size() > 3 ? columns[3] : "?");
  const std::string numbers =
      cat(killed, " process", killed == 1 ? "" : "es", " killed, RESTARTS ", restarts);
  if (!seen || restarts != "1") co_return disproved(numbers);
  co_return numbers;
}

}  // namespace meshka::cli::workshop
