// Annotations that steer injection: their values are checked before anything is made of them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::mesh {

// Errors: kInvalid naming the annotation and its value.
Result<void> checkAnnotations(doc::Value annotations);

}  // namespace meshka::mesh
