// One condition of a rule (a list of values of one field) as Envoy's permission or principal. For
// the .cc files of this folder only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/model/model.h"
#include "mesh/translate/envoy/draft.h"

namespace meshka::mesh {

// Values of one field that any one of must match. nullopt: the field is not translated.
// `http` tells whether the connection is HTTP.
std::optional<std::vector<Draft>> permissionsOf(std::string_view field,
                                                const std::vector<std::string>& values);
std::optional<std::vector<Draft>> principalsOf(std::string_view field,
                                               const std::vector<std::string>& values,
                                               const std::vector<std::string>& trust_domains);
bool needsHttp(std::string_view field);

// `when` in words of the two above: "source.ip" -> "ipBlocks". Empty: not translated.
struct WhenField {
  bool permission = false;
  std::string field;
};
std::optional<WhenField> whenField(std::string_view key);

}  // namespace meshka::mesh
