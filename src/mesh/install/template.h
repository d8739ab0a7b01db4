// Objects from the templates of schemas/istio: a tree in which <name> stands for a value.
#pragma once

#include <map>
#include <string>

#include "doc/doc.h"

namespace meshka::mesh {

using TemplateValues = std::map<std::string, doc::Draft, std::less<>>;

// A text that is exactly "<name>" becomes the value; inside a longer text the value's text is put
// in. Members that become null are dropped. Every name must be known (asserted).
doc::Draft fillTemplate(doc::Value pattern, const TemplateValues& values);

}  // namespace meshka::mesh
