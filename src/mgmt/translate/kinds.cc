#include "mgmt/translate/kinds.h"

#include "mgmt/translate/translate.h"

namespace meshka::mgmt {

std::vector<std::string> configResources() {
  std::vector<std::string> resources;
  for (const KindInfo& info : kKinds) resources.emplace_back(info.resource);
  return resources;
}

std::vector<std::string> clusterResources() {
  std::vector<std::string> resources = configResources();
  for (const char* more : {"configmaps", "configmaps/root", "daemonsets.apps", "deployments.apps",
                           "meshes.internal.gloo.solo.io", "namespaces", "nodes", "pods",
                           "serviceaccounts", "services", "statefulsets.apps"}) {
    resources.emplace_back(more);
  }
  return resources;
}

std::vector<std::string> adminResources() {
  std::vector<std::string> resources = configResources();
  resources.emplace_back("kubernetesclusters.admin.gloo.solo.io");
  return resources;
}

std::vector<std::string> outputResources() {
  return {"authorizationpolicies.security.istio.io",
          "destinationrules.networking.istio.io",
          "gateways.networking.istio.io",
          "peerauthentications.security.istio.io",
          "serviceentries.networking.istio.io",
          "sidecars.networking.istio.io",
          "virtualservices.networking.istio.io",
          "workloadentries.networking.istio.io"};
}

}  // namespace meshka::mgmt
