// Conversion of built-in objects between the versions of one kind. The hub is the stored form;
// every other version has a function to it and one from it (convert.cc); kinds whose versions have
// the same fields need none.
#pragma once

#include "api/registry.h"
#include "base/result.h"
#include "doc/doc.h"

namespace meshka::api {

// `object` is of version `from` and comes back as version `to` (apiVersion set). Custom kinds: only
// apiVersion changes (strategy None); kUnsupported when the CRD asks for a conversion webhook,
// which the API server calls itself.
Result<doc::Doc> convert(const Registry& registry, const Kind& from, const Kind& to,
                         const doc::Doc& object);

}  // namespace meshka::api
