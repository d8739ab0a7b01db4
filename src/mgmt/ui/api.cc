#include "mgmt/ui/api.h"

#include "base/strings.h"
#include "doc/json.h"
#include "mgmt/lifecycle/resources.h"

namespace meshka::mgmt::ui {

using doc::Doc;
using doc::Draft;
using io::Task;

namespace {

constexpr std::string_view kRoot = "/api/v1/";

void respondJson(net::ResponseWriter& response, int status, doc::Value body) {
  net::respond(response, status, "application/json", cat(doc::toJson(body), "\n"));
}

void refuse(net::ResponseWriter& response, int status, std::string_view message) {
  respondJson(response, status, Draft::object({{"message", message}}).finish());
}

// What a person has no use for.
Draft trimmed(const Doc& object) {
  Draft out(object);
  out["metadata"].erase("managedFields");
  return out;
}

}  // namespace

Api::Api(io::World& world, client::ApiClient& client, std::string ns) {
  const auto add = [&](std::string name, client::Resource resource, std::string in) {
    kinds_.push_back(
        {std::move(name), client::makeCollection(
                              world.loop, world.rng, world.log, client, std::move(resource),
                              {.ns = std::move(in), .label_selector = {}, .field_selector = {}})});
  };
  add("clusters", resources::kubernetesClusters(), ns);
  add("meshes", {"internal.gloo.solo.io", "v2", "meshes"}, "");
  add("workspaces", {"admin.gloo.solo.io", "v2", "workspaces"}, ns);
  add("workspacesettings", {"admin.gloo.solo.io", "v2", "workspacesettings"}, "");
  add("roottrustpolicies", {"admin.gloo.solo.io", "v2", "roottrustpolicies"}, ns);
  add("deployments", resources::deployments(), ns);
}

const Api::Kind* Api::find(std::string_view name) const {
  for (const Kind& kind : kinds_)
    if (kind.name == name) return &kind;
  return nullptr;
}

std::string Api::notReady() const {
  std::vector<std::string> missing;
  for (const Kind& kind : kinds_)
    if (!kind.objects->hasSynced()) missing.push_back(kind.name);
  return missing.empty() ? std::string() : cat("not listed yet: ", join(missing, ", "));
}

Inputs Api::inputs() const {
  return {.clusters = find("clusters")->objects->list(),
          .meshes = find("meshes")->objects->list(),
          .workspaces = find("workspaces")->objects->list(),
          .deployments = find("deployments")->objects->list()};
}

void Api::answer(std::string_view path, net::ResponseWriter& response) const {
  if (const std::string why = notReady(); !why.empty()) return refuse(response, 503, why);
  if (path == "overview") return respondJson(response, 200, overview(inputs()));
  const std::vector<std::string_view> parts = split(path, '/');
  const Kind* kind = find(parts[0]);
  if (kind == nullptr || parts.size() > 2) {
    std::string known = "overview";
    for (const Kind& k : kinds_) known += cat(", ", k.name);
    return refuse(response, 404, cat("there is no ", kRoot, path, "; there are ", known));
  }
  Draft items = Draft::array();
  for (const Doc& object : kind->objects->list()) {
    if (parts.size() == 1) items.push(trimmed(object));
    if (parts.size() == 2 && object["metadata"]["name"].text() == parts[1])
      return respondJson(response, 200, trimmed(object).finish());
  }
  if (parts.size() == 2)
    return refuse(response, 404, cat(kind->name, ": there is no \"", parts[1], "\""));
  respondJson(response, 200, Draft::object({{"items", std::move(items)}}).finish());
}

Task<void> Api::serve(net::ServerRequest& request, net::ResponseWriter& response) {
  const std::string_view path = request.path;
  if (request.method != "GET" && request.method != "HEAD")
    refuse(response, 405, "read only: use GET");
  else if (!path.starts_with(kRoot))
    refuse(response, 404, cat("there is nothing at ", path, "; try ", kRoot, "overview"));
  else
    answer(path.substr(kRoot.size()), response);
  co_return;
}

Task<void> Health::serve(net::ServerRequest& request, net::ResponseWriter& response) {
  const std::string why = request.path == "/ready" ? api_.notReady() : std::string();
  net::respond(response, why.empty() ? 200 : 503, "text/plain",
               why.empty() ? "ok\n" : cat(why, "\n"));
  co_return;
}

}  // namespace meshka::mgmt::ui
