// Environment of a translated container: the API server's address, service links, and fieldRefs
// that would otherwise show the host's names.
#pragma once

#include "vcluster/translate/pod.h"

namespace meshka::vcluster {

// metadata.name and friends mean the virtual pod: they are read from the annotations that the
// syncer wrote. Other paths (status.podIP, spec.nodeName, status.hostIP) are true as they are.
// Empty: unchanged.
std::string redirectFieldPath(std::string_view path, const Tenant& tenant);

// Adds to `container` what the kubelet of a real cluster would have put there; names set by the
// user win.
void translateEnv(doc::Draft& container, const PodContext& context, std::string_view ns,
                  bool service_links);

}  // namespace meshka::vcluster
