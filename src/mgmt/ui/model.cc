#include "mgmt/ui/model.h"

#include "base/strings.h"
#include "mgmt/chart/chart.h"
#include "mgmt/lifecycle/wait.h"

namespace meshka::mgmt::ui {

using doc::Doc;
using doc::Draft;
using doc::Value;

namespace {

std::string nameOf(Value object) {
  return std::string(object["metadata"]["name"].text());
}

void problem(Draft& problems, std::string_view kind, const std::string& name,
             std::string_view severity, std::string_view message) {
  problems.push(Draft::object({{"kind", kind},
                               {"name", name},
                               {"severity", severity},
                               {"message", message.empty() ? "no reason given" : message}}));
}

// Most kinds keep their state in status.generic, global ones in status.global, a few at the top.
Value stateOf(Value object) {
  const Value status = object["status"];
  for (const char* place : {"generic", "global"})
    if (status[place].exists()) return status[place];
  return status;
}

Draft meshesOf(const Inputs& inputs, std::string_view cluster) {
  Draft out = Draft::array();
  for (const Doc& mesh : inputs.meshes) {
    if (mesh["spec"]["installation"]["cluster"].text() == cluster) out.push(nameOf(mesh));
  }
  return out;
}

Draft clusters(const Inputs& inputs, Draft& problems) {
  Draft out = Draft::array();
  for (const Doc& cluster : inputs.clusters) {
    const std::string name = nameOf(cluster);
    const Value state = stateOf(cluster);
    const bool connected = cluster["status"]["connected"].boolean();
    const std::string_view message = state["message"].text("the server has not looked at it yet");
    out.push(Draft::object(
        {{"name", name},
         {"givenName", cluster["metadata"]["annotations"][kAliasAnnotation].text(name)},
         {"connected", connected},
         {"state", state["state"].text("PENDING")},
         {"message", message},
         {"agentVersion", cluster["status"]["agentVersion"].text()},
         {"registered", cluster["metadata"]["creationTimestamp"].text()},
         {"meshes", meshesOf(inputs, name)}}));
    if (!connected) problem(problems, "Cluster", name, "error", message);
  }
  return out;
}

Draft meshes(const Inputs& inputs) {
  Draft out = Draft::array();
  for (const Doc& mesh : inputs.meshes) {
    const Value spec = mesh["spec"];
    out.push(Draft::object({{"name", nameOf(mesh)},
                            {"cluster", spec["installation"]["cluster"].text()},
                            {"namespace", spec["installation"]["namespace"].text()},
                            {"version", spec["installation"]["version"].text()},
                            {"revision", spec["installation"]["revision"].text()},
                            {"trustDomain", spec["trustDomain"].text()},
                            {"dnsCapture", spec["smartDnsProxyingEnabled"].boolean()}}));
  }
  return out;
}

Draft workspaces(const Inputs& inputs, Draft& problems) {
  Draft out = Draft::array();
  for (const Doc& workspace : inputs.workspaces) {
    const std::string name = nameOf(workspace);
    const Value state = stateOf(workspace);
    const std::string_view word = state["state"].text("PENDING");
    const std::string_view message = state["message"].text();
    Draft imported = Draft::array();
    for (const Value other : workspace["status"]["importedWorkspaces"].elements())
      imported.push(other.isString() ? Draft(other) : Draft(other["name"]));
    out.push(Draft::object({{"name", name},
                            {"state", word},
                            {"message", message},
                            {"clusters", workspace["status"]["clusters"].isArray()
                                             ? Draft(workspace["status"]["clusters"])
                                             : Draft::array()},
                            {"imports", std::move(imported)}}));
    if (word == "INVALID" || word == "FAILED")
      problem(problems, "Workspace", name, "error", message);
    if (word == "WARNING") problem(problems, "Workspace", name, "warning", message);
  }
  return out;
}

Draft components(const Inputs& inputs, Draft& problems) {
  Draft out = Draft::array();
  for (const Doc& deployment : inputs.deployments) {
    if (deployment["metadata"]["labels"][kManagedByLabel].text() != kManagedBy) continue;
    const std::string name = nameOf(deployment);
    const int64_t wanted = deployment["spec"]["replicas"].integer(1);
    const int64_t ready = deployment["status"]["readyReplicas"].integer();
    const bool good = wanted > 0 && isAvailable(deployment);
    out.push(
        Draft::object({{"name", name}, {"ready", ready}, {"wanted", wanted}, {"healthy", good}}));
    if (!good) {
      problem(problems, "Component", name, "error", cat(ready, " of ", wanted, " pods are ready"));
    }
  }
  return out;
}

}  // namespace

Doc overview(const Inputs& inputs) {
  Draft problems = Draft::array();
  Draft out = Draft::object();
  out["components"] = components(inputs, problems);
  out["clusters"] = clusters(inputs, problems);
  out["workspaces"] = workspaces(inputs, problems);
  out["meshes"] = meshes(inputs);
  out["problems"] = std::move(problems);
  return out.finish();
}

}  // namespace meshka::mgmt::ui
