// `meshctl version`: the client and every component that runs in the namespace.
#include "base/version.h"
#include "base/strings.h"
#include "cli/meshctl/run.h"
#include "doc/json.h"
#include "mgmt/chart/chart.h"
#include "mgmt/lifecycle/limits.h"
#include "mgmt/lifecycle/resources.h"

namespace meshka::cli::meshctl {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

constexpr int kIndent = 2;

// "gcr.io/gloo-mesh/gloo-mesh-agent:2.0.0" in its parts.
Draft imageOf(Value container) {
  std::string_view image = container["image"].text();
  std::string_view version;
  const size_t colon = image.rfind(':');
  if (colon != image.npos && image.find('/', colon) == image.npos) {
    version = image.substr(colon + 1);
    image = image.substr(0, colon);
  }
  std::string_view domain = "docker.io";
  const size_t slash = image.find('/');
  if (slash != image.npos && image.substr(0, slash).find_first_of(".:") != image.npos) {
    domain = image.substr(0, slash);
    image = image.substr(slash + 1);
  }
  return Draft::object({{"name", container["name"].text()},
                        {"domain", domain},
                        {"path", image},
                        {"version", version}});
}

bool isComponent(Value deployment) {
  const Value labels = deployment["metadata"]["labels"];
  return labels[mgmt::kManagedByLabel].text() == mgmt::kManagedBy;
}

}  // namespace

Task<Result<int>> version(Invocation run) {
  io::World& world = run.context.world;
  Draft out = Draft::object();
  out["client"]["version"] = kVersion;
  out["server"] = Draft::array();
  // Without a cluster there is still a client: what cannot be asked is said beside the answer.
  auto access = co_await accessManagement(world, run.flags);
  Result<client::ObjectList> found = fail(Code::kNotFound, "");
  if (access) {
    found = co_await access->api->list(mgmt::resources::deployments(), run.flags.get("namespace"),
                                       {}, world.clock().now() + mgmt::kObjectTimeout);
  }
  Draft components = Draft::array();
  if (found) {
    for (const doc::Doc& deployment : found->items) {
      if (!isComponent(deployment)) continue;
      Draft images = Draft::array();
      for (const Value container : deployment["spec"]["template"]["spec"]["containers"].elements())
        images.push(imageOf(container));
      components.push(Draft::object({{"componentName", deployment["metadata"]["name"].text()},
                                     {"images", std::move(images)}}));
    }
  }
  if (components.size() > 0) {
    out["server"].push(Draft::object(
        {{"Namespace", run.flags.get("namespace")}, {"components", std::move(components)}}));
  }
  run.context.console.out(cat(doc::toPrettyJson(out.finish(), kIndent), "\n"));
  if (!access) {
    run.context.console.err(cat("meshctl: warning: ", access.error().message(), "\n"));
  } else if (!found) {
    run.context.console.err(
        cat("meshctl: warning: ", explainUnreachable(*access, found.error()).message(), "\n"));
  }
  co_return kOk;
}

}  // namespace meshka::cli::meshctl
