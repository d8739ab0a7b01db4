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

Command proxyStatusCommand() {
  Command command;
  command.name = "istioctl proxy-status";
  command.arguments = "[FLAGS]";
  command.summary = "Say of every proxy whether it has what istiod sent";
  command.details = "Also called istioctl ps.";
  command.flags = {text("revision", 'r', "NAME", "only of this control plane")};
  addClusterFlags(command);
  return command;
}

namespace {

Command proxyConfigCommand(std::string kind, std::string summary, std::vector<Flag> flags) {
  Command command;
  command.name = "istioctl proxy-config " + kind;
  command.arguments = "POD[.NAMESPACE] [FLAGS]";
  command.summary = std::move(summary);
  command.details = "The pod's Envoy is asked, or a file with its answer is read (--file).";
  command.max_arguments = 1;
  command.flags = std::move(flags);
  command.flags.push_back(text("output", 'o', "FORMAT", "short, json or yaml", "short"));
  command.flags.back().choices = {"short", "json", "yaml"};
  command.flags.push_back(text("file", 'f', "FILE", "Envoy's answer instead of a pod's"));
  command.flags.push_back(text("namespace", 'n', "NAMESPACE", "of the pod"));
  addClusterFlags(command);
  return command;
}

}  // namespace

Command proxyClusterCommand() {
  return proxyConfigCommand("cluster", "List the clusters of a proxy",
                            {text("fqdn", 0, "HOST", "only clusters of this host"),
                             text("port", 0, "PORT", "only of this port"),
                             text("subset", 0, "NAME", "only of this subset"),
                             text("direction", 0, "NAME", "inbound or outbound")});
}

Command proxyListenerCommand() {
  return proxyConfigCommand("listener", "List the listeners of a proxy",
                            {text("address", 0, "IP", "only on this address"),
                             text("port", 0, "PORT", "only on this port"),
                             text("type", 0, "TYPE", "HTTP, TCP or HTTP+TCP"),
                             on("verbose", 0, "matches and destinations", "true")});
}

Command proxyRouteCommand() {
  return proxyConfigCommand("route", "List the routes of a proxy",
                            {text("name", 0, "NAME", "only this configuration"),
                             on("verbose", 0, "accepted, as upstream does", "true")});
}

Command proxyEndpointCommand() {
  return proxyConfigCommand(
      "endpoint", "List the endpoints of a proxy and their health",
      {text("address", 0, "IP", "only this address"), text("port", 0, "PORT", "only this port"),
       text("cluster", 0, "NAME", "only of this cluster"),
       text("status", 0, "STATUS", "healthy or unhealthy")});
}

Command proxySecretCommand() {
  return proxyConfigCommand("secret", "List the certificates of a proxy", {});
}

Command proxyBootstrapCommand() {
  Command command = proxyConfigCommand("bootstrap", "Print the bootstrap of a proxy", {});
  for (Flag& flag : command.flags)
    if (flag.name == "output") flag.default_value = "json";
  return command;
}

}  // namespace meshka::cli::istioctl_tables
