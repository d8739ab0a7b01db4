// The JSONPath of kubectl and of CRD printer columns: fields, quoted fields, indexes, slices,
// wildcards, unions, filters
// ?(@.a=="x") and recursive descent; without functions, ranges and text around the path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::doc {

class JsonPath {
 public:
  // ".status.conditions[?(@.type==\"Ready\")].status"; braces around and a leading '$' or '@' may
  // be there. Errors: kInvalid, worded as kubectl's parser does.
  static Result<JsonPath> parse(std::string_view text);

  // Values in the order in which they are met; what is missing is skipped. Stops at kMaxPathVisits
  // (limits.h).
  std::vector<Value> find(Value root) const;
  // The first one, or missing.
  Value first(Value root) const;

 private:
  friend class JsonPathParser;
  friend class JsonPathSearch;
  struct Slice {
    int64_t begin = 0, end = 0, step = 1;
    bool has_begin = false, has_end = false;
  };
  enum class StepKind : uint8_t { kFields, kWildcard, kRecursive, kSlices, kFilter };
  enum class Operator : uint8_t {
    kExists,
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual
  };
  struct Operand;
  struct Step {
    StepKind kind = StepKind::kFields;
    std::vector<std::string> names;
    std::vector<Slice> slices;
    Operator op = Operator::kExists;
    std::vector<Operand> operands;  // kFilter: left, right
  };
  struct Operand {
    bool literal = false;
    bool from_root = false;  // begins with '$'
    Doc value;
    std::vector<Step> steps;
  };
  std::vector<Step> steps_;
};

}  // namespace meshka::doc
