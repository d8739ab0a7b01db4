// securityContext of pod and container, merged and translated for the runtime.
#pragma once

#include "doc/doc.h"
#include "node/cri/cri.h"

namespace meshka::node {

// Errors: kInvalid with the kubelet's sentence (runAsNonRoot broken; a seccomp profile that is no
// RuntimeDefault or Unconfined); the pod then waits with CreateContainerConfigError.
Result<cri::ContainerSecurity> containerSecurity(doc::Value pod, doc::Value container,
                                                 const cri::Image& image);
cri::SandboxSecurity sandboxSecurity(doc::Value pod);

bool hostNetwork(doc::Value pod);
// fsGroup of the pod; nullopt: volumes keep their owner.
std::optional<int64_t> fsGroup(doc::Value pod);

}  // namespace meshka::node
