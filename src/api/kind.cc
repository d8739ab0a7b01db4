// A Kind: a built-in KindEntry as it is, or one made for a version of a custom kind.
#include <algorithm>

#include "api/registry.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using schema::SubresourceEntry;

constexpr std::string_view kAllVerbs[] = {"create", "delete", "deletecollection", "get",
                                          "list",   "patch",  "update",           "watch"};
constexpr std::string_view kSubresourceVerbs[] = {"get", "patch", "update"};

}  // namespace

Kind::Kind(std::shared_ptr<const schema::CustomKind> custom, size_t version)
    : custom_(std::move(custom)), custom_version_(&custom_->versions[version]) {
  const schema::CustomVersion& v = *custom_version_;
  short_names_.assign(custom_->short_names.begin(), custom_->short_names.end());
  categories_.assign(custom_->categories.begin(), custom_->categories.end());
  if (v.scale)
    subresources_.push_back({"scale", "autoscaling", "v1", "Scale", kSubresourceVerbs, 0, 0});
  if (v.has_status)
    subresources_.push_back(
        {"status", custom_->group, v.name, custom_->kind, kSubresourceVerbs, 0, 0});
  texts_.reserve(2 * v.selectable_fields.size());        // views into the elements stay valid
  for (const std::string& path : v.selectable_fields) {  // ".spec.color"
    std::string& label = texts_.emplace_back(path.substr(path.starts_with('.') ? 1 : 0));
    std::string& pointer = texts_.emplace_back("/" + label);
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    selectors_.push_back({label, pointer});
  }
  entry_ = {.group = custom_->group,
            .version = v.name,
            .kind = custom_->kind,
            .list_kind = custom_->list_kind,
            .plural = custom_->plural,
            .singular = custom_->singular,
            .short_names = short_names_,
            .categories = categories_,
            .verbs = kAllVerbs,
            .subresources = subresources_,
            .schema = &v.schema->root(),
            .storage_group = custom_->group,
            .storage_version = custom_->storage_version,
            .storage_plural = custom_->plural,
            .namespaced = custom_->namespaced,
            .has_status = v.has_status,
            .counts_generation = true,
            .unconditional_update = false,
            .deprecated = v.deprecated,
            .field_selectors = selectors_};
}

std::string Kind::apiVersion() const {
  return entry_.group.empty() ? std::string(entry_.version)
                              : cat(entry_.group, "/", entry_.version);
}

std::string Kind::resourceName() const {
  return entry_.group.empty() ? std::string(entry_.plural) : cat(entry_.plural, ".", entry_.group);
}

std::string Kind::storageName() const {
  return entry_.storage_group.empty() ? std::string(entry_.storage_plural)
                                      : cat(entry_.storage_plural, ".", entry_.storage_group);
}

bool Kind::allows(std::string_view verb) const {
  return std::ranges::find(entry_.verbs, verb) != entry_.verbs.end();
}

std::string Kind::deprecationWarning(uint8_t minor) const {
  if (custom_version_ != nullptr) {
    if (!custom_version_->deprecated) return {};
    if (!custom_version_->deprecation_warning.empty()) return custom_version_->deprecation_warning;
    return cat(apiVersion(), " ", entry_.kind, " is deprecated");
  }
  if (entry_.deprecated_since == 0 || minor < entry_.deprecated_since) return {};
  std::string out = cat(apiVersion(), " ", entry_.kind, " is deprecated in v1.",
                        int{entry_.deprecated_since}, "+");
  if (entry_.until != 0) out += cat(", unavailable in v1.", int{entry_.until} + 1, "+");
  if (!entry_.replacement.empty()) out += cat("; use ", entry_.replacement);
  return out;
}

const SubresourceEntry* Kind::subresource(std::string_view name) const {
  for (const SubresourceEntry& sub : entry_.subresources) {
    if (sub.name == name) return &sub;
  }
  return nullptr;
}

}  // namespace meshka::api
