// The body of the CRD schema fuzzer, run on its seeds by a unit test, too.
#pragma once

#include <string_view>

#include "base/assert.h"
#include "doc/json.h"
#include "schema/crd.h"
#include "schema/defaulting.h"
#include "schema/prune.h"
#include "schema/validate.h"

namespace meshka::schema {

// {"schema": ..., "object": ...}: no schema may break compilation, and pruning and defaulting come
// to rest.
inline void fuzzCrd(std::string_view text) {
  Result<doc::Doc> input = doc::parseJson(text);
  if (!input) return;
  (void)checkCrd(*input);
  Result<std::shared_ptr<const CompiledSchema>> compiled = compileSchema((*input)["schema"]);
  if (!compiled) return;
  const Schema& schema = (*compiled)->root();
  doc::Doc object = (*input)["object"].doc();
  (void)validate(schema, object);
  doc::Doc pruned = prune(schema, object);
  MESHKA_ASSERT(unknownFields(schema, pruned).empty());
  doc::Doc full = applyDefaults(schema, pruned);
  MESHKA_ASSERT(applyDefaults(schema, full) == full || !full.exists());
}

}  // namespace meshka::schema
