#include "cli/meshctl/meshctl_command.h"

#include "base/strings.h"
#include "cli/meshctl/run.h"
#include "cli/meshctl/tables.h"

namespace meshka::cli {

using io::Task;

namespace {

struct Verb {
  std::string_view name;
  Command (*table)();
  Task<Result<int>> (*run)(meshctl::Invocation);
};

constexpr Verb kVerbs[] = {
    {"install", meshctl_tables::installCommand, meshctl::install},
    {"check", meshctl_tables::checkCommand, meshctl::check},
    {"version", meshctl_tables::versionCommand, meshctl::version},
    {"cluster register", meshctl_tables::registerCommand, meshctl::registerCluster},
    {"cluster deregister", meshctl_tables::deregisterCommand, meshctl::deregisterCluster},
    {"cluster list", meshctl_tables::listCommand, meshctl::listClusters},
    {"uninstall", meshctl_tables::uninstallCommand, meshctl::uninstall}};

constexpr std::string_view kNotYet[] = {"dashboard", "debug",   "demo",       "describe",
                                        "generate",  "logs",    "mesh",       "precheck",
                                        "proxy",     "upgrade", "accesslogs", "cluster configure"};

std::string usage() {
  std::string out =
      "meshctl installs the management plane and registers clusters.\n\nUsage:\n  meshctl "
      "COMMAND\n\nCommands:\n";
  for (const Verb& verb : kVerbs)
    out +=
        cat("  ", verb.name, std::string(20 - verb.name.size(), ' '), verb.table().summary, "\n");
  out +=
      "  completion          Completion script for bash, zsh or fish\n\n`meshctl COMMAND --help` "
      "shows the flags.\n";
  return out;
}

int fatal(CommandContext& context, const Error& error) {
  return complain(context.console, "meshctl", error);
}

Task<int> runVerb(CommandContext context, const Verb& verb, std::vector<std::string> words) {
  const Command table = verb.table();
  auto flags = parse(table, words);
  if (!flags) co_return fatal(context, flags.error());
  if (flags->help()) {
    context.console.out(helpText(table));
    co_return kOk;
  }
  if (flags->on("verbose"))
    context.console.err(
        "meshctl: warning: --verbose has no effect yet: errors are always printed "
        "in full\n");
  auto result = co_await verb.run({context, std::move(*flags)});
  if (!result) co_return fatal(context, result.error());
  co_return *result;
}

bool isHelp(std::string_view word) {
  return word == "help" || word == "--help" || word == "-h";
}

}  // namespace

std::vector<Command> meshctlCommands() {
  std::vector<Command> out;
  for (const Verb& verb : kVerbs) out.push_back(verb.table());
  return out;
}

Task<int> runMeshctl(CommandContext& context, std::vector<std::string> words) {
  if (words.empty() || isHelp(words[0])) {
    context.console.out(usage());
    co_return kOk;
  }
  std::string name = words[0];
  words.erase(words.begin());
  if (name == "cluster") {
    if (words.empty() || isHelp(words[0])) {
      context.console.out(usage());
      co_return kOk;
    }
    name += cat(" ", words[0]);
    words.erase(words.begin());
    // The 1.x form names the edition.
    if (name == "cluster register" && !words.empty() && words[0] == "enterprise")
      words.erase(words.begin());
  }
  for (const Verb& verb : kVerbs) {
    if (verb.name == name) co_return co_await runVerb(context, verb, std::move(words));
  }
  if (name == "completion") {
    auto script = completionScript("meshctl", meshctlCommands(), words.empty() ? "bash" : words[0]);
    if (!script) co_return fatal(context, script.error());
    context.console.out(*script);
    co_return kOk;
  }
  for (const std::string_view known : kNotYet) {
    if (known == name)
      co_return fatal(context,
                      Error(Code::kUnsupported, cat("meshctl ", name, " is not supported yet")));
  }
  const std::string_view what = name.starts_with('-') ? "unknown flag " : "unknown command ";
  co_return fatal(
      context,
      Error(Code::kInvalid, cat(what, "\"", name, "\" for \"meshctl\"; meshctl help lists them")));
}

}  // namespace meshka::cli
