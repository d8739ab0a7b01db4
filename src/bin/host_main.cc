#include "bin/host_main.h"

#include "base/strings.h"
#include "bin/host_cluster.h"
#include "cli/flags.h"
#include "cli/host/commands.h"
#include "cli/host/ground.h"
#include "cli/host/system.h"
#include "io/async.h"

namespace meshka::bin {
namespace {

const cli::Command kHost = {
    .name = "meshka host",
    .summary = "the host cluster's process; meshka up starts it in namespaces of its own",
    .flags = {{.name = "name"}, {.name = "api-port"}, {.name = "overcommit"}},
};

io::Task<Result<void>> bringUp(cli::host::Ground& ground, HostCluster& cluster) {
  MESHKA_CO_CHECK(co_await ground.makeLinks());
  MESHKA_CO_CHECK(co_await ground.startContainerd());
  MESHKA_CO_CHECK(co_await cluster.startApi());
  MESHKA_CO_CHECK(co_await ground.loadImages());
  MESHKA_CO_CHECK(co_await cluster.startNode());
  co_return co_await ground.phase("ready");
}

}  // namespace

io::Task<int> hostMain(cli::CommandContext& context, Words words) {
  const auto parsed = cli::parse(kHost, words);
  if (!parsed) co_return cli::complain(context.console, "meshka", parsed.error());
  const auto instance = Instance::named(parsed->get("name"));
  if (!instance) co_return cli::complain(context.console, "meshka", instance.error());
  if (cli::host::ownPid() != 1)
    co_return cli::complain(
        context.console, "meshka",
        Error(Code::kInvalid, "meshka host is started by meshka up, in namespaces of its own"));
  cli::host::Ground ground(context, *instance,
                           static_cast<uint16_t>(parseInt(parsed->get("api-port")).value_or(0)));
  HostOptions options{.instance = *instance};
  const auto overcommit = cli::host::parseOvercommit(parsed->get("overcommit"));
  if (!overcommit) co_return cli::complain(context.console, "meshka", overcommit.error());
  options.cpu_overcommit = overcommit->cpu;
  options.memory_overcommit = overcommit->memory;
  const std::unique_ptr<HostCluster> cluster = makeHostCluster(context, ground, std::move(options));
  const auto up = co_await bringUp(ground, *cluster);
  if (!up) co_await ground.failed(up.error());
  // The node lives until somebody kills this process. A failed one stays for `up` to read why.
  for (;;) co_await io::sleepFor(context.world.loop, hours(1));
}

}  // namespace meshka::bin
