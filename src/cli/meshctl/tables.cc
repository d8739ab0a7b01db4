#include "cli/meshctl/tables.h"

namespace meshka::cli::meshctl_tables {

namespace {

Flag text(std::string name, std::string value, std::string help, std::string fallback = {}) {
  return {.name = std::move(name),
          .value_name = std::move(value),
          .help = std::move(help),
          .default_value = std::move(fallback),
          .variable = {},
          .choices = {}};
}

Flag on(std::string name, std::string help, char letter = 0) {
  Flag flag = text(std::move(name), "", std::move(help));
  flag.kind = FlagKind::kSwitch;
  flag.letter = letter;
  return flag;
}

// A flag whose value usually stands in a shell variable.
Flag from(const char* variable, Flag flag) {
  flag.variable = variable;
  return flag;
}

void addGlobalFlags(Command& command) {
  command.flags.push_back(
      text("kubeconfig", "FILE", "kubeconfig to use; by default $KUBECONFIG or ~/.kube/config"));
  command.flags.push_back(
      from("MGMT_CONTEXT", text("kubecontext", "CONTEXT", "context of the management cluster")));
  command.flags.push_back(
      text("namespace", "NAMESPACE", "where the management plane is", "gloo-mesh"));
  command.flags.push_back(on("verbose", "accepted; errors are always printed in full", 'v'));
}

Flag versionFlag() {
  return from("GLOO_MESH_VERSION",
              text("version", "VERSION", "version to show in labels and image tags"));
}

Flag outputFlag(std::string fallback) {
  Flag flag = text("output", "FORMAT", "how to print", std::move(fallback));
  flag.letter = 'o';
  flag.choices = {"table", "json", "yaml"};
  return flag;
}

}  // namespace

Command installCommand() {
  Command command;
  command.name = "meshctl install";
  command.arguments = "[FLAGS]";
  command.summary =
      "Install the management plane, or change an installation, and wait until it is "
      "ready";
  Flag license =
      from("GLOO_MESH_LICENSE_KEY", text("license", "KEY", "stored, never checked; may be empty"));
  license.may_be_empty = true;
  Flag set = text("set", "KEY=VALUE", "value of the chart; may be repeated");
  set.kind = FlagKind::kList;
  Flag file = text("chart-values-file", "FILE", "values of the chart; --set wins; may be repeated");
  file.kind = FlagKind::kList;
  Flag chart_file = text("chart-file", "FILE", "");
  chart_file.hidden = true;
  command.flags = {
      license,
      versionFlag(),
      set,
      file,
      chart_file,
      text("release-name", "NAME", "kept as an annotation of the server", "gloo-mesh-mgmt"),
      on("dry-run", "print the objects and change nothing", 'd'),
      on("register", "register the management cluster as a workload cluster too", 'r'),
      text("cluster-name", "NAME", "its name with --register", "mgmt-cluster"),
      text("cluster-domain", "DOMAIN", "its DNS domain with --register", "cluster.local"),
      on("skip-ui", "install without the UI"),
      on("disable-shared-trust", "give meshes a common root only where a RootTrustPolicy says so")};
  addGlobalFlags(command);
  return command;
}

Command uninstallCommand() {
  Command command;
  command.name = "meshctl uninstall";
  command.arguments = "[FLAGS]";
  command.summary = "Remove the management plane";
  command.flags = {on("purge",
                      "remove the custom resource definitions with all their objects, the "
                      "relay's certificates and the namespace too")};
  addGlobalFlags(command);
  return command;
}

Command registerCommand() {
  Command command;
  command.name = "meshctl cluster register";
  command.arguments = "NAME [FLAGS]";
  command.summary = "Register a workload cluster: install its agent and wait until it is connected";
  command.details =
      "Underscores in NAME become '-'; the name as typed is kept and understood as well.";
  command.min_arguments = command.max_arguments = 1;
  Flag alias = from("MGMT_CONTEXT", text("mgmt-context", "CONTEXT", "as --kubecontext"));
  alias.hidden = true;
  command.flags = {
      from("REMOTE_CONTEXT1",
           text("remote-context", "CONTEXT", "context of the cluster to register")),
      from("MGMT_SERVER_NETWORKING_ADDRESS",
           text("relay-server-address", "HOST:PORT",
                "where the agent reaches the management server; by default its LoadBalancer "
                "address")),
      on("relay-server-insecure", "without TLS, whatever the server's installation says"),
      versionFlag(),
      text("cluster-domain", "DOMAIN", "DNS domain of the cluster", "cluster.local"),
      alias};
  addGlobalFlags(command);
  return command;
}

Command deregisterCommand() {
  Command command;
  command.name = "meshctl cluster deregister";
  command.arguments = "NAME [FLAGS]";
  command.summary = "Remove a workload cluster's agent and what was generated for it";
  command.min_arguments = command.max_arguments = 1;
  Flag alias = from("MGMT_CONTEXT", text("mgmt-context", "CONTEXT", "as --kubecontext"));
  alias.hidden = true;
  command.flags = {from("REMOTE_CONTEXT1",
                        text("remote-context", "CONTEXT", "context of the cluster to deregister")),
                   on("keep-config", "leave the generated configuration in the cluster"), alias};
  addGlobalFlags(command);
  return command;
}

Command listCommand() {
  Command command;
  command.name = "meshctl cluster list";
  command.arguments = "[FLAGS]";
  command.summary = "List the registered clusters";
  command.flags = {outputFlag("table")};
  addGlobalFlags(command);
  return command;
}

Command checkCommand() {
  Command command;
  command.name = "meshctl check";
  command.arguments = "[FLAGS]";
  command.summary = "Look at every part of the management plane; exit code 1 when one is broken";
  command.flags = {outputFlag("table")};
  addGlobalFlags(command);
  return command;
}

Command versionCommand() {
  Command command;
  command.name = "meshctl version";
  command.arguments = "[FLAGS]";
  command.summary = "Print the version of meshctl and of what is installed, as JSON";
  addGlobalFlags(command);
  return command;
}

}  // namespace meshka::cli::meshctl_tables
