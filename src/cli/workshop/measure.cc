#include "cli/workshop/measure.h"

#include <algorithm>

#include "base/instance.h"
#include "base/strings.h"

namespace meshka::cli::workshop {
namespace {

constexpr uint64_t kMaxCgroupFile = 1 << 20;
constexpr size_t kMaxCgroupDepth = 8;

std::string cgroupOf(std::string_view instance) {
  const auto named = Instance::named(instance);
  return named ? named->cgroup() : std::string();
}

std::string_view lineAfter(std::string_view text, std::string_view key) {
  const size_t at = text.find(key);
  if (at == text.npos) return {};
  text.remove_prefix(at + key.size());
  return trim(text.substr(0, text.find('\n')));
}

io::Task<void> collectProcesses(io::Disk& disk, std::string folder, size_t depth,
                                std::vector<std::string>& out) {
  if (depth > kMaxCgroupDepth) co_return;
  const auto procs = co_await disk.readFile(folder + "/cgroup.procs", kMaxCgroupFile);
  if (!procs) co_return;
  for (const std::string_view pid : split(*procs, '\n'))
    if (!pid.empty()) out.emplace_back(pid);
  const auto entries = co_await disk.listDirectory(folder);
  if (!entries) co_return;
  // Files of a cgroup have a dot in their names or are these two; what is left are folders.
  for (const std::string& entry : *entries)
    if (entry.find('.') == entry.npos && entry != "tasks" && entry != "notify_on_release")
      co_await collectProcesses(disk, cat(folder, "/", entry), depth + 1, out);
}

}  // namespace

io::Task<std::optional<Duration>> nodeCpu(io::Disk& disk, std::string instance) {
  const std::string group = cgroupOf(instance);
  const auto v1 = co_await disk.readFile(cat("/sys/fs/cgroup/cpuacct", group, "/cpuacct.usage"),
                                         kMaxCgroupFile);
  if (v1) {
    if (const auto ns = parseInt(trim(*v1))) co_return Duration{*ns};
  }
  const auto v2 = co_await disk.readFile(cat("/sys/fs/cgroup", group, "/cpu.stat"), kMaxCgroupFile);
  if (v2) {
    if (const auto us = parseInt(lineAfter(*v2, "usage_usec "))) co_return micros(*us);
  }
  co_return std::nullopt;
}

io::Task<std::optional<double>> nodeMemory(io::Disk& disk, std::string instance) {
  const std::string group = cgroupOf(instance);
  std::vector<std::string> pids;
  co_await collectProcesses(disk, cat("/sys/fs/cgroup/cpuacct", group), 0, pids);
  if (pids.empty()) co_await collectProcesses(disk, cat("/sys/fs/cgroup", group), 0, pids);
  if (pids.empty()) co_return std::nullopt;
  double kilobytes = 0;
  for (const std::string& pid : pids) {
    const auto rollup = co_await disk.readFile(cat("/proc/", pid, "/smaps_rollup"), kMaxCgroupFile);
    if (!rollup) continue;  // it ended meanwhile
    const std::string_view line = lineAfter(*rollup, "Pss:");
    kilobytes += static_cast<double>(parseInt(line.substr(0, line.find(' '))).value_or(0));
  }
  co_return kilobytes / 1024;
}

}  // namespace meshka::cli::workshop
