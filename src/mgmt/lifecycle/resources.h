// The API resources that the commands use.
#pragma once

#include <vector>

#include "client/api_client.h"

namespace meshka::mgmt::resources {

inline client::Resource pods() {
  return {"", "v1", "pods"};
}
inline client::Resource services() {
  return {"", "v1", "services"};
}
inline client::Resource secrets() {
  return {"", "v1", "secrets"};
}
inline client::Resource namespaces() {
  return {"", "v1", "namespaces"};
}
inline client::Resource events() {
  return {"", "v1", "events"};
}
inline client::Resource deployments() {
  return {"apps", "v1", "deployments"};
}
inline client::Resource crds() {
  return {"apiextensions.k8s.io", "v1", "customresourcedefinitions"};
}
inline client::Resource kubernetesClusters() {
  return {"admin.gloo.solo.io", "v2", "kubernetesclusters"};
}
inline client::Resource dashboards() {
  return {"admin.gloo.solo.io", "v2", "dashboards"};
}

// Of an object of the chart; asserts that its kind is one of them.
client::Resource ofObject(doc::Value object);
// Of a CustomResourceDefinition: what it defines.
client::Resource definedBy(doc::Value crd);

}  // namespace meshka::mgmt::resources
