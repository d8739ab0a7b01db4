#include "cli/istioctl/tables.h"

namespace meshka::cli::istioctl_tables {

namespace {

Flag text(std::string name, char letter, std::string value, std::string help,
          std::string fallback = {}) {
  Flag flag;
  flag.name = std::move(name);
  flag.letter = letter;
  flag.value_name = std::move(value);
  flag.help = std::move(help);
  flag.default_value = std::move(fallback);
  return flag;
}

Flag list(std::string name, char letter, std::string value, std::string help) {
  Flag flag = text(std::move(name), letter, std::move(value), std::move(help));
  flag.kind = FlagKind::kList;
  return flag;
}

Flag on(std::string name, char letter, std::string help, std::string fallback = {}) {
  Flag flag = text(std::move(name), letter, "", std::move(help), std::move(fallback));
  flag.kind = FlagKind::kSwitch;
  return flag;
}

void addClusterFlags(Command& command) {
  command.flags.push_back(text("context", 0, "CONTEXT", "context in the kubeconfig"));
  command.flags.back().variable = "REMOTE_CONTEXT1, REMOTE_CONTEXT2";
  command.flags.push_back(text("kubeconfig", 'c', "FILE", "kubeconfig instead of the user's"));
  command.flags.push_back(
      text("istioNamespace", 'i', "NAMESPACE", "of the control plane", "istio-system"));
}

void addOperatorFlags(Command& command) {
  const std::vector<Flag> flags = {
      list("filename", 'f', "FILE", "IstioOperator, - is standard input; later ones win"),
      list("set", 's', "PATH=VALUE", "one value of the IstioOperator's spec"),
      text("revision", 'r', "NAME", "of the control plane"),
      text("manifests", 'd', "PATH", "not supported: the manifests of 1.11.7 are built in"),
      text("charts", 0, "PATH", "the old name of --manifests"),
      on("force", 0, "go on where the input's checks find something"),
      on("strict-upstream", 0, "refuse what upstream Istio refuses: '_' in a trust domain"),
  };
  command.flags.insert(command.flags.end(), flags.begin(), flags.end());
}

}  // namespace

Command installCommand() {
  Command command;
  command.name = "istioctl install";
  command.arguments = "[FLAGS]";
  command.summary = "Install Istio in a cluster and wait until it works";
  command.details = "Also called istioctl apply. Progress goes to standard error.";
  addOperatorFlags(command);
  command.flags.push_back(on("skip-confirmation", 'y', "do not ask"));
  command.flags.push_back(on("dry-run", 0, "say what would be done; write nothing"));
  command.flags.push_back(on("verify", 0, "look at every object afterwards"));
  command.flags.push_back(text("readiness-timeout", 0, "DURATION", "of each component", "5m0s"));
  addClusterFlags(command);
  return command;
}

Command uninstallCommand() {
  Command command;
  command.name = "istioctl x uninstall";
  command.arguments = "[FLAGS]";
  command.summary = "Remove Istio from a cluster";
  command.flags = {
      list("filename", 'f', "FILE", "IstioOperator whose installation is removed"),
      list("set", 's', "PATH=VALUE", "one value of the IstioOperator's spec"),
      text("revision", 'r', "NAME", "of the control plane that is removed"),
      on("purge", 0, "everything of Istio, its CRDs too"),
      on("skip-confirmation", 'y', "do not ask"),
      on("force", 0, "go on where the input's checks find something"),
      on("dry-run", 0, "say what would be removed"),
  };
  addClusterFlags(command);
  return command;
}

Command manifestGenerateCommand() {
  Command command;
  command.name = "istioctl manifest generate";
  command.arguments = "[FLAGS]";
  command.summary = "Print the objects of an installation; no cluster is asked";
  addOperatorFlags(command);
  command.flags.push_back(
      list("component", 0, "NAME", "only these: Base, Pilot, IngressGateways, EgressGateways"));
  return command;
}

Command versionCommand() {
  Command command;
  command.name = "istioctl version";
  command.arguments = "[FLAGS]";
  command.summary = "Print the versions of istioctl, control plane and proxies";
  command.flags = {
      text("output", 'o', "FORMAT", "json or yaml"),
      on("short", 's', "one line each", "true"),
      on("remote", 0, "ask the cluster too", "true"),
      text("revision", 'r', "NAME", "only of this control plane"),
  };
  command.flags[0].choices = {"json", "yaml"};
  addClusterFlags(command);
  return command;
}

Command verifyInstallCommand() {
  Command command;
  command.name = "istioctl verify-install";
  command.arguments = "[FLAGS]";
  command.summary = "Look whether every object of an installation is there and works";
  command.flags = {
      list("filename", 'f', "FILE", "IstioOperator; else what the cluster recorded"),
      list("set", 's', "PATH=VALUE", "one value of the IstioOperator's spec"),
      text("revision", 'r', "NAME", "of the control plane"),
  };
  addClusterFlags(command);
  return command;
}

}  // namespace meshka::cli::istioctl_tables
