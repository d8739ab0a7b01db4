#include "cli/vcluster/vcluster_command.h"

#include <cstdlib>

#include "base/strings.h"
#include "base/version.h"
#include "cli/host_access.h"
#include "cli/vcluster/tables.h"
#include "cli/vcluster/values_files.h"
#include "client/http_api_client.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "io/disk.h"
#include "io/runtime.h"
#include "vcluster/lifecycle/connect.h"
#include "vcluster/lifecycle/create.h"
#include "vcluster/lifecycle/remove.h"

namespace meshka::cli {

using doc::Draft;
using io::Task;

namespace {

// What a host pulls for the control plane: on meshka's own host it is in the image store.
constexpr std::string_view kServerImage = "meshka.local/meshka";

// The tags of vcluster 0.7-0.9, without colours.
class ConsoleOutput final : public vcluster::Output {
 public:
  ConsoleOutput(Console& console, bool silent) : console_(console), silent_(silent) {}
  void info(const std::string& line) override { put("[info]   ", line); }
  void warn(const std::string& line) override { put("[warn]   ", line); }
  void done(const std::string& line) override { put("[done] \xe2\x88\x9a ", line); }
  void plain(const std::string& line) override { put("", line); }

 private:
  void put(std::string_view tag, const std::string& line) {
    if (!silent_) console_.out(cat(tag, line, "\n"));
  }
  Console& console_;
  bool silent_;
};

struct Invocation {
  CommandContext context;
  Parsed flags;
  std::vector<std::string> command;  // behind "--"
};

std::string namespaceOf(const Parsed& flags, const ClusterAccess& access) {
  return flags.given("namespace") ? flags.get("namespace") : access.ns;
}

Task<Result<void>> probe(io::World& world, client::Credentials credentials, Instant deadline) {
  MESHKA_CO_TRY(const auto api, client::newHttpApiClient(world, std::move(credentials)));
  auto answered = co_await api->raw("GET", "/version", doc::Doc(), deadline);
  if (!answered) co_return fail(answered.error());
  co_return Result<void>();
}

Task<Result<void>> probeConnection(io::World& world, const vcluster::Connection& connection,
                                   Instant deadline) {
  client::Context context{connection.context, "default", connection.cluster,
                          connection.user,    ".",       "."};
  MESHKA_CO_TRY(client::Credentials credentials,
                co_await client::readCredentials(world.disk, std::move(context)));
  co_return co_await probe(world, std::move(credentials), deadline);
}

void addConnection(Draft& config, const vcluster::Connection& connection, const std::string& name) {
  client::setEntry(config, "clusters", name, connection.cluster);
  client::setEntry(config, "users", name, connection.user);
  client::setEntry(config, "contexts", name, Draft::object({{"cluster", name}, {"user", name}}));
}

Draft configWith(const vcluster::Connection& connection, const std::string& name) {
  Draft config =
      Draft::object({{"apiVersion", "v1"}, {"kind", "Config"}, {"current-context", name}});
  addConnection(config, connection, name);
  return config;
}

// Runs the user's command with a kubeconfig of its own; its exit code is ours.
Task<Result<int>> runWith(io::World& world, const Draft& config, std::vector<std::string> command) {
  const char* directory = std::getenv("TMPDIR");
  const std::string path =
      cat(directory == nullptr ? "/tmp" : directory, "/vcluster-", newUuid(world.rng), ".yaml");
  MESHKA_CO_CHECK(co_await world.disk.writeFileAtomic(path, doc::toYaml(config.finish()), 0600));
  io::SpawnSpec spec;
  spec.program = command[0];
  spec.args.assign(command.begin() + 1, command.end());
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("KUBECONFIG=")) spec.env.emplace_back(*variable);
  }
  spec.env.push_back(cat("KUBECONFIG=", path));
  auto child = world.runtime.spawn(std::move(spec));
  if (!child) {
    (void)co_await world.disk.remove(path);
    co_return fail(child.error());
  }
  const int code = co_await (*child)->wait();
  MESHKA_CO_CHECK(co_await world.disk.remove(path));
  co_return code;
}

