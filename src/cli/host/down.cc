#include "base/strings.h"
#include "cli/host/commands.h"
#include "cli/host/limits.h"
#include "cli/host/network.h"
#include "cli/host/system.h"
#include "io/async.h"
#include "io/disk.h"

namespace meshka::cli::host {
namespace {

const Command kDown = {
    .name = "meshka down",
    .summary = "ends the host cluster and everything in it; the images stay in the store",
    .flags = {{.name = "name",
               .value_name = "INSTANCE",
               .help = "which node",
               .default_value = std::string(kDefaultInstance)},
              {.name = "purge",
               .kind = FlagKind::kSwitch,
               .help = "remove the images too: nothing stays"}},
};

io::Task<Result<void>> endProcesses(CommandContext& context, const Instance& instance,
                                    Instant deadline) {
  io::World& world = context.world;
  for (;;) {
    // An `up` that was killed may have left its helpers, which would start the node after this.
    const auto helpers = co_await processesWith(world.disk, launchWords(instance));
    for (const int64_t helper : helpers) killProcess(helper);
    const int64_t pid = co_await nodePid(world.disk, instance);
    killProcess(pid);
    // Everything in the node dies with its first process; this finds what a broken start left
    // outside.
    const auto rest = cgroupProcesses(instance.cgroup());
    if (helpers.empty() && pid == 0 && rest.empty()) co_return Result<void>();
    if (pid == 0)
      for (const int64_t other : rest) killProcess(other);
    if (world.clock().now() >= deadline)
      co_return fail(Code::kTimeout, "processes of the node do not end");
    co_await io::sleepFor(world.loop, kLookAgain);
  }
}

// Links and cgroups of dying processes are busy for some milliseconds.
template <class Attempt>
io::Task<Result<void>> again(CommandContext& context, Instant deadline, Attempt attempt) {
  for (;;) {
    auto done = co_await attempt();
    if (done || context.world.clock().now() >= deadline) co_return done;
    co_await io::sleepFor(context.world.loop, kLookAgain);
  }
}

struct LinksAttempt {
  CommandContext& context;
  Instance instance;
  Record record;
  io::Task<Result<void>> operator()() { return removeLinks(context, instance, record); }
};
struct CgroupAttempt {
  Instance instance;
  io::Task<Result<void>> operator()() { co_return removeCgroup(instance.cgroup()); }
};

io::Task<bool> otherNodesRun(io::Disk& disk, Instance instance) {
  const auto entries = co_await disk.listDirectory("/run");
  if (!entries) co_return true;
  for (const std::string& entry : *entries) {
    if (!entry.starts_with("meshka-") || cat("/run/", entry) == instance.runDirectory()) continue;
    const auto other = Instance::named(std::string_view(entry).substr(7));
    if (other && co_await nodePid(disk, *other) != 0) co_return true;
  }
  co_return false;
}

}  // namespace

const Command& downCommand() {
  return kDown;
}

io::Task<Result<void>> removeInstance(CommandContext& context, Instance instance, bool purge) {
  io::Disk& disk = context.world.disk;
  const Instant deadline = context.world.clock().now() + kDownTimeout;
  const auto known = co_await readRecord(disk, instance);
  const Record record = known ? *known : Record{};
  MESHKA_CO_CHECK(co_await endProcesses(context, instance, deadline));
  MESHKA_CO_CHECK(co_await again(context, deadline, LinksAttempt{context, instance, record}));
  MESHKA_CO_CHECK(co_await again(context, deadline, CgroupAttempt{instance}));
  MESHKA_CO_CHECK(co_await disk.remove(instance.runDirectory(), true));
  for (const std::string& path : {instance.dataDirectory(), instance.podsDirectory(),
                                  instance.logsDirectory(), kubeConfigPath(instance)})
    MESHKA_CO_CHECK(co_await disk.remove(path, true));
  if (purge) MESHKA_CO_CHECK(co_await disk.remove(instance.stateDirectory(), true));
  const bool others = co_await otherNodesRun(disk, instance);
  if (!others) removeMountPoints();
  co_return Result<void>();
}

io::Task<int> down(CommandContext& context, std::vector<std::string> words) {
  const auto parsed = parse(kDown, words);
  if (!parsed) co_return complain(context.console, "meshka", parsed.error());
  if (parsed->help()) {
    context.console.out(helpText(kDown));
    co_return kOk;
  }
  const auto instance = Instance::named(parsed->get("name"));
  if (!instance) co_return complain(context.console, "meshka", instance.error());
  if (!isRoot())
    co_return complain(context.console, "meshka",
                       Error(Code::kForbidden, "down needs root; run it with sudo"));
  const auto known = co_await readRecord(context.world.disk, *instance);
  const auto removed = co_await removeInstance(context, *instance, parsed->on("purge"));
  if (!removed) co_return complain(context.console, "meshka", removed.error().with("down"));
  context.console.out(known ? cat("instance ", instance->name(), " is down\n")
                            : cat("instance ", instance->name(), " was not up\n"));
  co_return kOk;
}

}  // namespace meshka::cli::host
