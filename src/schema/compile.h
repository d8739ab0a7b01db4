// Compilation of openAPIV3Schema documents into nodes; used by crd.cc.
#pragma once

#include <memory>

#include "doc/doc.h"
#include "schema/crd.h"

namespace meshka::schema {

// `resource`: the root is an object of the API, so apiVersion, kind and metadata are known although
// the schema does not name them. The document must be structural (checkStructural); what is not is
// read as far as it can be.
std::shared_ptr<const CompiledSchema> compileNodes(doc::Value openapi_schema, bool resource);

}  // namespace meshka::schema
