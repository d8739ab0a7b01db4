// The values of a chart as its user gives them: layers merged as helm merges them, leaves read with
// their type checked, and a sentence for each key that changes nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::doc {

enum class KeyUse : uint8_t {
  kUsed,
  kNotYet,    // warned about: not supported yet
  kNoEffect,  // warned about: it has no meaning here
  kMoot,      // what it asks for is so anyway
};

struct ChartKey {
  std::string_view path;  // a whole subtree when it ends in ".*"; the first that fits counts
  KeyUse use;
};

// Maps merge, everything else in `over` replaces.
Doc mergeValues(Value base, Value over);

// One sentence, beginning with "values: ", for each key of `typed` without an effect.
std::vector<std::string> valuesWithoutEffect(Value typed, std::span<const ChartKey> keys);

// Reads leaves by their dotted path; what is absent or null leaves the variable as it is. Errors:
// kInvalid naming the path and what it must be.
class ValuesReader {
 public:
  explicit ValuesReader(Value root) : root_(root) {}
  Value at(std::string_view path) const;
  Result<void> boolean(std::string_view path, bool& into) const;
  Result<void> text(std::string_view path, std::string& into) const;  // a number is taken as text
  Result<void> port(std::string_view path, uint16_t& into) const;

 private:
  Value root_;
};

}  // namespace meshka::doc
