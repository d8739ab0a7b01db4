#include "cli/istioctl/istioctl_command.h"

#include "base/strings.h"
#include "cli/istioctl/run.h"
#include "cli/istioctl/tables.h"

namespace meshka::cli {

using io::Task;

namespace {

// What upstream's scripts expect of an unknown command.
constexpr int kUnknownCommand = 64;

struct Verb {
  std::string_view name;  // one word or two
  Command (*table)();
  Task<Result<int>> (*run)(istioctl::Invocation);
};

constexpr Verb kVerbs[] = {
    {"install", istioctl_tables::installCommand, istioctl::install},
    {"apply", istioctl_tables::installCommand, istioctl::install},
    {"x uninstall", istioctl_tables::uninstallCommand, istioctl::uninstall},
    {"uninstall", istioctl_tables::uninstallCommand, istioctl::uninstall},
    {"manifest generate", istioctl_tables::manifestGenerateCommand, istioctl::manifestGenerate},
    {"verify-install", istioctl_tables::verifyInstallCommand, istioctl::verifyInstall},
    {"version", istioctl_tables::versionCommand, istioctl::version},
    {"proxy-status", istioctl_tables::proxyStatusCommand, istioctl::proxyStatus},
    {"proxy-config cluster", istioctl_tables::proxyClusterCommand, istioctl::proxyCluster},
    {"proxy-config listener", istioctl_tables::proxyListenerCommand, istioctl::proxyListener},
    {"proxy-config route", istioctl_tables::proxyRouteCommand, istioctl::proxyRoute},
    {"proxy-config endpoint", istioctl_tables::proxyEndpointCommand, istioctl::proxyEndpoint},
    {"proxy-config secret", istioctl_tables::proxySecretCommand, istioctl::proxySecret},
    {"proxy-config bootstrap", istioctl_tables::proxyBootstrapCommand, istioctl::proxyBootstrap},
};

// Upstream's other names of a command's first or second word.
struct Alias {
  std::string_view alias, name;
};
constexpr Alias kFirstWords[] = {
    {"ps", "proxy-status"}, {"pc", "proxy-config"}, {"experimental", "x"}, {"exp", "x"}};
constexpr Alias kSecondWords[] = {
    {"clusters", "cluster"}, {"c", "cluster"}, {"listeners", "listener"}, {"l", "listener"},
    {"routes", "route"},     {"r", "route"},   {"endpoints", "endpoint"}, {"ep", "endpoint"},
    {"secrets", "secret"},   {"s", "secret"},  {"b", "bootstrap"}};

void useNames(std::vector<std::string>& words) {
  for (const Alias& alias : kFirstWords)
    if (words[0] == alias.alias) words[0] = alias.name;
  if (words[0] != "proxy-config" || words.size() < 2) return;
  for (const Alias& alias : kSecondWords) {
    if (words[1] != alias.alias) continue;
    words[1] = alias.name;
    break;
  }
}

// The rest of upstream's commands.
constexpr std::string_view kNotYet[] = {"admin",
                                        "analyze",
                                        "bug-report",
                                        "create-remote-secret",
                                        "dashboard",
                                        "d",
                                        "kube-inject",
                                        "manifest",
                                        "operator",
                                        "profile",
                                        "proxy-config",
                                        "tag",
                                        "upgrade",
                                        "validate",
                                        "x",
                                        "waypoint",
                                        "ztunnel-config",
                                        "remote-clusters"};

std::string usage() {
  std::string out =
      "istioctl installs Istio and looks into it.\n\nUsage:\n  istioctl COMMAND\n\nCommands:\n";
  std::string last;
  for (const Verb& verb : kVerbs) {
    const Command table = verb.table();
    if (table.name == last) continue;
    last = table.name;
    out += cat("  ", verb.name, std::string(24 - verb.name.size(), ' '), table.summary, "\n");
  }
  out +=
      "  completion              Completion script for bash, zsh or fish\n\n`istioctl COMMAND "
      "--help` "
      "shows the flags.\n";
  return out;
}

int complainOf(Console& console, const Error& error, int code) {
  console.err(cat("Error: ", error.message(), "\n"));
  return code;
}

Task<int> runVerb(CommandContext context, const Verb& verb, std::vector<std::string> words) {
  const Command table = verb.table();
  auto flags = parse(table, words);
  if (!flags) co_return complainOf(context.console, flags.error(), kUsage);
  if (flags->help()) {
    context.console.out(helpText(table));
    co_return kOk;
  }
  auto result = co_await verb.run({context, std::move(*flags)});
  if (result) co_return *result;
  const bool unsupported = result.error().code() == Code::kUnsupported;
  co_return complainOf(context.console, result.error(), unsupported ? kNotSupported : kFailed);
}

// How many words of the command line the verb's name takes; 0 when it is another.
size_t matches(const Verb& verb, const std::vector<std::string>& words) {
  const std::vector<std::string_view> name = split(verb.name, ' ');
  if (words.size() < name.size()) return 0;
  for (size_t i = 0; i < name.size(); ++i)
    if (words[i] != name[i]) return 0;
  return name.size();
}

int completion(CommandContext& context, const std::vector<std::string>& words) {
  auto script =
      completionScript("istioctl", istioctlCommands(), words.size() > 1 ? words[1] : "bash");
  if (!script) return complainOf(context.console, script.error(), kUsage);
  context.console.out(*script);
  return kOk;
}

}  // namespace

std::vector<Command> istioctlCommands() {
  std::vector<Command> out;
  for (const Verb& verb : kVerbs) {
    Command table = verb.table();
    table.name = cat("istioctl ", verb.name);
    out.push_back(std::move(table));
  }
  return out;
}

Task<int> runIstioctl(CommandContext& context, std::vector<std::string> words) {
  if (words.empty() || words[0] == "help" || words[0] == "--help" || words[0] == "-h") {
    context.console.out(usage());
    co_return kOk;
  }
  useNames(words);
  for (const Verb& verb : kVerbs) {
    const size_t taken = matches(verb, words);
    if (taken == 0) continue;
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(taken));
    co_return co_await runVerb(context, verb, std::move(words));
  }
  if (words[0] == "completion") co_return completion(context, words);
  for (const std::string_view known : kNotYet) {
    if (known != words[0]) continue;
    const std::string name = cat(known, words.size() > 1 && !words[1].starts_with('-') ? " " : "",
                                 words.size() > 1 && !words[1].starts_with('-') ? words[1] : "");
    co_return complainOf(context.console,
                         Error(Code::kUnsupported, cat("istioctl ", name, " is not supported yet")),
                         kNotSupported);
  }
  if (words[0].starts_with('-'))
    co_return complainOf(context.console, Error(Code::kInvalid, cat("unknown flag: ", words[0])),
                         kUsage);
  context.console.err(cat("Error: unknown command \"", words[0],
                          "\" for \"istioctl\"\nRun 'istioctl "
                          "--help' for usage.\n"));
  co_return kUnknownCommand;
}

}  // namespace meshka::cli
