#include "cli/flags.h"

#include "base/test/test.h"

namespace meshka::cli {
namespace {

Command sample() {
  return {.name = "tool make",
          .arguments = "NAME",
          .summary = "makes a thing",
          .flags = {{.name = "namespace", .letter = 'n', .help = "where"},
                    {.name = "context", .variable = "MGMT_CONTEXT"},
                    {.name = "file", .letter = 'f', .kind = FlagKind::kList},
                    {.name = "expose", .letter = 'e', .kind = FlagKind::kSwitch},
                    {.name = "yes", .letter = 'y', .kind = FlagKind::kSwitch},
                    {.name = "output",
                     .letter = 'o',
                     .default_value = "table",
                     .choices = {"table", "json"}}},
          .min_arguments = 1,
          .max_arguments = 1};
}

TEST(Flags, forms) {
  struct Case {
    std::vector<std::string> words;
    std::string ns, files, expose, output;
  };
  const Case cases[] = {
      {{"a"}, "", "", "", "table"},
      {{"a", "-n", "x", "--expose"}, "x", "", "true", "table"},
      {{"--namespace=x", "a", "-o", "json"}, "x", "", "", "json"},
      {{"-nx", "a", "-f", "-", "-f", "b,c"}, "x", "-|b,c", "", "table"},
      {{"a", "-eyn", "x"}, "x", "", "true", "table"},
      {{"a", "--expose=false", "--"}, "", "", "false", "table"},
      {{"--", "a"}, "", "", "", "table"},
      {{"a", "-n", "x", "-n=y"}, "y", "", "", "table"},
  };
  for (const Case& c : cases) {
    const auto parsed = parse(sample(), c.words);
    ASSERT_OK(parsed);
    EXPECT_EQ(parsed->get("namespace"), c.ns);
    EXPECT_EQ(join(parsed->all("file"), "|"), c.files);
    EXPECT_EQ(parsed->get("expose"), c.expose);
    EXPECT_EQ(parsed->get("output"), c.output);
    EXPECT_EQ(parsed->arguments().size(), size_t{1});
  }
}

TEST(Flags, errorsNameTheFlag) {
  struct Case {
    std::vector<std::string> words;
    std::string error;
  };
  const Case cases[] = {
      {{"a", "--contexd", "x"}, "unknown flag: --contexd (tool make); did you mean --context?"},
      {{"a", "-q"}, "unknown flag: -q in -q (tool make)"},
      {{"a", "--context", "--namespace", "x"},
       "flag --context needs a value, but --namespace follows: the variable MGMT_CONTEXT seems to "
       "be empty; set it "
       "with: export MGMT_CONTEXT=..."},
      {{"a", "--context", "-f", "-"},
       "flag --context needs a value, but -f follows: the variable MGMT_CONTEXT seems to be empty; "
       "set it with: "
       "export MGMT_CONTEXT=..."},
      {{"a", "--context="},
       "flag --context has an empty value: the variable MGMT_CONTEXT seems to be empty; set it "
       "with: export "
       "MGMT_CONTEXT=..."},
      {{"a", "-n"}, "flag --namespace needs a value: is a shell variable empty?"},
      {{"a", "--expose=maybe"}, "flag --expose takes true or false, not \"maybe\""},
      {{"a", "-o", "xml"}, "flag --output: \"xml\" is not one of table, json"},
      {{"a", "b"}, "unexpected argument: b (tool make)"},
      {{}, "tool make needs 1 argument: tool make NAME"},
  };
  for (const Case& c : cases) {
    const auto parsed = parse(sample(), c.words);
    ASSERT_TRUE(!parsed);
    EXPECT_EQ(parsed.error().message(), c.error);
  }
}

TEST(Flags, helpListsEveryFlag) {
  const auto parsed = parse(sample(), {"--help", "--nonsense"});
  ASSERT_OK(parsed);
  EXPECT_TRUE(parsed->help());
  const std::string text = helpText(sample());
  EXPECT_CONTAINS(text, "-n, --namespace VALUE   where");
  EXPECT_CONTAINS(text, "(table|json) (default table)");
}

TEST(Flags, completion) {
  const auto bash = completionScript("tool", {sample()}, "bash");
  ASSERT_OK(bash);
  EXPECT_CONTAINS(*bash, "--namespace");
  EXPECT_CONTAINS(*bash, "complete -o default -F _tool tool");
  EXPECT_FALSE(completionScript("tool", {sample()}, "ksh").has_value());
}

}  // namespace
}  // namespace meshka::cli
