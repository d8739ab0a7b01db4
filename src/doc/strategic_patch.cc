#include "doc/strategic_patch.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/strings.h"
#include "doc/json.h"

namespace meshka::doc {
namespace {

constexpr std::string_view kPatch = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kDeleteFromList = "$deleteFromPrimitiveList";
constexpr std::string_view kSetOrder = "$setElementOrder";

std::unexpected<Error> refuse(std::string message) {
  return fail(Error(Code::kInvalid, "BadRequest", std::move(message)));
}

// Go's %v, which the error texts show values in.
std::string goText(Value v) {
  std::string out;
  switch (v.kind()) {
    case Kind::kString:
      return std::string(v.text());
    case Kind::kNull:
    case Kind::kMissing:
      return "<nil>";
    case Kind::kObject:
      out = "map[";
      for (auto [key, value] : v.members()) {
        out += cat(out.size() > 4 ? " " : "", key, ":", goText(value));
      }
      return out + "]";
    case Kind::kArray:
      out = "[";
      for (Value element : v.elements()) out += cat(out.size() > 1 ? " " : "", goText(element));
      return out + "]";
    default:
      return toJson(v);
  }
}

std::string_view goType(Value v) {
  switch (v.kind()) {
    case Kind::kString:
      return "string";
    case Kind::kObject:
      return "map[string]interface {}";
    case Kind::kArray:
      return "[]interface {}";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int64";
    case Kind::kDouble:
      return "float64";
    default:
      return "%!s(<nil>)";
  }
}

std::unexpected<Error> wrongType(std::string_view expected, Value actual) {
  return refuse(cat("expected a ", expected, ", but received a ", goType(actual)));
}
std::unexpected<Error> noMergeKey(Value map, std::string_view key) {
  return refuse(cat("map: ", goText(map), " does not contain declared merge key: ", key));
}

// "$setElementOrder/ports" names "ports"; empty when the key is not of this directive.
std::string_view directiveField(std::string_view key, std::string_view directive) {
  if (!key.starts_with(directive) || !key.substr(directive.size()).starts_with('/')) return {};
  return key.substr(directive.size() + 1);
}
bool isDirective(std::string_view key) {
  return key == kPatch || key == kRetainKeys || key.starts_with(kDeleteFromList) ||
         key.starts_with(kSetOrder);
}

// A value that the patch brings as a whole: without directives and, in maps, without nulls. Unset
// when it is itself marked by $patch.
std::optional<Draft> broughtIn(Value v) {
  if (v.isObject()) {
    if (v[kPatch].exists()) return std::nullopt;
    Draft out = Draft::object();
    for (auto [key, value] : v.members()) {
      if (value.isNull() || isDirective(key)) continue;
      if (auto kept = broughtIn(value)) out[key] = std::move(*kept);
    }
    return out;
  }
  if (v.isArray()) {
    Draft out = Draft::array();
    for (Value element : v.elements()) {
      if (auto kept = broughtIn(element)) out.push(std::move(*kept));
    }
    return out;
  }
  return Draft(v);
}

// An element of a list; its identity is the JSON text of the merge key's value, or of the element
// itself.
struct Item {
  std::string identity;
  Draft value;
};
using Items = std::vector<Item>;
using Order = std::map<std::string, size_t>;  // identity -> first position

Order orderOf(const Items& items) {
  Order order;
  for (size_t i = 0; i < items.size(); ++i) order.emplace(items[i].identity, i);
  return order;
}

// The patch's elements in the patch's order, the others in the server's; both are merged so that a
// server element goes in front of a patch element when it was in front of it before.
Items arrange(Items all, const Order& patch_order, const Order& server_order) {
  const auto position = [](const Order& order, const Item& item) -> std::optional<size_t> {
    const auto it = order.find(item.identity);
    return it == order.end() ? std::nullopt : std::optional(it->second);
  };
  std::vector<std::pair<size_t, Item*>> patch_items, server_items;
  for (Item& item : all) {
    if (const auto at = position(patch_order, item)) {
      patch_items.emplace_back(*at, &item);
    } else {
      server_items.emplace_back(position(server_order, item).value_or(SIZE_MAX), &item);
    }
  }
  size_t sequence = 0;  // makes the sort stable
  std::map<std::pair<size_t, size_t>, Item*> patch_sorted, server_sorted;
  for (const auto& [at, item] : patch_items) patch_sorted[{at, sequence++}] = item;
  for (const auto& [at, item] : server_items) server_sorted[{at, sequence++}] = item;

  Items out;
  out.reserve(all.size());
  auto left = server_sorted.begin();
  auto right = patch_sorted.begin();
  while (left != server_sorted.end() || right != patch_sorted.end()) {
    bool take_left = right == patch_sorted.end();
    if (!take_left && left != server_sorted.end()) {
      const auto l = position(server_order, *left->second);
      const auto r = position(server_order, *right->second);
      take_left = l && r && *l < *r;
    }
    Item* next = take_left ? (left++)->second : (right++)->second;
    out.push_back(std::move(*next));
  }
  return out;
}

class Merger {
 public:
  explicit Merger(const MergeSchema& schema) : schema_(schema) {}

