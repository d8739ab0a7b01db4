// Label and field selectors of lists, watches and deletecollection, by the fields that a kind lets
// be selected.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/registry.h"
#include "api/selectors.h"
#include "base/result.h"
#include "doc/doc.h"

namespace meshka::apiserver {

// Both selectors of one request, against objects in hub form.
class Selection {
 public:
  // Errors: kInvalid (syntax; `field label not supported: X`).
  static Result<Selection> parse(const api::Kind& kind, std::string_view labels,
                                 std::string_view fields);
  bool all() const { return labels_.selectsEverything() && fields_.empty(); }
  bool matches(doc::Value object) const;

 private:
  struct Field {
    std::string pointer;
    std::string value;
    bool negated = false;
  };
  api::LabelSelector labels_;
  std::vector<Field> fields_;
};

}  // namespace meshka::apiserver
