// JSON text to Doc and back (RFC 8259). Limits are checked before memory is taken.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doc/doc.h"

namespace meshka::doc {

struct ParseOptions {
  uint32_t max_depth = 100;
  uint64_t max_bytes = 16u << 20;
  // Duplicate keys: the last one wins, as in encoding/json; each is named here ("spec.replicas") when wanted.
  std::vector<std::string>* duplicate_keys = nullptr;
};

// Errors: kInvalid with line and column, kTooLarge.
Result<Doc> parseJson(std::string_view text, const ParseOptions& options = {});
// Canonical: sorted keys, no white space, shortest round-trip numbers. Stored bytes and wire bytes.
std::string toJson(Value value);
void appendJson(std::string& out, Value value);
std::string toPrettyJson(Value value, int indent = 4);

}  // namespace meshka::doc