  Result<Draft> mergeMap(Draft original, Value patch, const void* place) {
    if (Value directive = patch[kPatch]; directive.exists()) {
      if (directive.text() == "delete") return Draft::object();
      if (directive.text() != "replace") return badDirective(directive, patch);
      Draft whole(patch);
      whole.erase(kPatch);
      return *broughtIn(whole.finish());
    }
    if (!original.isObject()) original = Draft::object();
    MESHKA_CHECK(retainKeys(original, patch));
    std::set<std::string_view> done;
    for (auto [key, order] : patch.members()) {
      if (!key.starts_with(kSetOrder)) continue;
      const std::string_view name = directiveField(key, kSetOrder);
      if (name.empty()) return refuse("invalid patch format of setElementOrder list");
      MESHKA_CHECK(mergeOrdered(original, name, patch[name], order, place));
      done.insert(name);
    }
    for (auto [key, value] : patch.members()) {
      if (key.starts_with(kSetOrder) || key == kRetainKeys || done.contains(key)) continue;
      if (key.starts_with(kDeleteFromList)) {
        MESHKA_CHECK(deleteFromList(original, key, value));
        continue;
      }
      MESHKA_CHECK(mergeMember(original, key, value, place));
    }
    return original;
  }

 private:
  static std::unexpected<Error> badDirective(Value directive, Value patch) {
    return refuse(cat("unknown patch type: ", goText(directive), " in map: ", goText(patch)));
  }

  static Result<void> retainKeys(Draft& original, Value patch) {
    const Value list = patch[kRetainKeys];
    if (!list.exists()) return {};
    if (!list.isArray()) return refuse("invalid patch format of retainKeys");
    std::set<std::string_view> kept;
    for (Value name : list.elements()) kept.insert(name.text());
    for (auto [key, value] : patch.members()) {
      if (value.isNull() || isDirective(key)) continue;
      if (!kept.contains(key)) return refuse("invalid patch format of retainKeys");
    }
    for (const std::string& key : original.keys()) {
      if (!kept.contains(key)) original.erase(key);
    }
    return {};
  }

  Result<MergeField> lookup(const void* place, std::string_view name) const {
    if (place == nullptr) return MergeField{.found = true};
    const MergeField field = schema_.field(place, name);
    if (!field.found)
      return refuse(cat("unable to find api field in struct for the json field \"", name, "\""));
    return field;
  }

  static void bringIn(Draft& original, std::string_view key, Value value) {
    if (auto kept = broughtIn(value)) {
      original[key] = std::move(*kept);
    } else {
      original.erase(key);
    }
  }

  Result<void> mergeMember(Draft& original, std::string_view key, Value value, const void* place) {
    if (value.isNull()) {
      original.erase(key);
      return {};
    }
    Draft* current = original.find(key);
    const bool maps = current != nullptr && current->isObject() && value.isObject();
    const bool lists = current != nullptr && current->isArray() && value.isArray();
    if (!maps && !lists) {
      bringIn(original, key, value);
      return {};
    }
    MESHKA_TRY(const MergeField field, lookup(place, key));
    if (maps) {
      if (field.replace) {
        bringIn(original, key, value);
        return {};
      }
      MESHKA_TRY(*current, mergeMap(std::move(*current), value, field.child));
      return {};
    }
    if (!field.merge) {
      bringIn(original, key, value);
      return {};
    }
    MESHKA_TRY(Items items, mergeLists(*current, value, key, field));
    *current = toDraft(std::move(items));
    return {};
  }

