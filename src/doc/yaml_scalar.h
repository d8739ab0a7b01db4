// What a YAML scalar means: the rules of go-yaml v2, which kubectl and helm read with. Internal to
// library doc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meshka::doc {

enum class ScalarType : uint8_t { kText, kNull, kBool, kInt, kUint, kFloat };

struct Scalar {
  ScalarType type = ScalarType::kText;
  bool boolean = false;
  int64_t integer = 0;
  uint64_t natural = 0;  // kUint: above the range of int64
  double number = 0;     // kFloat; may be infinite or NaN
};

// A plain (unquoted) scalar, by its text alone.
Scalar resolvePlain(std::string_view text);
// With an explicit tag, short form ("!!int"). Errors: kInvalid, "cannot decode !!str `x` as a
// !!int".
Result<Scalar> resolveTagged(std::string_view tag, std::string_view text);
// Reads like a base-60 number to other YAML 1.1 readers, so it is quoted when written.
bool isBase60(std::string_view text);
// Reads as a time (which stays text here), so it is quoted when written.
bool isTimestamp(std::string_view text);
// strconv's format 'g' with the shortest digits; of the value as a float when single is set;
// infinities as .inf, -.inf and .nan.
std::string formatG(double d, bool single = false);

}  // namespace meshka::doc
