#include "cli/workshop/command.h"

#include "base/instance.h"
#include "base/strings.h"
#include "cli/host/record.h"
#include "cli/workshop/proofs/proofs.h"
#include "cli/workshop/runner.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "io/disk.h"
#include "io/runtime.h"

namespace meshka::cli::workshop {
namespace {

// With -o json standard output holds the object alone; progress goes to standard error.
class ToErr final : public Console {
 public:
  explicit ToErr(Console& console) : console_(console) {}
  void out(std::string_view text) override { console_.err(text); }
  void err(std::string_view text) override { console_.err(text); }

 private:
  Console& console_;
};

std::string lastLines(const Report& report) {
  size_t proved = 0;
  for (const ProofResult& proof : report.proofs) proved += proof.status == Status::kPassed ? 1 : 0;
  std::string out = summaryText(report);
  if (!report.steps.empty())
    out += cat(report.passed(), " of ", report.steps.size(), " steps passed (variant ",
               report.variant, ")\n");
  if (!report.proofs.empty())
    out += cat(proved, " of ", report.proofs.size(), " proofs passed (variant ", report.variant,
               ")\n");
  return out;
}

// A run begins without a node. Errors: kForbidden when one is up and is not to be ended.
io::Task<Result<void>> beginWithoutNode(CommandContext& context, bool may_end) {
  MESHKA_CO_TRY(const Instance instance, Instance::named(kDefaultInstance));
  if (!may_end && co_await host::nodePid(context.world.disk, instance) != 0)
    co_return fail(Code::kForbidden,
                   cat("workshop: instance ", kDefaultInstance, " is up; --fresh ends it and ",
                       "begins anew, --keep goes on with it, meshka down ends it"));
  io::ProcessSpec down{.program = context.home.program, .args = {"down"}};
  const auto ended =
      co_await context.world.runtime.run(std::move(down), context.world.clock().now() + minutes(1));
  if (!ended) co_return fail(ended.error().with("meshka down"));
  co_return Result<void>();
}

// The steps, and after the last of them the proofs.
io::Task<Result<Report>> runVariant(CommandContext& context, const Parsed& parsed,
                                    std::string variant, std::vector<Step> steps,
                                    Console& progress) {
  MESHKA_CO_TRY(const Instance instance, Instance::named(kDefaultInstance));
  const std::string folder = context.home.root + "/build/workshop";
  MESHKA_CO_CHECK(co_await context.world.disk.makeDirectories(folder));
  const bool whole = !parsed.given("through");
  Report report{.variant = variant};
  if (!parsed.on("proofs-only")) {
    Options options{.variant = variant,
                    .instance = std::string(kDefaultInstance),
                    .state_path = cat(folder, "/", variant, ".sh"),
                    .self_test = parsed.on("self-test"),
                    .measure_idle = whole && !parsed.on("self-test")};
    Runner runner(context, std::move(options), progress);
    report = co_await runner.run(std::move(steps));
  }
  if (whole && report.allPassed()) {
    ProofOptions options{.variant = variant,
                         .instance = instance,
                         .plan_path = context.home.root + "/workshop/proofs.yaml",
                         .twins = parsed.on("self-test"),
                         .only = parsed.get("proof")};
    report.proofs = co_await runProofs(context, std::move(options), progress);
  }
  progress.out(lastLines(report));
  co_return report;
}

}  // namespace

const Command& command() {
  static const Command kCommand = {
      .name = "meshka workshop",
      .summary = "runs the steps of docs/workshop.md and checks each",
      .flags =
          {{.name = "through", .value_name = "STEP", .help = "stop after this step"},
           {.name = "variant",
            .value_name = "NAME",
            .help = "names of the clusters",
            .default_value = "named",
            .choices = {"named", "literal", "both"}},
           {.name = "self-test",
            .kind = FlagKind::kSwitch,
            .help = "break one thing per step; the check must fail"},
           {.name = "list", .kind = FlagKind::kSwitch, .help = "print the steps' names only"},
           {.name = "fresh",
            .kind = FlagKind::kSwitch,
            .help = "end a node that is up, with everything in it, and begin anew"},
           {.name = "keep", .kind = FlagKind::kSwitch, .help = "go on with the node that is up"},
           {.name = "proofs-only",
            .kind = FlagKind::kSwitch,
            .help = "no steps: the proofs, on the node that is up and has all steps behind it"},
           {.name = "proof", .value_name = "PART", .help = "only proofs whose name contains this"},
           {.name = "output",
            .letter = 'o',
            .value_name = "FORMAT",
            .help = "what to print at the end",
            .default_value = "text",
            .choices = {"text", "json", "yaml"}}},
  };
  return kCommand;
}

io::Task<int> run(CommandContext& context, std::vector<std::string> words) {
  auto parsed = parse(command(), words);
  if (!parsed) co_return complain(context.console, "meshka", parsed.error());
  if (parsed->help()) {
    context.console.out(helpText(command()));
    co_return kOk;
  }
  auto text = co_await context.world.disk.readFile(context.home.root + "/workshop/steps.yaml");
  if (!text) co_return complain(context.console, "meshka", text.error().with("workshop"));
  auto all = parseSteps(*text);
  if (!all) co_return complain(context.console, "meshka", all.error().with("workshop/steps.yaml"));
  const std::string variant = parsed->get("variant");
  std::vector<std::string> variants = {variant};
  if (variant == "both") variants = {"named", "literal"};
  const std::string format = parsed->get("output");
  ToErr to_err(context.console);
  Console& progress = format == "text" ? context.console : to_err;

  bool good = true;
  doc::Draft reports = doc::Draft::array();
  for (const std::string& name : variants) {
    auto steps = chooseSteps(*all, name, parsed->get("through"));
    if (!steps) co_return complain(context.console, "meshka", steps.error());
    if (parsed->on("list")) {
      for (const Step& step : *steps) context.console.out(step.name + "\n");
      continue;
    }
    if (!parsed->on("keep") && !parsed->on("proofs-only")) {
      // The second variant ends the node of the first, which is ours.
      const bool may_end = parsed->on("fresh") || name != variants.front();
      const auto begun = co_await beginWithoutNode(context, may_end);
      if (!begun) co_return complain(context.console, "meshka", begun.error());
    }
    auto done = co_await runVariant(context, *parsed, name, *std::move(steps), progress);
    if (!done) co_return complain(context.console, "meshka", done.error());
    const Report& report = *done;
    good = good && report.allPassed();
    reports.push(toDoc(report));
    if (!good) break;
  }
  if (format != "text") {
    const doc::Doc out = variants.size() == 1 ? reports.at(0).finish() : reports.finish();
    context.console.out(format == "json" ? doc::toPrettyJson(out) + "\n" : doc::toYaml(out));
  }
  co_return good ? kOk : kFailed;
}

}  // namespace meshka::cli::workshop
