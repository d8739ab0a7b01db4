// What comes up from the host: pod status, the node a pod runs on, nodes, events.
#pragma once

#include "doc/doc.h"
#include "vcluster/translate/metadata.h"

namespace meshka::vcluster {

// The virtual pod with the host pod's status; missing when they agree. Names of the host do not
// show: images and container states are the pod's own words, and messages naming the host pod are
// rewritten.
doc::Doc adoptPodStatus(doc::Value virtual_pod, doc::Value host_pod);

// A host node as it is shown inside: labels, taints, capacity, conditions, addresses, versions; no
// images, no annotations of the host, no resource version or uid.
doc::Doc virtualNode(doc::Value host_node);
// Brings an existing virtual node in line; missing when they agree. `status` and the rest are
// written separately.
doc::Doc updateVirtualNode(doc::Value virtual_node, doc::Value host_node);
doc::Doc updateVirtualNodeStatus(doc::Value virtual_node, doc::Value host_node);

// A host event about a synced pod, as an event of the virtual pod.
doc::Doc virtualEvent(doc::Value host_event, doc::Value virtual_pod);

}  // namespace meshka::vcluster
