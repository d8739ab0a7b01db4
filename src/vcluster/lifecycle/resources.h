// The API resources that the chart and the commands use.
#pragma once

#include "client/api_client.h"

namespace meshka::vcluster {

inline client::Resource pods() {
  return {"", "v1", "pods"};
}
inline client::Resource services() {
  return {"", "v1", "services"};
}
inline client::Resource endpoints() {
  return {"", "v1", "endpoints"};
}
inline client::Resource secrets() {
  return {"", "v1", "secrets"};
}
inline client::Resource configMaps() {
  return {"", "v1", "configmaps"};
}
inline client::Resource namespaces() {
  return {"", "v1", "namespaces"};
}
inline client::Resource nodes() {
  return {"", "v1", "nodes"};
}
inline client::Resource events() {
  return {"", "v1", "events"};
}
inline client::Resource serviceAccounts() {
  return {"", "v1", "serviceaccounts"};
}
inline client::Resource statefulSets() {
  return {"apps", "v1", "statefulsets"};
}

// Of an object of the chart; asserts that its kind is one of them.
client::Resource resourceOf(doc::Value object);

}  // namespace meshka::vcluster