Task<Result<int>> connect(Invocation run) {
  io::World& world = run.context.world;
  ConsoleOutput output(run.context.console, run.flags.on("silent"));
  MESHKA_CO_TRY(const ClusterAccess access,
                co_await accessCluster(world, run.flags.get("context")));
  const vcluster::ConnectRequest request{run.flags.arguments()[0], namespaceOf(run.flags, access),
                                         run.flags.get("server")};
  vcluster::Probe check = [&world](const vcluster::Connection& connection, Instant deadline) {
    return probeConnection(world, connection, deadline);
  };
  auto connected =
      co_await vcluster::connectVirtualCluster(world, *access.api, request, check, output);
  if (!connected) co_return fail(explainUnreachable(access, connected.error()));
  const std::string name = run.flags.given("kube-config-context-name")
                               ? run.flags.get("kube-config-context-name")
                               : connected->context;
  if (!run.command.empty())
    co_return co_await runWith(world, configWith(*connected, name), run.command);
  if (run.flags.on("print")) {
    run.context.console.out(doc::toYaml(configWith(*connected, name).finish()));
    co_return kOk;
  }
  if (run.flags.on("update-current")) {
    MESHKA_CO_CHECK(co_await client::editKubeConfig(world, access.kubeconfig_path,
                                                    [&](Draft& config) -> Result<void> {
                                                      addConnection(config, *connected, name);
                                                      return {};
                                                    }));
    output.done(cat("Successfully created kube context ", name,
                    ". You can access the vcluster with `kubectl get ns --context ", name, "`"));
    co_return kOk;
  }
  const std::string path = run.flags.get("kube-config");
  MESHKA_CO_CHECK(co_await world.disk.writeFileAtomic(
      path, doc::toYaml(configWith(*connected, name).finish()), 0600));
  output.done(cat("Virtual cluster kube config written to: ", path,
                  ". You can access the cluster via `kubectl --kubeconfig ", path,
                  " get namespaces`"));
  co_return kOk;
}

Task<Result<int>> create(Invocation run) {
  io::World& world = run.context.world;
  ConsoleOutput output(run.context.console, run.flags.on("silent"));
  MESHKA_CO_TRY(const ClusterAccess access,
                co_await accessCluster(world, run.flags.get("context")));
  MESHKA_CO_TRY(vcluster::ParsedValues parsed, co_await valuesOf(world.disk, run.flags));
  for (const std::string& warning : parsed.warnings) output.warn(warning);
  vcluster::CreateRequest request{run.flags.arguments()[0], namespaceOf(run.flags, access),
                                  std::move(parsed.values), cat(kServerImage, ":", kVersion),
                                  run.flags.on("upgrade")};
  auto created = co_await vcluster::createVirtualCluster(world, *access.api, request, output);
  if (!created) co_return fail(explainUnreachable(access, created.error()));
  if (!run.flags.on("connect")) co_return kOk;
  MESHKA_CO_TRY(Parsed flags, parse(vcluster_tables::connectCommand(),
                                    {request.name, "-n", request.host_namespace, "--update-current",
                                     "--context", access.context}));
  co_return co_await connect({run.context, std::move(flags), {}});
}

