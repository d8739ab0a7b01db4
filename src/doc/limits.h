// The bounds of library doc; ParseOptions may ask for less, never for more depth.
#pragma once

#include <cstddef>
#include <cstdint>

namespace meshka::doc {

// Nesting of any value: recursive functions over a Value rely on it. Parsers and patches refuse
// more.
constexpr uint32_t kMaxDepth = 500;
// Bytes of one block; nodes are 32-bit offsets.
constexpr uint64_t kMaxBlockBytes = 1u << 30;
// Duplicate keys that a parser names; further ones are dropped silently, the first ones serve the
// warning.
constexpr size_t kMaxDuplicateKeys = 100;

// Nodes of a YAML stream that are visited, each expansion of an alias counted again.
constexpr size_t kMaxYamlNodes = 4'000'000;

// JSON patch: operations of one patch, and bytes that its copy operations may duplicate.
constexpr size_t kMaxPatchOperations = 10'000;
constexpr size_t kMaxPatchCopyBytes = 3u << 20;
// Nesting of what a JSON patch puts somewhere, counted from the root: a patch must not make objects that parsers with
// the default depth refuse later.
constexpr uint32_t kMaxPatchedDepth = 100;
// JSON path: steps of one expression, and values that one evaluation may visit.
constexpr size_t kMaxPathSteps = 200;
constexpr size_t kMaxPathVisits = 1'000'000;

}  // namespace meshka::doc
