// ConfigMaps and Secrets that pods use, and the Secret that carries a pod's service account tokens.
#pragma once

#include <map>

#include "doc/doc.h"
#include "vcluster/translate/metadata.h"

namespace meshka::vcluster {

// `object` is a ConfigMap or a Secret with apiVersion and kind.
doc::Doc hostConfig(doc::Value object, const Tenant& tenant, const Owner& owner);
// Missing when host and virtual agree.
doc::Doc updateHostConfig(doc::Value host, doc::Value object, const Tenant& tenant);

// Owned by the host pod, so it goes with it. `tokens` maps keys to bearer tokens.
doc::Doc tokenSecret(doc::Value host_pod, const std::string& name,
                     const std::map<std::string, std::string>& tokens, const Tenant& tenant);

}  // namespace meshka::vcluster
