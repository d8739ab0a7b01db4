// A case of testdata/translate: objects and proxies in, all that the proxies get out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mesh/translate/translate.h"

namespace meshka::mesh::test {

struct NamedProxy {
  std::string name;
  ProxyIdentity identity;
};

struct Case {
  std::shared_ptr<const Model> model;
  std::vector<NamedProxy> proxies;
};
// The first document of `path` is {mesh, proxies}, the rest are objects. Reversed: the lists of
// objects in the opposite order.
Case loadCase(const std::string& path, bool reversed = false);

// What one proxy asks for: the routes that its listeners name, the endpoints that its clusters do.
struct Snapshot {
  std::vector<NamedResource> clusters, endpoints, listeners, routes;
  std::optional<doc::Doc> names;
};
Snapshot snapshotOf(const Model& model, const ProxyIdentity& proxy);

std::string toYaml(const Case& c);

// Mistakes that Envoy rejects or, worse, accepts in silence. Empty: none found.
std::vector<std::string> brokenRules(const Snapshot& snapshot);

}  // namespace meshka::mesh::test
