// YAML text to Doc and back, with the scalar rules of the library that kubectl and helm use (YAML 1.1 booleans,
// octals as Go's yaml.v2 reads them; sexagesimals stay text).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doc/doc.h"
#include "doc/json.h"

namespace meshka::doc {

// All documents of a stream; empty documents are dropped. Errors: kInvalid with the line. Aliases are expanded within
// the limits of `options`.
Result<std::vector<Doc>> parseYaml(std::string_view text, const ParseOptions& options = {});
// Exactly one document (none: a null Doc).
Result<Doc> parseYamlDocument(std::string_view text, const ParseOptions& options = {});
// As `kubectl -o yaml` prints: block style, two spaces, sorted keys.
std::string toYaml(Value value);

}  // namespace meshka::doc
