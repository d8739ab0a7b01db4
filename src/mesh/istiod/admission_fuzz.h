// What both the fuzzer and its short run among the unit tests do with bytes from the webhook's
// port.
#pragma once

#include <string_view>

#include "base/assert.h"
#include "doc/json.h"
#include "doc/json_patch.h"
#include "mesh/inject/inject.h"
#include "mesh/inject/json_patch.h"
#include "mesh/validate/validate.h"

namespace meshka::mesh {

// Any JSON as pod and as Istio object: an answer or an error. What is injected can be patched into
// what came.
inline void fuzzAdmission(std::string_view bytes) {
  const auto parsed = doc::parseJson(bytes);
  if (!parsed) return;
  (void)joinErrors(validateIstioObject(*parsed).errors);
  InjectInput input;
  input.pod = *parsed;
  input.ns = "ns";
  const auto out = injectPod(input);
  if (!out || !out->injected) return;
  const auto patched = doc::applyJsonPatch(*parsed, jsonPatchOf(*parsed, out->pod));
  MESHKA_ASSERT(patched && *patched == out->pod);
}

}  // namespace meshka::mesh