Task<Result<int>> list(Invocation run) {
  io::World& world = run.context.world;
  MESHKA_CO_TRY(const ClusterAccess access,
                co_await accessCluster(world, run.flags.get("context")));
  auto found =
      co_await vcluster::listVirtualClusters(world, *access.api, run.flags.get("namespace"));
  if (!found && found.error().code() == Code::kForbidden && !run.flags.given("namespace")) {
    found = co_await vcluster::listVirtualClusters(world, *access.api, access.ns);
  }
  if (!found) co_return fail(explainUnreachable(access, found.error()));
  const WallTime now = world.clock().wall();
  Draft rows = Draft::array();
  std::vector<std::vector<std::string>> cells = {{"NAME", "NAMESPACE", "STATUS", "CREATED", "AGE"}};
  for (const vcluster::Listed& entry : *found) {
    const auto created = parseRfc3339(entry.created);
    const Duration age = created ? seconds(now.unixSeconds() - created->unixSeconds()) : Duration{};
    cells.push_back({entry.name, entry.ns, entry.status, entry.created, toString(age)});
    rows.push(Draft::object({{"Name", entry.name},
                             {"Namespace", entry.ns},
                             {"Status", entry.status},
                             {"Created", entry.created},
                             {"AgeSeconds", age.ns / 1'000'000'000}}));
  }
  const std::string format = run.flags.get("output");
  if (format == "table")
    run.context.console.out(formatTable(cells));
  else
    run.context.console.out(format == "json" ? cat(doc::toPrettyJson(rows.finish()), "\n")
                                             : doc::toYaml(rows.finish()));
  co_return kOk;
}

Task<Result<int>> remove(Invocation run) {
  io::World& world = run.context.world;
  ConsoleOutput output(run.context.console, run.flags.on("silent"));
  MESHKA_CO_TRY(const ClusterAccess access,
                co_await accessCluster(world, run.flags.get("context")));
  if (run.flags.on("keep-pvc")) {
    output.warn("--keep-pvc has no effect yet: virtual clusters have no volume claim");
  }
  const vcluster::Tenant tenant{run.flags.arguments()[0], namespaceOf(run.flags, access)};
  auto removed = co_await vcluster::removeVirtualCluster(
      world, *access.api, {tenant, run.flags.on("delete-namespace")}, output);
  if (!removed) co_return fail(explainUnreachable(access, removed.error()));
  const std::string name = vcluster::contextName(tenant);
  MESHKA_CO_CHECK(co_await client::editKubeConfig(
      world, access.kubeconfig_path, [&](Draft& config) -> Result<void> {
        for (const char* part : {"clusters", "users", "contexts"})
          client::removeEntry(config, part, name);
        if (config["current-context"].text() == name) config["current-context"] = "";
        return {};
      }));
  co_return kOk;
}

struct Verb {
  std::string_view name;
  Command (*table)();
  Task<Result<int>> (*run)(Invocation);
};

constexpr Verb kVerbs[] = {{"create", vcluster_tables::createCommand, create},
                           {"connect", vcluster_tables::connectCommand, connect},
                           {"list", vcluster_tables::listCommand, list},
                           {"delete", vcluster_tables::deleteCommand, remove}};

constexpr std::string_view kNotYet[] = {"pause",  "resume",   "upgrade",  "get",     "disconnect",
                                        "certs",  "debug",    "describe", "restore", "snapshot",
                                        "node",   "token",    "ui",       "use",     "login",
                                        "logout", "platform", "registry", "convert"};

int fatal(CommandContext& context, const Error& error) {
  context.console.err(cat("[fatal]  ", error.message(), "\n"));
  return exitCodeOf(error.code());
}

std::string usage() {
  std::string out =
      "vcluster manages virtual clusters inside a host cluster.\n\nUsage:\n  vcluster "
      "COMMAND\n\nCommands:\n";
  for (const Verb& verb : kVerbs)
    out +=
        cat("  ", verb.name, std::string(12 - verb.name.size(), ' '), verb.table().summary, "\n");
  out +=
      "  completion  Completion script for bash, zsh or fish\n\n`vcluster COMMAND --help` shows "
      "the flags.\n";
  return out;
}

Task<int> runVerb(CommandContext context, const Verb& verb, std::vector<std::string> words) {
  Invocation run{context, {}, {}};
  // What stands behind "--" is the user's own command; a lone "--" at the end means nothing.
  if (verb.name == "connect") {
    for (size_t i = 0; i < words.size(); ++i) {
      if (words[i] != "--") continue;
      run.command.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      words.resize(i);
      break;
    }
  }
  const Command table = verb.table();
  auto flags = parse(table, words);
  if (!flags) co_return fatal(context, flags.error());
  if (flags->help()) {
    context.console.out(helpText(table));
    co_return kOk;
  }
  if (flags->on("debug")) {
    context.console.err("[warn]   --debug has no effect yet: errors are always printed in full\n");
  }
  run.flags = std::move(*flags);
  auto result = co_await verb.run(std::move(run));
  if (!result) co_return fatal(context, result.error());
  co_return *result;
}

}  // namespace

std::vector<Command> vclusterCommands() {
  std::vector<Command> out;
  for (const Verb& verb : kVerbs) out.push_back(verb.table());
  return out;
}

Task<int> runVcluster(CommandContext& context, std::vector<std::string> words) {
  if (words.empty() || words[0] == "help" || words[0] == "--help" || words[0] == "-h") {
    context.console.out(usage());
    co_return kOk;
  }
  const std::string name = words[0];
  words.erase(words.begin());
  for (const Verb& verb : kVerbs) {
    if (verb.name == name) co_return co_await runVerb(context, verb, std::move(words));
  }
  if (name == "completion") {
    auto script =
        completionScript("vcluster", vclusterCommands(), words.empty() ? "bash" : words[0]);
    if (!script) co_return fatal(context, script.error());
    context.console.out(*script);
    co_return kOk;
  }
  for (const std::string_view known : kNotYet) {
    if (known == name)
      co_return fatal(context,
                      Error(Code::kUnsupported, cat("vcluster ", name, " is not supported yet")));
  }
  co_return fatal(context,
                  Error(Code::kInvalid, cat("unknown command \"", name,
                                            "\" for \"vcluster\"; vcluster help lists them")));
}

}  // namespace meshka::cli
