// metav1.LabelSelector against labels.
#pragma once

#include "doc/doc.h"

namespace meshka::node {

// An empty selector matches everything; a missing one nothing. An unknown operator matches nothing.
bool matchesSelector(doc::Value selector, doc::Value labels);

}  // namespace meshka::node
