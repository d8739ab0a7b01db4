// Whether a pod gets a proxy.
#pragma once

#include <string>
#include <string_view>

#include "doc/doc.h"

namespace meshka::mesh {

// "" : yes. Else why not. `config` has policy, neverInjectSelector and alwaysInjectSelector.
std::string whyNotInjected(doc::Value pod, std::string_view ns, doc::Value config);

}  // namespace meshka::mesh
