#include "mesh/inject/probes.h"

#include "base/strings.h"
#include "doc/json.h"

namespace meshka::mesh {
namespace {

using doc::Draft;

struct Probe {
  const char* member;
  const char* path;
};
constexpr Probe kProbes[] = {
    {"readinessProbe", "readyz"}, {"livenessProbe", "livez"}, {"startupProbe", "startupz"}};

// A named port becomes the container's number; unknown names stay, and the kubelet says so.
Draft portOf(const Draft& container, const Draft& port) {
  if (port.kind() != doc::Kind::kString) return port;
  const Draft* ports = container.find("ports");
  for (size_t i = 0; ports != nullptr && i < ports->size(); ++i) {
    const Draft* name = ports->at(i).find("name");
    const Draft* number = ports->at(i).find("containerPort");
    if (name != nullptr && number != nullptr && name->text() == port.text()) return *number;
  }
  return port;
}

}  // namespace

std::string rewriteProbes(Draft& spec, int64_t status_port) {
  Draft known = Draft::object();
  Draft& containers = spec["containers"];
  for (size_t i = 0; i < containers.size(); ++i) {
    Draft& container = containers.at(i);
    const std::string name = container["name"].text();
    if (name == "istio-proxy") continue;
    for (const Probe& kind : kProbes) {
      Draft* probe = container.find(kind.member);
      Draft* get = probe == nullptr ? nullptr : probe->find("httpGet");
      if (get == nullptr || !get->isObject()) continue;
      const std::string path = cat("/app-health/", name, "/", kind.path);
      Draft original(*get);
      original["port"] = portOf(container, original["port"]);
      Draft entry = Draft::object({{"httpGet", std::move(original)}});
      if (const Draft* timeout = probe->find("timeoutSeconds")) entry["timeoutSeconds"] = *timeout;
      known[path] = std::move(entry);
      (*get)["path"] = path;
      (*get)["port"] = status_port;
      // The agent speaks HTTP; it probes HTTPS itself.
      if (const Draft* scheme = get->find("scheme"); scheme != nullptr && scheme->text() == "HTTPS")
        (*get)["scheme"] = "HTTP";
    }
  }
  return known.size() == 0 ? std::string() : doc::toJson(known.finish());
}

}  // namespace meshka::mesh
