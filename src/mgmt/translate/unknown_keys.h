// Keys of users' objects that no version of the interface has: they are stored, have no effect, and
// would otherwise widen a selector in silence.
#pragma once

#include <string>

#include "doc/doc.h"
#include "mgmt/translate/inventory.h"

namespace meshka::mgmt {

// By the schemas of the CustomResourceDefinitions that we install.
void reportUnknownKeys(const Inventory& inventory, Statuses& statuses);

// An enumeration is written by name or by number. "" when it is neither one of them; the first name
// when it is missing.
std::string enumName(doc::Value value, std::initializer_list<std::string_view> names);

}  // namespace meshka::mgmt
