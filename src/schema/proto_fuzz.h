// The body of the protobuf fuzzer, run on its seeds by a unit test, too.
#pragma once

#include <string_view>

#include "base/assert.h"
#include "schema/proto.h"
#include "schema/tables.h"

namespace meshka::schema {

// What decodes must encode, and decode to the same again.
inline void fuzzProto(std::string_view bytes) {
  (void)openEnvelope(bytes);
  constexpr std::string_view kTypes[] = {
      "io.k8s.api.core.v1.Pod", "io.k8s.api.core.v1.Secret",
      "io.k8s.api.apps.v1.ControllerRevision",
      "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"};
  for (std::string_view name : kTypes) {
    const Schema& schema = *builtinType(name);
    Result<doc::Doc> object = decodeMessage(schema, bytes);
    if (!object) continue;
    Result<std::string> again = encodeMessage(schema, *object);
    if (!again) continue;  // a depth that only just decoded
    Result<doc::Doc> same = decodeMessage(schema, *again);
    MESHKA_ASSERT(same && *same == *object);
  }
}

}  // namespace meshka::schema
