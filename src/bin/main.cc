// Finds the program by argv[0] (vcluster, meshctl, istioctl) or by the first word. Every program is
// a line here.
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstdio>

#include "base/strings.h"
#include "base/version.h"
#include "bin/host_main.h"
#include "bin/program.h"
#include "cli/host/commands.h"
#include "cli/istioctl/istioctl_command.h"
#include "cli/meshctl/meshctl_command.h"
#include "cli/vcluster/vcluster_command.h"
#include "cli/workshop/command.h"
#include "io/linux/run.h"
#include "io/linux/world.h"

namespace meshka::bin {
namespace {

class StdConsole final : public cli::Console {
 public:
  void out(std::string_view text) override { put(stdout, text); }
  void err(std::string_view text) override { put(stderr, text); }

 private:
  static void put(FILE* file, std::string_view text) {
    (void)fwrite(text.data(), 1, text.size(), file);
    (void)fflush(file);  // progress is read while it goes on
  }
};

class LoopStop final : public cli::StopSignal {
 public:
  explicit LoopStop(io::LinuxLoop& loop) : loop_(loop), event_(loop) {}
  io::Event& catchSignals() override {
    for (const int signal : {SIGINT, SIGTERM}) loop_.onSignal(signal, [this] { event_.set(); });
    return event_;
  }

 private:
  io::LinuxLoop& loop_;
  io::Event event_;
};

io::Task<int> version(cli::CommandContext& context, Words words) {
  const cli::Command command = {.name = "meshka version", .summary = "prints the version"};
  const auto parsed = cli::parse(command, words);
  if (!parsed) co_return cli::complain(context.console, "meshka", parsed.error());
  context.console.out(parsed->help() ? cli::helpText(command) : cat("meshka ", kVersion, "\n"));
  co_return cli::kOk;
}

io::Task<int> completion(cli::CommandContext& context, Words words) {
  const cli::Command command = {
      .name = "meshka completion",
      .arguments = "bash|zsh|fish",
      .summary = "prints a completion script: source <(meshka completion bash)",
      .min_arguments = 1,
      .max_arguments = 1};
  const auto parsed = cli::parse(command, words);
  if (!parsed) co_return cli::complain(context.console, "meshka", parsed.error());
  if (parsed->help()) {
    context.console.out(cli::helpText(command));
    co_return cli::kOk;
  }
  std::vector<cli::Command> commands = cli::host::commands();
  commands.push_back(cli::workshop::command());
  const auto script = cli::completionScript("meshka", commands, parsed->arguments()[0]);
  if (!script) co_return cli::complain(context.console, "meshka", script.error());
  context.console.out(*script);
  co_return cli::kOk;
}

constexpr Program kPrograms[] = {
    {"up", "starts the host cluster and waits until its node is ready", cli::host::up},
    {"down", "ends the host cluster and everything in it", cli::host::down},
    {"status", "says what runs", cli::host::status},
    {"doctor", "looks at every part and says what is wrong", cli::host::doctor},
    {"env", "prints the shell's variables", cli::host::env},
    {"images", "lists the images that the node can run", cli::host::images},
    {"launch", "", cli::host::launch},
    {"host", "", hostMain},
    {"apiserver", "serves one Kubernetes API from a data directory", apiserver},
    {"vcluster-server", "", vclusterServer},
    {"workshop", "runs the steps of docs/workshop.md and checks each", cli::workshop::run},
    {"vcluster", "creates, connects and deletes virtual clusters", cli::runVcluster},
    {"completion", "prints a completion script for bash, zsh or fish", completion},
    {"meshctl", "installs the management plane, registers clusters", cli::runMeshctl},
    {"istioctl", "installs and inspects Istio", cli::runIstioctl},
    {"istiod", "", istiod},
    {"pilot-discovery", "", istiod},  // the name in upstream's images
    {"proxy-agent", "", proxyAgent},
    {"pilot-agent", "", proxyAgent},
    {"mgmt-server", "", mgmtServer},
    {"mgmt-agent", "", mgmtAgent},
    {"mgmt-ui", "", mgmtUi},
    {"bookinfo", "", bookinfoMain},
    {"version", "prints the version", version},
};

std::string help() {
  std::string out =
      "meshka runs a whole multi-cluster service mesh on one machine.\n\nUsage:\n  meshka "
      "COMMAND\n\nCommands:\n";
  for (const Program& program : kPrograms)
    if (!program.summary.empty())
      out += cat("  ", program.name, std::string(18 - program.name.size(), ' '), program.summary,
                 "\n");
  return out + "\nmeshka COMMAND --help says more.\n";
}

std::string ownPath() {
  char path[PATH_MAX];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  return n > 0 ? std::string(path, static_cast<size_t>(n)) : std::string();
}

int run(std::string_view name, const Words& words) {
  StdConsole console;
  const Program* found = nullptr;
  Words rest = words;
  for (const Program& program : kPrograms)
    if (name == program.name) found = &program;
  if (found == nullptr) {
    if (words.empty() || words[0] == "help" || words[0] == "--help" || words[0] == "-h") {
      console.out(help());
      return cli::kOk;
    }
    for (const Program& program : kPrograms)
      if (words[0] == program.name) found = &program;
    if (found == nullptr) {
      const std::string_view what =
          words[0].starts_with('-') ? "unknown flag: " : "unknown command: ";
      console.err(cat("meshka: ", what, words[0], "; meshka help lists the commands\n"));
      return cli::kUsage;
    }
    rest.erase(rest.begin());
  }
  const cli::Home home = cli::homeOf(ownPath());
  io::LinuxWorld linux;
  // First process of a node: what containers leave behind is ours to collect.
  if (getpid() == 1) linux.runtime.reapOrphans();
  io::World world = linux.world();
  LoopStop stop(linux.loop);
  cli::CommandContext context{.world = world, .home = home, .console = console, .stop = stop};
  return io::runUntilDone(linux.loop, found->run(context, std::move(rest)));
}

}  // namespace
}  // namespace meshka::bin

int main(int argc, char** argv) {
  std::string_view name = argc > 0 ? argv[0] : "meshka";
  if (const size_t slash = name.rfind('/'); slash != name.npos) name.remove_prefix(slash + 1);
  return meshka::bin::run(name, meshka::bin::Words(argv + (argc > 0 ? 1 : 0), argv + argc));
}
