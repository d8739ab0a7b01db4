#include "api/merge_schema.h"

namespace meshka::api {

doc::MergeField SchemaMerge::field(const void* place, std::string_view name) const {
  const auto& node = *static_cast<const schema::Schema*>(place);
  const schema::Property* property = node.property(name);
  const schema::Schema* value = property != nullptr ? property->schema : node.additional;
  if (value == nullptr) return {.found = node.open()};
  return {.found = true,
          .child = value->type == schema::Type::kArray ? value->items : value,
          .merge = (value->patch & schema::kPatchMerge) != 0,
          .replace = (value->patch & schema::kPatchReplace) != 0,
          .merge_key = value->merge_key};
}

}  // namespace meshka::api
