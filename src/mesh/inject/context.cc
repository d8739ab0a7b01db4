#include "base/strings.h"
#include "mesh/inject/containers.h"

namespace meshka::mesh {

std::string InjectContext::annotation(std::string_view name, std::string_view fallback) const {
  const doc::Value value = annotations[name];
  return std::string(value.exists() ? value.text() : fallback);
}

std::string InjectContext::cluster() const {
  if (!input.cluster.empty()) return input.cluster;
  const std::string_view name = global["multiCluster"]["clusterName"].text();
  return std::string(name.empty() ? std::string_view("Kubernetes") : name);
}

std::string InjectContext::network() const {
  return input.network.empty() ? std::string(global["network"].text()) : input.network;
}

bool InjectContext::holdsApplication() const {
  return proxy_config["holdApplicationUntilProxyStarts"].boolean(
      global["proxy"]["holdApplicationUntilProxyStarts"].boolean());
}

std::string InjectContext::interceptionMode() const {
  return annotation("sidecar.istio.io/interceptionMode",
                    proxy_config["interceptionMode"].text("REDIRECT"));
}

}  // namespace meshka::mesh
