// What differs between two values: for finding out that a write changes nothing, and for tests and
// logs.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"

namespace meshka::doc {

// JSON pointers of the smallest subtrees that differ, in order; "" when the roots differ in kind.
// Elements of arrays are compared by index; when the lengths differ the array itself is named. At
// most `limit` are found.
std::vector<std::string> changedPointers(Value before, Value after, size_t limit = 100);

}  // namespace meshka::doc
