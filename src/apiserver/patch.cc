// The three patch forms on an object. Strategic merge finds its keys in the kind's schema.
#include "api/merge_schema.h"
#include "apiserver/engine.h"
#include "apiserver/status.h"
#include "base/strings.h"
#include "doc/json_patch.h"
#include "doc/merge_patch.h"
#include "doc/strategic_patch.h"

namespace meshka::apiserver {

Result<doc::Doc> applyPatch(const api::Kind& kind, PatchType type, doc::Value current,
                            doc::Value patch) {
  if (type == PatchType::kJson) {
    auto done = doc::applyJsonPatch(current, patch);
    if (done || done.error().reason() != "Invalid") return done;
    return fail(Error(Code::kInvalid, "Invalid",
                      cat("the server rejected our request due to an error in our request: ",
                          done.error().message())));
  }
  if (!patch.isObject()) return fail(Code::kInvalid, "the patch must be a JSON object");
  if (type == PatchType::kMerge) return doc::applyMergePatch(current, patch);
  if (kind.custom() != nullptr) {
    return fail(unsupportedMediaType(
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"));
  }
  return doc::applyStrategicPatch(current, patch, api::SchemaMerge(), &kind.schema());
}

}  // namespace meshka::apiserver
