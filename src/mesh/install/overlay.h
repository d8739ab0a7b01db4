// `components.X.k8s` of an IstioOperator, laid over a component's rendered objects.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"

namespace meshka::mesh {

struct OverlayTarget {
  std::string object;     // name of Deployment, Service, autoscaler and budget
  std::string container;  // of the Deployment
};

// Errors: kInvalid for a path of k8s.overlays that leads nowhere. What fits no object is a warning.
Result<void> applyK8sSettings(std::vector<doc::Doc>& objects, doc::Value k8s,
                              const OverlayTarget& target, std::vector<std::string>& warnings);

// Strategic merge of what Deployments and Services consist of: containers, env, volumes, ports and
// so on by their keys; what is new comes first, as kubectl's library does it.
doc::Draft mergeObject(doc::Draft base, doc::Value over);

}  // namespace meshka::mesh