  static Draft toDraft(Items items) {
    std::vector<Draft> values;
    values.reserve(items.size());
    for (Item& item : items) values.push_back(std::move(item.value));
    return Draft::array(std::move(values));
  }

  static Result<std::string> identityOf(Value element, std::string_view merge_key) {
    if (merge_key.empty()) return toJson(element);
    if (!element.isObject()) return wrongType("map[string]interface {}", element);
    const Value key = element[merge_key];
    if (!key.exists()) return noMergeKey(element, merge_key);
    return toJson(key);
  }
  // Elements of a list that is not merged into, so every one needs its identity.
  static Result<Items> itemsOf(Value list, std::string_view merge_key) {
    Items items;
    items.reserve(list.size());
    for (Value element : list.elements()) {
      MESHKA_TRY(std::string identity, identityOf(element, merge_key));
      items.push_back({std::move(identity), element});
    }
    return items;
  }

  // One kind for all elements, as Go's types would have it; kMissing when there are none.
  static Result<Kind> elementKind(Value a, Value b) {
    Kind kind = Kind::kMissing;
    for (const Value list : {a, b}) {
      for (Value element : list.elements()) {
        if (kind == Kind::kMissing) kind = element.kind();
        if (kind == Kind::kArray) return refuse("lists of lists are not supported");
        if (element.kind() != kind) {
          return refuse(
              cat("list element types are not identical: [", goText(a), " ", goText(b), "]"));
        }
      }
    }
    return kind;
  }

  Result<Items> mergeLists(const Draft& original, Value patch, std::string_view name,
                           const MergeField& field) {
    const Doc before = original.finish();
    MESHKA_TRY(const Kind kind, elementKind(before, patch));
    if (kind != Kind::kObject) return mergeScalars(before, patch);
    if (field.merge_key.empty())
      return refuse(cat("cannot merge lists without merge key for ", name));
    return mergeMaps(before, patch, field);
  }

  static Result<Items> mergeScalars(Value before, Value patch) {
    MESHKA_TRY(Items items, itemsOf(before, {}));
    MESHKA_TRY(Items added, itemsOf(patch, {}));
    const Order server_order = orderOf(items);
    const Order patch_order = orderOf(added);
    std::set<std::string> seen;
    Items all;
    for (Items* list : {&items, &added}) {
      for (Item& item : *list) {
        if (seen.insert(item.identity).second) all.push_back(std::move(item));
      }
    }
    return arrange(std::move(all), patch_order, server_order);
  }

  Result<Items> mergeMaps(Value before, Value patch, const MergeField& field) {
    std::vector<Value> plain;
    std::set<std::string> deleted;
    bool replace = false;
    for (Value element : patch.elements()) {
      const Value directive = element[kPatch];
      if (!directive.exists()) {
        plain.push_back(element);
      } else if (directive.text() == "delete") {
        MESHKA_TRY(std::string identity, identityOf(element, field.merge_key));
        deleted.insert(std::move(identity));
      } else if (directive.text() == "replace") {
        replace = true;
      } else if (directive.text() == "merge") {
        return refuse("merging lists cannot yet be specified in the patch");
      } else {
        return badDirective(directive, element);
      }
    }
    Items items;
    if (!replace) {
      MESHKA_TRY(items, itemsOf(before, field.merge_key));
      std::erase_if(items, [&](const Item& item) { return deleted.contains(item.identity); });
    }
    const Order server_order = orderOf(items);
    Order positions = server_order;
    Order patch_order;
    for (size_t i = 0; i < plain.size(); ++i) {
      MESHKA_TRY(std::string identity, identityOf(plain[i], field.merge_key));
      patch_order.emplace(identity, i);
      const auto [it, added] = positions.emplace(identity, items.size());
      if (added || replace) {
        items.push_back({std::move(identity), *broughtIn(plain[i])});
      } else {
        Draft& value = items[it->second].value;
        MESHKA_TRY(value, mergeMap(std::move(value), plain[i], field.child));
      }
    }
    if (replace) return items;
    return arrange(std::move(items), patch_order, server_order);
  }

