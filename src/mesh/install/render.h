// From a merged IstioOperator to the objects of the cluster, as a plain function: what upstream's
// charts of 1.11.7 give for the same input.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"
#include "mesh/install/operator.h"

namespace meshka::mesh {

// What the rendering depends on besides the input.
struct ClusterFacts {
  bool third_party_jwt = true;   // discovery has serviceaccounts/token
  int kubernetes_minor = 0;      // 22 of v1.22; 0: no server was asked (`manifest generate`)
  bool policy_v1beta1 = true;    // served; else policy/v1 is used
  bool autoscaling_beta = true;  // v2beta1 served; else autoscaling/v2
};

struct Component {
  std::string name;   // in labels: Base, Pilot, IngressGateways, EgressGateways
  std::string title;  // in progress lines: "Istio core"
  std::vector<doc::Doc> objects;
};

struct Rendering {
  std::vector<Component> components;  // in the order in which they are installed
  std::vector<std::string> warnings;
};

// Errors: kInvalid for an overlay whose path leads nowhere.
Result<Rendering> renderComponents(const Installation& installation, const ClusterFacts& facts);

// All objects in the order in which `manifest generate` prints them.
std::vector<doc::Doc> manifestOrder(const Rendering& rendering);
// Within a component: service accounts and roles first, Services last.
std::vector<doc::Doc> installOrder(const Component& component);

}  // namespace meshka::mesh
