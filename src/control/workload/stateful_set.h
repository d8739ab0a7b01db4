// StatefulSets: pods NAME-0 ... NAME-(n-1), in order.
#pragma once

#include "control/context.h"

namespace meshka::control {

struct StatefulSetPlan {
  std::vector<int64_t> create;  // ordinals
  std::vector<doc::Doc> remove;
  doc::Doc status;
};
StatefulSetPlan planStatefulSet(doc::Value set, const std::vector<doc::Doc>& pods, WallTime now);
// The pod of one ordinal.
doc::Doc statefulPod(doc::Value set, int64_t ordinal);
// Name of the revision that the template stands for: NAME-HASH.
std::string revisionName(doc::Value set);

std::unique_ptr<Controller> startStatefulSets(Context& context);

}  // namespace meshka::control
