// status, doctor and env: they look and change nothing.
#include "base/strings.h"
#include "cli/host/commands.h"
#include "cli/host/preflight.h"
#include "cli/host/system.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "io/disk.h"

namespace meshka::cli::host {
namespace {

Flag nameFlag() {
  return {.name = "name",
          .value_name = "INSTANCE",
          .help = "which node",
          .default_value = std::string(kDefaultInstance)};
}
Flag outputFlag() {
  return {.name = "output",
          .letter = 'o',
          .value_name = "FORMAT",
          .help = "how to print",
          .default_value = "text",
          .choices = {"text", "json", "yaml"}};
}

const Command kStatus = {
    .name = "meshka status", .summary = "says what runs", .flags = {nameFlag(), outputFlag()}};
const Command kDoctor = {.name = "meshka doctor",
                         .summary = "looks at every part and says what is wrong and how to mend it",
                         .flags = {nameFlag(), outputFlag()}};
const Command kEnv = {.name = "meshka env",
                      .summary = "prints the shell's variables: eval \"$(meshka env)\"",
                      .flags = {nameFlag()}};

// Prints help or the error; a value only when the command goes on.
std::optional<std::pair<Parsed, Instance>> begin(CommandContext& context, const Command& command,
                                                 const std::vector<std::string>& words, int& code) {
  auto parsed = parse(command, words);
  if (!parsed) {
    code = complain(context.console, "meshka", parsed.error());
    return std::nullopt;
  }
  if (parsed->help()) {
    context.console.out(helpText(command));
    code = kOk;
    return std::nullopt;
  }
  auto instance = Instance::named(parsed->get("name"));
  if (!instance) {
    code = complain(context.console, "meshka", instance.error());
    return std::nullopt;
  }
  return std::pair(*std::move(parsed), *std::move(instance));
}

void print(CommandContext& context, const std::string& format, const doc::Doc& value,
           const std::string& text) {
  context.console.out(format == "json"   ? doc::toPrettyJson(value) + "\n"
                      : format == "yaml" ? doc::toYaml(value)
                                         : text);
}

std::string quoted(std::string_view text) {
  return cat("\"", text, "\"");
}

}  // namespace

std::vector<Command> commands() {
  return {upCommand(), downCommand(), kStatus, kDoctor, kEnv, imagesCommand()};
}

io::Task<int> status(CommandContext& context, std::vector<std::string> words) {
  int code = kOk;
  auto started = begin(context, kStatus, words, code);
  if (!started) co_return code;
  const auto& [parsed, instance] = *started;
  const int64_t pid = co_await nodePid(context.world.disk, instance);
  const auto record = co_await readRecord(context.world.disk, instance);
  doc::Draft out = record ? doc::Draft(toDoc(*record)) : doc::Draft::object();
  out["instance"] = instance.name();
  const std::string state = pid == 0                             ? (record ? "dead" : "down")
                            : record && record->phase == "ready" ? "up"
                                                                 : "starting";
  out["state"] = state;
  out["pid"] = pid;
  out["kubeconfig"] = kubeConfigPath(instance);
  std::string text = cat("instance ", instance.name(), " is ", state, "\n");
  if (record) {
    if (state == "dead")
      text +=
          "  its process is gone; meshka down removes what is left, meshka up starts it again\n";
    if (!record->error.empty()) text += cat("  error            ", record->error, "\n");
    text += cat("  phase            ", record->phase, "\n  first process    ", pid,
                "\n  API server       https://127.0.0.1:", record->api_port,
                "\n  kubeconfig       ", kubeConfigPath(instance), "\n  LoadBalancer     ",
                record->load_balancer_range, " via ", record->node_address, "\n  containers by    ",
                record->runtime, "\n  offers           ", record->offers, "\n");
  }
  print(context, parsed.get("output"), out.finish(), text);
  co_return state == "up" ? kOk : kFailed;
}

io::Task<int> doctor(CommandContext& context, std::vector<std::string> words) {
  int code = kOk;
  auto started = begin(context, kDoctor, words, code);
  if (!started) co_return code;
  const auto& [parsed, instance] = *started;
  std::vector<Finding> findings = co_await preflight(context, instance, 0);
  const int64_t pid = co_await nodePid(context.world.disk, instance);
  const auto record = co_await readRecord(context.world.disk, instance);
  Finding node{.check = "node", .good = pid != 0 && record && record->phase == "ready"};
  node.text = pid == 0 && !record ? "not up; start it with: meshka up"
              : pid == 0          ? "its process is gone (meshka down removes what is left)"
              : node.good         ? cat("ready, first process ", pid)
                                  : cat("still ", record ? record->phase : "starting");
  findings.push_back(node);
  if (node.good) {
    Finding route{.check = "route"};
    const auto routes = co_await runTool(
        context, "ip", {"-4", "route", "show", record->load_balancer_range}, {}, seconds(5));
    route.good = routes && routes->find(instance.outerLink()) != std::string::npos;
    route.text = route.good ? cat(record->load_balancer_range, " leads into the node")
                            : cat(record->load_balancer_range,
                                  " does not lead into the node: the link went down and its route ",
                                  "with it; meshka down and meshka up make it again");
    findings.push_back(std::move(route));
  }
  doc::Draft list = doc::Draft::array();
  std::string text;
  bool good = true;
  for (const Finding& f : findings) {
    good = good && f.good;
    doc::Draft entry = doc::Draft::object();
    entry["check"] = f.check;
    entry["good"] = f.good;
    entry["text"] = f.text;
    if (!f.good) entry["see"] = cat("docs/doctor.md#", f.check);
    list.push(std::move(entry));
    text += cat(f.good ? "ok    " : "WRONG ", f.check,
                std::string(f.check.size() < 12 ? 12 - f.check.size() : 1, ' '), f.text);
    text += f.good ? "\n" : cat(" (docs/doctor.md#", f.check, ")\n");
  }
  print(context, parsed.get("output"), list.finish(), text);
  co_return good ? kOk : kFailed;
}

io::Task<int> env(CommandContext& context, std::vector<std::string> words) {
  int code = kOk;
  auto started = begin(context, kEnv, words, code);
  if (!started) co_return code;
  const Instance& instance = started->second;
  if (co_await nodePid(context.world.disk, instance) == 0)
    co_return complain(context.console, "meshka",
                       Error(Code::kNotFound, cat("instance ", instance.name(),
                                                  " is not up; start it with: meshka up")));
  std::string out =
      cat("export PATH=", quoted(cat(context.home.programs, ":", context.home.tools, ":$PATH")),
          "\nexport KUBECONFIG=", quoted(kubeConfigPath(instance)),
          "\nexport HOST_CLUSTER=", quoted(instance.contextName()),
          "\nexport MESHKA_WORKSHOP=", quoted(context.home.root + "/workshop"), "\n");
  for (const auto& [variable, name] :
       {std::pair<std::string, std::string>{"MGMT", "mgmt"}, {"REMOTE", "cluster"}})
    for (const char* number : {"", "1", "2"}) {
      if ((name == "mgmt") != (*number == 0)) continue;
      const std::string cluster = cat(name, number);
      for (const char* kind : {"_CLUSTER", "_CONTEXT"})
        out += cat("export ", variable, kind, number, "=",
                   quoted(cat("vcluster_", cluster, "_", cluster)), "\n");
    }
  context.console.out(out);
  co_return kOk;
}

}  // namespace meshka::cli::host
