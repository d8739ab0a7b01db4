// Volumes of a translated pod: references renamed, projected service account tokens taken from a
// host Secret.
#pragma once

#include "vcluster/translate/pod.h"

namespace meshka::vcluster {

// Rewrites spec.volumes in place and notes tokens, ConfigMaps and Secrets in `out`.
void translateVolumes(doc::Draft& spec, std::string_view ns, const PodContext& context,
                      TranslatedPod& out);
// ConfigMaps and Secrets that containers name in env and envFrom, and imagePullSecrets: noted in
// `out`.
void collectReferences(doc::Value virtual_spec, TranslatedPod& out);

}  // namespace meshka::vcluster
