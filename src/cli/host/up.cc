#include <algorithm>

#include "base/strings.h"
#include "cli/host/commands.h"
#include "cli/host/limits.h"
#include "cli/host/preflight.h"
#include "cli/host/system.h"
#include "io/async.h"
#include "io/disk.h"

namespace meshka::cli::host {
namespace {

const Command kUp = {
    .name = "meshka up",
    .summary = "starts the host cluster and waits until its node is ready",
    .flags = {{.name = "name",
               .value_name = "INSTANCE",
               .help = "several nodes may live side by side",
               .default_value = std::string(kDefaultInstance)},
              {.name = "api-port",
               .value_name = "PORT",
               .help = "of the API server on 127.0.0.1; 6443, or the next free one"},
              {.name = "overcommit",
               .value_name = "CPU:MEMORY",
               .help = "how many times its cores and memory the node offers",
               .default_value = "10:4"}},
};

const Command kLaunch = {.name = "meshka launch", .flags = kUp.flags};

io::Task<uint16_t> freePort(CommandContext& context, Instance instance) {
  for (uint16_t port = kFirstApiPort; port < kFirstApiPort + kApiPorts; ++port) {
    const auto found = co_await preflight(context, instance, port);
    if (std::ranges::all_of(found, [](const Finding& f) { return f.check != "port" || f.good; }))
      co_return port;
  }
  co_return kFirstApiPort;
}

io::Task<std::string> lastLog(CommandContext& context, Instance instance) {
  const auto text = co_await context.world.disk.readFile(instance.logsDirectory() + "/host.log");
  if (!text) co_return std::string();
  co_return text->size() > kShownLogBytes ? text->substr(text->size() - kShownLogBytes) : *text;
}

// Ends when the node is ready; errors tell why it is not.
io::Task<Result<void>> waitUntilReady(CommandContext& context, Instance instance,
                                      Instant deadline) {
  const io::Clock& clock = context.world.clock();
  const Instant start = clock.now();
  std::string phase;
  bool seen = false;
  for (;;) {
    if (interrupted()) co_return fail(Code::kCancelled, "interrupted");
    const auto record = co_await readRecord(context.world.disk, instance);
    if (record) {
      seen = true;
      if (!record->error.empty()) co_return fail(Code::kInternal, record->error);
      if (record->phase != phase) {
        phase = record->phase;
        if (phase == "ready") co_return Result<void>();
        context.console.err(
            cat("  ", toString(Duration{(clock.now() - start).ns / 1'000'000 * 1'000'000}), "  ",
                phase, "\n"));
      }
    }
    if (seen && co_await nodePid(context.world.disk, instance) == 0)
      co_return fail(Code::kInternal, cat("the node's process ended while it was ", phase));
    if (clock.now() >= deadline)
      co_return fail(Code::kTimeout, cat("the node is not ready: it is still ", phase));
    co_await io::sleepFor(context.world.loop, kLookAgain);
  }
}

}  // namespace

const Command& upCommand() {
  return kUp;
}

Result<Overcommit> parseOvercommit(std::string_view text) {
  const auto parts = split(text, ':');
  const auto cpu = parts.size() == 2 ? parseInt(parts[0]) : std::nullopt;
  const auto memory = parts.size() == 2 ? parseInt(parts[1]) : std::nullopt;
  if (!cpu || !memory || *cpu < 1 || *memory < 1 || *cpu > kMaxOvercommit ||
      *memory > kMaxOvercommit)
    return fail(Code::kInvalid,
                cat("flag --overcommit: \"", text, "\" is not CPU:MEMORY, two numbers from 1 to ",
                    kMaxOvercommit, ", for example 10:4"));
  return Overcommit{.cpu = *cpu, .memory = *memory};
}

std::string kubeConfigPath(const Instance& instance) {
  return instance.stateDirectory() + "/kubeconfig";
}

io::Task<int> up(CommandContext& context, std::vector<std::string> words) {
  const auto parsed = parse(kUp, words);
  if (!parsed) co_return complain(context.console, "meshka", parsed.error());
  if (parsed->help()) {
    context.console.out(helpText(kUp));
    co_return kOk;
  }
  const auto named = Instance::named(parsed->get("name"));
  if (!named) co_return complain(context.console, "meshka", named.error());
  const Instance instance = *named;
  if (const auto overcommit = parseOvercommit(parsed->get("overcommit")); !overcommit)
    co_return complain(context.console, "meshka", overcommit.error());
  uint16_t api_port = 0;
  if (parsed->given("api-port")) {
    const auto port = parseInt(parsed->get("api-port"));
    if (!port || *port < 1 || *port > 65535)
      co_return complain(context.console, "meshka",
                         Error(Code::kInvalid, cat("flag --api-port: \"", parsed->get("api-port"),
                                                   "\" is not a port")));
    api_port = static_cast<uint16_t>(*port);
  }
  io::Disk& disk = context.world.disk;
  if (co_await nodePid(disk, instance) != 0) {
    const auto record = co_await readRecord(disk, instance);
    if (record && record->phase == "ready") {
      context.console.out(
          cat("instance ", instance.name(), " is up already; meshka down ends it\n"));
      co_return kOk;
    }
    context.console.err(
        cat("meshka: instance ", instance.name(), " is being started by another meshka up\n"));
    co_return kFailed;
  }
  if (api_port == 0) api_port = co_await freePort(context, instance);
  bool good = true;
  for (const Finding& finding : co_await preflight(context, instance, api_port)) {
    if (finding.good || !finding.fatal) continue;
    context.console.err(cat("meshka: ", finding.check, ": ", finding.text, " (docs/doctor.md#",
                            finding.check, ")\n"));
    good = false;
  }
  if (!good) co_return kNotReady;

  catchInterrupts();
  const io::Clock& clock = context.world.clock();
  const Instant start = clock.now();
  // What a killed node left behind.
  auto outcome = co_await removeInstance(context, instance, false);
  if (outcome) outcome = co_await disk.makeDirectories(instance.runDirectory(), 0700);
  if (outcome) outcome = co_await disk.makeDirectories(instance.logsDirectory(), 0700);
  if (outcome) {
    io::ProcessSpec spec{.program = context.home.program, .args = launchWords(instance)};
    spec.args.insert(spec.args.end(),
                     {"--api-port", cat(api_port), "--overcommit", parsed->get("overcommit")});
    auto launched = co_await context.world.runtime.run(std::move(spec), clock.now() + kToolTimeout);
    if (!launched)
      outcome = fail(launched.error());
    else if (launched->exit_code != 0)
      outcome = fail(Code::kInternal, std::string(trim(launched->err)));
  }
  if (outcome) outcome = co_await waitUntilReady(context, instance, start + kUpTimeout);
  if (!outcome) {
    const std::string log =
        outcome.error().code() == Code::kCancelled ? "" : co_await lastLog(context, instance);
    if (!log.empty()) context.console.err(cat("last lines of the node's log:\n", log, "\n"));
    const auto removed = co_await removeInstance(context, instance, false);
    if (!removed) context.console.err(cat("meshka: ", removed.error().message(), "\n"));
    co_return complain(context.console, "meshka", outcome.error().with("up"));
  }
  context.console.out(cat("node ", instance.nodeName(), " is ready after ",
                          toString(Duration{(clock.now() - start).ms() * 1'000'000}),
                          "; eval \"$(meshka env)\" makes kubectl use it\n"));
  co_return kOk;
}

io::Task<int> launch(CommandContext& context, std::vector<std::string> words) {
  const auto parsed = parse(kLaunch, words);
  if (!parsed) co_return complain(context.console, "meshka", parsed.error());
  const auto instance = Instance::named(parsed->get("name"));
  if (!instance) co_return complain(context.console, "meshka", instance.error());
  std::vector<std::string> args = hostWords(*instance);
  args.insert(args.end(),
              {"--api-port", parsed->get("api-port"), "--overcommit", parsed->get("overcommit")});
  args.insert(args.begin(), "meshka");  // argv[0]
  const auto started =
      startInNamespaces(context.home.program, args, instance->logsDirectory() + "/host.log");
  if (!started) co_return complain(context.console, "meshka", started.error());
  co_return kOk;
}

}  // namespace meshka::cli::host
