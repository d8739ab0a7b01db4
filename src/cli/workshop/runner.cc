#include "cli/workshop/runner.h"

#include <algorithm>

#include "base/strings.h"
#include "cli/workshop/measure.h"
#include "io/async.h"
#include "io/disk.h"

namespace meshka::cli::workshop {
namespace {

constexpr Duration kCheckAgain =
    millis(300);  // a check is a shell condition: nothing announces its change
constexpr Duration kRedWithin = seconds(10);  // the self-test's broken check
constexpr Duration kSettle = seconds(20);
constexpr Duration kIdleWindow = seconds(30);
constexpr size_t kShownOutput = 8'000;

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string_view lastPart(std::string_view text) {
  return text.size() > kShownOutput ? text.substr(text.size() - kShownOutput) : text;
}

std::string indented(std::string_view text) {
  std::string out;
  for (const std::string_view line : split(trim(text), '\n')) out += cat("    ", line, "\n");
  return out;
}

}  // namespace

std::string shellScript(std::string_view state_path, std::string_view command, bool forget) {
  const std::string state = quoted(state_path);
  std::string out = cat("if [ -e ", state, " ]; then . ", state, "; fi\n",
                        "meshka_failed=0\ntrap 'meshka_failed=$?' ERR\n", command);
  if (!out.ends_with('\n')) out += '\n';
  out += "trap - ERR\n";
  // What bash itself sets is not carried over.
  if (!forget)
    out +=
        cat("declare -p | grep -vE '^declare -[a-zA-Z-]*r[a-zA-Z]* |^declare -[a-zA-Z-]+ "
            "(BASH|COMP_|DIRSTACK|EPOCH|FUNCNAME|GROUPS|HISTCMD|LINENO|OPTIND|PIPESTATUS|RANDOM|"
            "SECONDS|SHLVL|"
            "SRANDOM|meshka_failed|_=)' >",
            state, "\n");
  return out + "exit $meshka_failed\n";
}

io::Task<Runner::Outcome> Runner::shell(std::string command, bool forget, Instant deadline) {
  // Into a file: what a command printed before it ran out of time is the best hint there is.
  const std::string output = options_.state_path + ".out";
  io::ProcessSpec spec;
  spec.program = "/bin/bash";
  spec.args = {"-c",
               cat("exec >", quoted(output), " 2>&1\nexport PATH=", quoted(context_.home.programs),
                   ":\"$PATH\"\n", shellScript(options_.state_path, command, forget))};
  Outcome outcome;
  auto result = co_await context_.world.runtime.run(std::move(spec), deadline);
  if (auto text = co_await context_.world.disk.readFile(output)) outcome.output = *std::move(text);
  if (!result) {
    outcome.exit_code = 1;
    outcome.timed_out = result.error().code() == Code::kTimeout;
    if (!outcome.timed_out) outcome.output += result.error().message();
    co_return outcome;
  }
  outcome.exit_code = result->exit_code;
  outcome.cpu = result->cpu;
  co_return outcome;
}

io::Task<Runner::Outcome> Runner::waitForCheck(const Step& step, Instant deadline) {
  const io::Clock& clock = context_.world.clock();
  for (;;) {
    Outcome outcome = co_await shell(step.check, true, deadline);
    if (outcome.exit_code == 0 || clock.now() + kCheckAgain >= deadline) co_return outcome;
    co_await io::sleepFor(context_.world.loop, kCheckAgain);
  }
}

io::Task<StepResult> Runner::runStep(const Step& step) {
  const io::Clock& clock = context_.world.clock();
  const Instant start = clock.now();
  const Instant deadline = start + step.limit;
  const auto cpu_before = co_await nodeCpu(context_.world.disk, options_.instance);
  StepResult result{.name = step.name};
  Outcome outcome = co_await shell(step.command, false, deadline);
  result.cpu = outcome.cpu;
  if (outcome.exit_code != 0) {
    result.detail =
        cat("the command ended with exit code ", outcome.exit_code, "\n", lastPart(outcome.output));
    if (outcome.timed_out)
      result.detail = cat("the command was not done within ", toString(step.limit));
  } else {
    const Outcome check = co_await waitForCheck(step, deadline);
    result.cpu = result.cpu + check.cpu;
    if (check.exit_code != 0)
      result.detail =
          cat("the check did not hold within ", toString(step.limit), "\n", lastPart(check.output),
              outcome.output.empty() ? "" : "\noutput of the command:\n", lastPart(outcome.output));
  }
  const auto cpu_after = co_await nodeCpu(context_.world.disk, options_.instance);
  if (cpu_after) result.cpu = result.cpu + (*cpu_after - cpu_before.value_or(Duration{}));
  result.time = clock.now() - start;
  result.status = result.detail.empty() ? Status::kPassed : Status::kFailed;
  co_return result;
}

io::Task<std::string> Runner::selfTest(const Step& step) {
  const io::Clock& clock = context_.world.clock();
  // Asked in the shell of the break, whose variables count. What was broken in the cluster may take
  // a moment to reach where the check looks.
  const int64_t seconds_to_red = std::min(step.limit, kRedWithin).ms() / 1000;
  const std::string broken =
      cat("if ! { ", trim(step.breaking), "\n}; then echo 'the break itself failed'; exit 99; fi\n",
          "meshka_end=$((SECONDS + ", seconds_to_red, "))\nwhile ( ", trim(step.check),
          "\n) >/dev/null 2>&1; do [ $SECONDS -lt $meshka_end ] || exit 98; sleep 0.3; done\n",
          "exit 0\n");
  Outcome outcome = co_await shell(broken, true, clock.now() + step.limit + kRedWithin);
  std::string wrong;
  if (outcome.exit_code == 98)
    wrong = "the check stays green although its object is broken";
  else if (outcome.exit_code != 0)
    wrong = cat("the break could not be made: ", lastPart(outcome.output));
  if (!step.repair.empty()) {
    const std::string repair = step.repair == "@command" ? step.command : step.repair;
    outcome = co_await shell(repair, true, clock.now() + step.limit);
    if (outcome.exit_code != 0 && wrong.empty())
      wrong = cat("the repair failed: ", lastPart(outcome.output));
  }
  if (!wrong.empty()) co_return wrong;
  outcome = co_await waitForCheck(step, clock.now() + step.limit);
  if (outcome.exit_code != 0)
    co_return cat("the check stays red after the repair: ", lastPart(outcome.output));
  co_return std::string();
}

std::string Runner::story(const Step& step, const StepResult& result) {
  const std::string cause = likelyCause(result.detail);
  return cat("step ", step.name, " failed\n  command:\n", indented(step.command),
             "  what happened:\n", indented(result.detail), "  likely cause: ",
             cause.empty() ? "not known; meshka doctor looks at every part" : cause, "\n");
}

io::Task<void> Runner::measureIdle(Report& report) {
  io::Loop& loop = context_.world.loop;
  progress_.out("measuring the idle node for 50 s\n");
  co_await io::sleepFor(loop, kSettle);
  const auto before = co_await nodeCpu(context_.world.disk, options_.instance);
  co_await io::sleepFor(loop, kIdleWindow);
  const auto after = co_await nodeCpu(context_.world.disk, options_.instance);
  if (before && after)
    report.summary.idle_cpu_percent = (*after - *before).seconds() / kIdleWindow.seconds() * 100;
  report.summary.memory_mb = co_await nodeMemory(context_.world.disk, options_.instance);
}

io::Task<Report> Runner::run(std::vector<Step> steps) {
  const io::Clock& clock = context_.world.clock();
  const Instant start = clock.now();
  Instant clusters_start = kNever;
  Report report{.variant = options_.variant};
  (void)co_await context_.world.disk.remove(options_.state_path);
  bool going = true;
  for (const Step& step : steps) {
    if (!going) {
      report.steps.push_back({.name = step.name});
      continue;
    }
    if (step.name == "create-mgmt") clusters_start = clock.now();
    StepResult result = co_await runStep(step);
    if (result.status == Status::kPassed && options_.self_test) {
      const std::string wrong = co_await selfTest(step);
      if (!wrong.empty()) {
        result.status = Status::kFailed;
        result.detail = "self-test: " + wrong;
      }
    }
    if (step.name == "cross-cluster" && result.status == Status::kPassed)
      report.summary.first_cross_cluster_200 = clock.now() - start;
    if (step.name == "create-cluster2" && result.status == Status::kPassed &&
        clusters_start != kNever)
      report.summary.three_virtual_clusters = clock.now() - clusters_start;
    report.steps.push_back(result);
    progress_.out(progressLine(report.steps.size(), steps.size(), result));
    if (result.status != Status::kPassed) {
      progress_.out(story(step, result));
      going = false;
    }
  }
  report.summary.total = clock.now() - start;
  if (options_.measure_idle && report.allPassed()) co_await measureIdle(report);
  co_return report;
}

}  // namespace meshka::cli::workshop
