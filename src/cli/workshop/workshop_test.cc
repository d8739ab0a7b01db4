#include "base/test/test.h"
#include "cli/workshop/report.h"
#include "cli/workshop/runner.h"
#include "cli/workshop/steps.h"
#include "doc/json.h"

namespace meshka::cli::workshop {
namespace {

constexpr std::string_view kGood = R"(steps:
- {name: a, command: one, check: x, limit: 5, break: b}
- {name: b, command: two, check: x, limit: 5, break: b, variant: named}
- {name: c, command: three, check: x, limit: 5, break: b, repair: '@command', variant: literal}
)";

TEST(Steps, variantsAndThrough) {
  const auto all = parseSteps(kGood);
  ASSERT_OK(all);
  const auto names = [&](std::string_view variant, std::string_view through) {
    std::string out;
    const auto chosen = chooseSteps(*all, variant, through);
    if (!chosen) return chosen.error().message();
    for (const Step& step : *chosen) out += step.name;
    return out;
  };
  EXPECT_EQ(names("named", ""), "ab");
  EXPECT_EQ(names("literal", ""), "ac");
  EXPECT_EQ(names("literal", "b"), "a");  // the mark may stand at a step of the other variant
  EXPECT_EQ(names("named", "z"), "no step is called \"z\"; the steps are a, b, c");
}

TEST(Steps, errorsNameStepAndField) {
  struct Case {
    std::string_view yaml, error;
  };
  const Case cases[] = {
      {"steps: [{command: x}]", "steps[0].name is missing"},
      {"steps: [{name: a, check: x, limit: 1, break: b}]", "step a: command is missing"},
      {"steps: [{name: a, command: c, check: x, break: b}]", "step a: limit is missing"},
      {"steps: [{name: a, command: c, check: x, limit: 1}]",
       "step a: break is missing: the self-test needs it"},
      {"steps: [{name: a, comand: c}]", "step a: unknown field comand"},
      {"steps: []", "no steps"},
  };
  for (const Case& c : cases) {
    const auto steps = parseSteps(c.yaml);
    ASSERT_TRUE(!steps);
    EXPECT_EQ(steps.error().message(), c.error);
  }
}

TEST(Runner, scriptKeepsVariablesAndFailures) {
  const std::string keeps = shellScript("/a b", "x=1\n", false);
  EXPECT_CONTAINS(keeps, ". '/a b'");
  EXPECT_CONTAINS(keeps, "declare -p");
  EXPECT_TRUE(shellScript("/a", "x=1", true).find("declare -p") == std::string::npos);
}

TEST(Report, json) {
  Report report{.variant = "named"};
  report.steps.push_back(
      {.name = "a", .status = Status::kPassed, .time = millis(1500), .cpu = millis(250)});
  report.steps.push_back({.name = "b", .status = Status::kFailed, .detail = "why"});
  report.steps.push_back({.name = "c"});
  report.proofs.push_back({.name = "p",
                           .subject = "a/b",
                           .status = Status::kPassed,
                           .time = seconds(3),
                           .detail = "n"});
  report.summary.total = seconds(2);
  EXPECT_EQ(
      doc::toJson(toDoc(report)),
      R"({"passed":1,"proofs":[{"detail":"n","name":"p","seconds":3,"status":"passed","subject":"a/b"}],"steps":[{"cpu_seconds":0.25,"detail":"","name":"a","seconds":1.5,"status":"passed"},)"
      R"({"cpu_seconds":0,"detail":"why","name":"b","seconds":0,"status":"failed"},)"
      R"({"cpu_seconds":0,"detail":"","name":"c","seconds":0,"status":"not-run"}],)"
      R"("summary":{"first_cross_cluster_200_seconds":null,"idle_cpu_percent":null,"memory_mb":null,)"
      R"("three_virtual_clusters_seconds":null,"total_seconds":2},"total":3,"variant":"named"})");
  EXPECT_EQ(progressLine(2, 28, report.steps[0]),
            "[ 2/28] a                    passed  1.50 s  cpu 0.25 s\n");
  EXPECT_CONTAINS(likelyCause("bash: line 3: vcluster: command not found"), "PATH");
  EXPECT_EQ(likelyCause("whatever"), "");
}

}  // namespace
}  // namespace meshka::cli::workshop
