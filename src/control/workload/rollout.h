// The arithmetic of a Deployment's rollout, as plain functions.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"

namespace meshka::control {

// "25%" of `total` rounded up or down, or the number itself.
int64_t resolvePercent(doc::Value int_or_percent, int64_t total, bool round_up);

struct Strategy {
  bool recreate = false;
  int64_t max_surge = 0;
  int64_t max_unavailable = 0;
};
Strategy strategyOf(doc::Value deployment);

// Replica counts as they are wanted next; names are those of `sets`.
struct Scale {
  std::string name;
  int64_t replicas = 0;
};
// `current` is the set with the deployment's template (an element of `sets`). A paused deployment
// is only resized.
std::vector<Scale> planRollout(doc::Value deployment, const std::vector<doc::Doc>& sets,
                               doc::Value current);

// Seconds without progress after which a rollout counts as failed.
int64_t progressDeadline(doc::Value deployment);

// status of the deployment; conditions keep their transition times where nothing changed.
doc::Doc deploymentStatus(doc::Value deployment, const std::vector<doc::Doc>& sets,
                          doc::Value current, const std::string& now);

// Ten characters that stand for a pod template, pod-template-hash set aside.
std::string templateHash(doc::Value pod_template, int64_t collisions);
bool equalTemplates(doc::Value a, doc::Value b);

}  // namespace meshka::control
