// istioctl verify-install: every object of an installation is looked up, and asked whether it
// works.
#include "base/strings.h"
#include "cli/istioctl/limits.h"
#include "cli/istioctl/run.h"
#include "doc/yaml.h"
#include "mesh/install/owner.h"

namespace meshka::cli::istioctl {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

struct Findings {
  int crds = 0;
  int deployments = 0;
  int wrong = 0;
};

// What the cluster recorded when it was installed, as an input again.
Task<Result<mesh::OperatorInput>> recorded(Invocation run, const ClusterAccess& access) {
  io::World& world = run.context.world;
  const std::string revision = run.flags.get("revision");
  auto listed = co_await access.api->list({"install.istio.io", "v1alpha1", "istiooperators"}, "",
                                          {}, world.clock().now() + kAskTimeout);
  if (!listed && listed.error().code() != Code::kNotFound)
    co_return fail(explainUnreachable(access, listed.error()));
  mesh::OperatorInput out;
  for (const doc::Doc& state : listed ? listed->items : std::vector<doc::Doc>{}) {
    std::string_view name = state["metadata"]["name"].text();
    if (!name.starts_with("installed-state")) continue;
    if (state["spec"]["revision"].text() != (revision == "default" ? "" : revision)) continue;
    name.remove_prefix(std::string_view("installed-state").size());
    if (name.starts_with('-')) name.remove_prefix(1);
    if (!revision.empty() && name.ends_with(revision))
      name.remove_suffix(std::min(name.size(), revision.size() + 1));
    Draft metadata = Draft::object({{"namespace", state["metadata"]["namespace"]}});
    if (!name.empty()) metadata["name"] = name;
    const Draft again = Draft::object({{"apiVersion", "install.istio.io/v1alpha1"},
                                       {"kind", "IstioOperator"},
                                       {"metadata", std::move(metadata)},
                                       {"spec", state["spec"]}});
    out.files.push_back(
        {std::string(state["metadata"]["name"].text()), doc::toYaml(again.finish())});
    break;
  }
  if (out.files.empty())
    co_return fail(Code::kNotFound,
                   "could not load IstioOperator from cluster: no installed-state object; "
                   "use --filename to name the input");
  out.force = true;  // it was judged when it was installed
  co_return out;
}

void report(Console& console, Value object, const Result<doc::Doc>& live, std::string_view ns,
            Findings& findings) {
  const std::string_view kind = object["kind"].text();
  const std::string what = cat(kind, ": ", object["metadata"]["name"].text(), ".", ns);
  std::string wrong;
  if (!live) {
    wrong = live.error().message();
  } else if (kind == "Deployment" && !mesh::isRolledOut(*live)) {
    wrong = "not all of its replicas are ready";
  }
  if (kind == "CustomResourceDefinition") ++findings.crds;
  if (kind == "Deployment") ++findings.deployments;
  if (!wrong.empty()) {
    ++findings.wrong;
    console.out(cat("\xe2\x9c\x98 ", what, ": ", wrong, "\n"));
    return;
  }
  console.out(cat("\xe2\x9c\x94 ", what, " checked successfully\n"));
}

}  // namespace

Task<Result<int>> verifyInstall(Invocation run) {
  io::World& world = run.context.world;
  Console& console = run.context.console;
  MESHKA_CO_TRY(const ClusterAccess access, co_await clusterOf(run.context, run.flags));
  // Behind `install --verify` standard input has been read already; the cluster's record is the
  // same.
  const bool files = run.flags.given("filename") && !run.flags.on("verify");
  mesh::OperatorInput input;
  if (files) {
    MESHKA_CO_TRY(input, co_await operatorInput(run.context, run.flags));
  } else {
    MESHKA_CO_TRY(input, co_await recorded(run, access));
  }
  MESHKA_CO_TRY(const mesh::Installation merged, mesh::mergeOperator(input));
  auto facts = co_await mesh::readClusterFacts(world, *access.api);
  if (!facts) co_return fail(explainUnreachable(access, facts.error()));
  MESHKA_CO_TRY(const mesh::Rendering rendering, mesh::renderComponents(merged, *facts));
  Findings findings;
  for (const mesh::Component& component : rendering.components) {
    for (const doc::Doc& object : mesh::installOrder(component)) {
      const std::string ns(object["metadata"]["namespace"].text());
      const std::string name(object["metadata"]["name"].text());
      const auto live = co_await access.api->get(mesh::resourceOf(object), ns, name,
                                                 world.clock().now() + kAskTimeout);
      report(console, object, live, ns.empty() ? merged.ns : ns, findings);
    }
  }
  console.out(cat("Checked ", findings.crds, " custom resource definitions\nChecked ",
                  findings.deployments, " Istio Deployments\n"));
  if (findings.wrong > 0)
    co_return fail(Code::kUnavailable,
                   cat("Istio installation failed, incomplete or does not match the input: ",
                       findings.wrong, " of its objects are missing or not ready"));
  console.out("\xe2\x9c\x94 Istio is installed and verified successfully\n");
  co_return kOk;
}

}  // namespace meshka::cli::istioctl
