// The CustomResourceDefinitions of the management plane, made from the compact table
// schemas/mgmt/crds.yaml: apiextensions v1, version v2, structural, without printer columns.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"

namespace meshka::mgmt {

// In the table's order.
std::vector<doc::Doc> crdObjects();
// Their API groups.
std::vector<std::string> crdGroups();
// Errors: kInvalid naming what the table says wrongly; for the test.
Result<std::vector<doc::Doc>> crdsOfTable(doc::Value table);

}  // namespace meshka::mgmt
