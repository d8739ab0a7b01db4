// The bodies of the fuzzers, as functions, so that a unit test runs them over the seed corpora.
// Each asserts what its parser promises for any input. Patches come as {"doc": ..., "patch": ...},
// a path as its own line before a document.
#pragma once

#include <string_view>

#include "base/assert.h"
#include "doc/json.h"
#include "doc/json_patch.h"
#include "doc/json_path.h"
#include "doc/merge_patch.h"
#include "doc/strategic_patch.h"
#include "doc/utf8.h"
#include "doc/yaml.h"

namespace meshka::doc {
namespace fuzzing {

// Whatever is in a Doc can be written and read back as the same value.
inline void checkRoundTrip(Value value) {
  const std::string text = toJson(value);
  MESHKA_ASSERT(isUtf8(text));
  const auto back = parseJson(text, {.max_depth = 1000});
  MESHKA_ASSERT(back && *back == value.doc());
  MESHKA_ASSERT(toJson(*back) == text);
  const Draft draft(value);
  MESHKA_ASSERT(draft.equals(value));
}

// Lists merge by "name", maps merge, everything is known: the directives meet every shape of data.
class AnySchema final : public MergeSchema {
 public:
  MergeField field(const void* place, std::string_view name) const override {
    return {.found = name != "unknown",
            .child = place,
            .merge = name != "atomic",
            .replace = name == "whole",
            .merge_key = name == "scalars" ? "" : "name"};
  }
};

}  // namespace fuzzing

inline void fuzzJson(std::string_view input) {
  std::vector<std::string> duplicates;
  const auto doc = parseJson(input, {.duplicate_keys = &duplicates});
  if (!doc) return;
  fuzzing::checkRoundTrip(*doc);
  const std::string pretty = toPrettyJson(*doc, 2);
  MESHKA_ASSERT(*parseJson(pretty) == *doc);
}

inline void fuzzYaml(std::string_view input) {
  const auto docs = parseYaml(input, {.max_bytes = 1 << 20});
  if (!docs) return;
  for (const Doc& doc : *docs) {
    fuzzing::checkRoundTrip(doc);
    (void)toYaml(doc);
  }
}

inline void fuzzJsonPatch(std::string_view input) {
  const auto doc = parseJson(input);
  if (!doc) return;
  const auto patched = applyJsonPatch((*doc)["doc"], (*doc)["patch"]);
  if (patched) fuzzing::checkRoundTrip(*patched);
  fuzzing::checkRoundTrip(applyMergePatch((*doc)["doc"], (*doc)["patch"]));
}

inline void fuzzStrategicPatch(std::string_view input) {
  const auto doc = parseJson(input);
  if (!doc) return;
  const fuzzing::AnySchema schema;
  const auto patched = applyStrategicPatch((*doc)["doc"], (*doc)["patch"], schema, &schema);
  if (patched) fuzzing::checkRoundTrip(*patched);
}

inline void fuzzJsonPath(std::string_view input) {
  const size_t line = input.find('\n');
  const auto path = JsonPath::parse(input.substr(0, line));
  if (!path || line == std::string_view::npos) return;
  const auto doc = parseJson(input.substr(line + 1));
  if (!doc) return;
  for (const Value v : path->find(*doc)) MESHKA_ASSERT(v.exists());
}

}  // namespace meshka::doc
