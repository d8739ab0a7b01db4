// What is checked of an IstioOperator before anything is made of it.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"
#include "mesh/install/operator.h"

namespace meshka::mesh {

// Unknown fields of one file's document, as upstream's strict decoding words them; known fields
// without effect go to `warnings`. `path` is where it was given, for the message.
Result<void> checkFields(doc::Value document, std::string_view type, const std::string& path,
                         std::vector<std::string>& warnings);

// Values of the merged spec: hub, tag, revision, names, trust domain, ports. Each finding is one
// line; warnings go to `installation`.
std::vector<std::string> checkValues(Installation& installation, bool strict_upstream);

// "cluster_1": a label in the sense of DNS but for '_'.
bool isDnsLabel(std::string_view text);

}  // namespace meshka::mesh