  // $setElementOrder/NAME: merges the field and puts the result in the order asked for.
  Result<void> mergeOrdered(Draft& original, std::string_view name, Value patch, Value order,
                            const void* place) {
    if (!order.isArray()) return wrongType("[]interface {}", order);
    const Draft* current = original.find(name);
    const Doc before = current == nullptr ? Doc() : current->finish();
    if (before.exists() && !before.value().isArray()) return wrongType("[]interface {}", before);
    if (patch.exists() && !patch.isArray()) return wrongType("[]interface {}", patch);
    MESHKA_TRY(const MergeField field, lookup(place, name));
    MESHKA_TRY(const Items wanted, itemsOf(order, field.merge_key));
    MESHKA_CHECK(checkOrder(patch, order, wanted, field.merge_key));
    if (!before.exists() && !patch.exists()) return {};
    Items merged;
    if (before.exists() && patch.exists() && field.merge) {
      MESHKA_TRY(merged, mergeLists(before, patch, name, field));
    } else if (patch.exists()) {
      const std::optional<Draft> kept = broughtIn(patch);
      const Doc list = kept->finish();
      MESHKA_TRY(merged, itemsOf(list, field.merge_key));
    } else {
      MESHKA_TRY(merged, itemsOf(before, field.merge_key));
    }
    MESHKA_TRY(Items server, itemsOf(before, field.merge_key));
    if (field.merge) MESHKA_CHECK(fillDeletedPlaces(server, patch, field.merge_key));
    original[name] = toDraft(arrange(std::move(merged), orderOf(wanted), orderOf(server)));
    return {};
  }

  // In the API server's answers, elements that the patch adds while it deletes others count as
  // standing at the end of the old list, as many as were deleted. So a renamed container stays
  // behind those that were in front of it.
  static Result<void> fillDeletedPlaces(Items& server, Value patch, std::string_view merge_key) {
    std::set<std::string> deleted;
    Items added;
    for (Value element : patch.elements()) {
      const std::string_view directive = element[kPatch].text();
      if (directive == "replace") return {};
      MESHKA_TRY(std::string identity, identityOf(element, merge_key));
      if (directive == "delete") {
        deleted.insert(std::move(identity));
      } else {
        added.push_back({std::move(identity), Draft()});
      }
    }
    const size_t size = server.size();
    std::erase_if(server, [&](const Item& item) { return deleted.contains(item.identity); });
    const Order present = orderOf(server);
    for (Item& item : added) {
      if (server.size() < size && !present.contains(item.identity))
        server.push_back(std::move(item));
    }
    return {};
  }

  // The patch's elements must come in the order of the list that orders them.
  static Result<void> checkOrder(Value patch, Value order, const Items& wanted,
                                 std::string_view merge_key) {
    if (wanted.empty() || patch.empty()) return {};
    size_t at = 0;
    for (Value element : patch.elements()) {
      if (element[kPatch].exists()) continue;
      MESHKA_TRY(const std::string identity, identityOf(element, merge_key));
      while (at < wanted.size() && wanted[at].identity != identity) ++at;
      if (at == wanted.size()) {
        return refuse(cat("The order in patch list:\n", goText(patch), "\n doesn't match ",
                          kSetOrder, " list:\n", goText(order), "\n"));
      }
      ++at;
    }
    return {};
  }

  static Result<void> deleteFromList(Draft& original, std::string_view key, Value removed) {
    const std::string_view name = directiveField(key, kDeleteFromList);
    if (name.empty() || !removed.isArray()) return refuse("invalid patch format of primitive list");
    Draft* current = original.find(name);
    if (current == nullptr || !current->isArray()) return {};
    std::set<std::string> gone;
    for (Value element : removed.elements()) gone.insert(toJson(element));
    const Doc before = current->finish();
    Draft kept = Draft::array();
    for (Value element : before.value().elements()) {
      if (!gone.contains(toJson(element))) kept.push(element);
    }
    *current = std::move(kept);
    return {};
  }

  const MergeSchema& schema_;
};

}  // namespace

Result<Doc> applyStrategicPatch(Value original, Value patch, const MergeSchema& schema,
                                const void* root) {
  if (!patch.isObject()) return refuse("invalid JSON document");
  MESHKA_TRY(const Draft merged, Merger(schema).mergeMap(Draft(original), patch, root));
  return merged.finish();
}

}  // namespace meshka::doc
