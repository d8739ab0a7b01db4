#include "cli/vcluster/tables.h"

namespace meshka::cli::vcluster_tables {

namespace {

Flag text(std::string name, char letter, std::string value, std::string help,
          std::string fallback = {}) {
  Flag flag;
  flag.name = std::move(name);
  flag.letter = letter;
  flag.kind = FlagKind::kText;
  flag.value_name = std::move(value);
  flag.help = std::move(help);
  flag.default_value = std::move(fallback);
  return flag;
}

Flag on(std::string name, std::string help, std::string fallback = {}) {
  Flag flag;
  flag.name = std::move(name);
  flag.kind = FlagKind::kSwitch;
  flag.help = std::move(help);
  flag.default_value = std::move(fallback);
  return flag;
}

Flag list(std::string name, char letter, std::string value, std::string help) {
  Flag flag = text(std::move(name), letter, std::move(value), std::move(help));
  flag.kind = FlagKind::kList;
  return flag;
}

void addGlobalFlags(Command& command) {
  command.flags.push_back(
      text("context", 0, "CONTEXT", "context of the host cluster in the kubeconfig"));
  command.flags.back().variable = "HOST_CLUSTER";
  command.flags.push_back(text("namespace", 'n', "NAMESPACE", "namespace of the host cluster"));
  Flag silent = on("silent", "print only errors");
  silent.letter = 's';
  command.flags.push_back(silent);
  command.flags.push_back(on("debug", "accepted; errors are always printed in full"));
}

}  // namespace

Command createCommand() {
  Command command;
  command.name = "vcluster create";
  command.arguments = "NAME [FLAGS]";
  command.summary = "Create a new virtual cluster and wait until its API answers";
  command.min_arguments = command.max_arguments = 1;
  command.flags = {
      list("extra-values", 'f', "FILE",
           "values file of the chart, merged left to right; may be repeated"),
      on("expose", "reach the virtual cluster through a LoadBalancer service"),
      on("isolate", "run the control plane without root and turn the isolation group on"),
      on("upgrade", "change an existing virtual cluster"),
      on("connect", "connect when it is created"),
      on("create-namespace", "accepted; a missing namespace is made in any case, as vcluster does",
         "true"),
      text("kubernetes-version", 0, "VERSION", "emulated Kubernetes version, such as v1.22"),
      text("distro", 0, "DISTRO", "k3s, k0s, k8s or eks: they differ in nothing but the name here",
           "k3s"),
      text("chart-version", 0, "VERSION", "accepted; meshka brings its own chart"),
      text("chart-name", 0, "NAME", "accepted; meshka brings its own chart"),
      text("chart-repo", 0, "URL", "accepted; meshka brings its own chart"),
  };
  for (Flag& flag : command.flags) {
    if (flag.name == "distro") flag.choices = {"k3s", "k0s", "k8s", "eks"};
  }
  addGlobalFlags(command);
  return command;
}

Command connectCommand() {
  Command command;
  command.name = "vcluster connect";
  command.arguments = "NAME [FLAGS] [-- COMMAND ARGS...]";
  command.summary = "Make a kubeconfig for a virtual cluster, or run a command with it";
  command.min_arguments = 1;
  command.max_arguments = 64;
  command.flags = {
      on("update-current", "add the context to the current kubeconfig"),
      text("kube-config", 0, "FILE", "where the kubeconfig is written", "./kubeconfig.yaml"),
      text("kube-config-context-name", 0, "NAME", "name of the new context"),
      on("print", "print the kubeconfig"),
      text("server", 0, "ADDRESS", "address of the virtual cluster, instead of its service's"),
  };
  addGlobalFlags(command);
  return command;
}

Command listCommand() {
  Command command;
  command.name = "vcluster list";
  command.arguments = "[FLAGS]";
  command.summary = "List all virtual clusters";
  command.flags = {text("output", 'o', "FORMAT", "table, json or yaml", "table")};
  command.flags.back().choices = {"table", "json", "yaml"};
  addGlobalFlags(command);
  return command;
}

Command deleteCommand() {
  Command command;
  command.name = "vcluster delete";
  command.arguments = "NAME [FLAGS]";
  command.summary = "Delete a virtual cluster with everything in it";
  command.min_arguments = command.max_arguments = 1;
  command.flags = {
      on("delete-namespace", "delete the namespace too, also when create did not make it"),
      on("keep-pvc", "accepted; virtual clusters keep no volume claim yet")};
  addGlobalFlags(command);
  return command;
}

}  // namespace meshka::cli::vcluster_tables
