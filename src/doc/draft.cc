// A Draft's node is either shared (a Doc, not looked into yet) or owned. Looking for a member makes
// a container's own level owned; its children stay shared until somebody looks into them.
#include <map>
#include <variant>

#include "base/assert.h"
#include "doc/block.h"
#include "doc/doc.h"
#include "doc/utf8.h"

namespace meshka::doc {

struct Draft::Node {
  using Object = std::map<std::string, Draft, std::less<>>;
  using Array = std::vector<Draft>;
  std::variant<Doc, Object, Array, bool, int64_t, double, std::string> value;

  static Node* make(auto v) { return new Node{std::move(v)}; }
  const Doc* shared() const { return std::get_if<Doc>(&value); }
  Object* object() { return std::get_if<Object>(&value); }
  Array* array() { return std::get_if<Array>(&value); }
  static void write(BlockBuilder& out, const Draft& draft);
};

Draft::Draft(bool b) : node_(Node::make(b)) {}
Draft::Draft(int64_t i) : node_(Node::make(i)) {}
Draft::Draft(double d) : node_(Node::make(d)) {}
Draft::Draft(std::string_view s) : node_(Node::make(std::string(s))) {}
Draft::Draft(Value value)
    : node_(value.exists() && !value.isNull() ? Node::make(value.doc()) : nullptr) {}
Draft::Draft(const Doc& d) : Draft(d.value()) {}
Draft::Draft(const Draft& other) : node_(other.node_ ? new Node(*other.node_) : nullptr) {}
Draft::Draft(Draft&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
Draft& Draft::operator=(Draft other) noexcept {
  std::swap(node_, other.node_);
  return *this;
}
Draft::~Draft() {
  delete node_;
}

Draft Draft::object() {
  Draft d;
  d.node_ = Node::make(Node::Object());
  return d;
}
Draft Draft::object(std::vector<std::pair<std::string, Draft>> members) {
  Draft d = object();
  for (auto& [key, value] : members) {
    d.node_->object()->insert_or_assign(std::move(key), std::move(value));
  }
  return d;
}
Draft Draft::array() {
  return array({});
}
Draft Draft::array(std::vector<Draft> elements) {
  Draft d;
  d.node_ = Node::make(std::move(elements));
  return d;
}
Draft Draft::strings(const std::vector<std::string>& texts) {
  return array(std::vector<Draft>(texts.begin(), texts.end()));
}

Kind Draft::kind() const {
  if (node_ == nullptr) return Kind::kNull;
  if (const Doc* doc = node_->shared()) return doc->value().kind();
  constexpr Kind kKinds[] = {Kind::kMissing, Kind::kObject, Kind::kArray, Kind::kBool,
                             Kind::kInt,     Kind::kDouble, Kind::kString};
  return kKinds[node_->value.index()];
}

bool Draft::boolean(bool fallback) const {
  if (node_ == nullptr) return fallback;
  if (const Doc* doc = node_->shared()) return doc->value().boolean(fallback);
  const bool* b = std::get_if<bool>(&node_->value);
  return b ? *b : fallback;
}

int64_t Draft::integer(int64_t fallback) const {
  if (node_ == nullptr) return fallback;
  if (const Doc* doc = node_->shared()) return doc->value().integer(fallback);
  if (const int64_t* i = std::get_if<int64_t>(&node_->value)) return *i;
  return std::holds_alternative<double>(node_->value) ? finish().value().integer(fallback)
                                                      : fallback;
}

std::string Draft::text(std::string_view fallback) const {
  if (node_ == nullptr) return std::string(fallback);
  if (const Doc* doc = node_->shared()) return std::string(doc->value().text(fallback));
  const std::string* s = std::get_if<std::string>(&node_->value);
  return s ? *s : std::string(fallback);
}

size_t Draft::size() const {
  if (node_ == nullptr) return 0;
  if (const Doc* doc = node_->shared()) return doc->value().size();
  if (const auto* object = node_->object()) return object->size();
  if (const auto* array = node_->array()) return array->size();
  return 0;
}

Draft::Node* Draft::materialize() const {
  if (node_ == nullptr) return nullptr;
  const Doc* shared = node_->shared();
  if (shared == nullptr) return node_;
  const Doc doc = *shared;
  if (doc.value().isObject()) {
    Node::Object object;
    for (auto [key, value] : doc.value().members()) object.emplace_hint(object.end(), key, value);
    node_->value = std::move(object);
  } else if (doc.value().isArray()) {
    Node::Array array;
    array.reserve(doc.value().size());
    for (Value element : doc.value().elements()) array.emplace_back(element);
    node_->value = std::move(array);
  }
  return node_;
}

Draft& Draft::operator[](std::string_view key) {
  if (node_ == nullptr) *this = object();
  Node::Object* object = materialize()->object();
  MESHKA_ASSERT(object != nullptr);
  const auto it = object->lower_bound(key);
  if (it != object->end() && it->first == key) return it->second;
  return object->emplace_hint(it, std::string(key), Draft())->second;
}

Draft* Draft::find(std::string_view key) {
  return const_cast<Draft*>(static_cast<const Draft*>(this)->find(key));
}
const Draft* Draft::find(std::string_view key) const {
  if (!isObject()) return nullptr;
  Node::Object* object = materialize()->object();
  const auto it = object->find(key);
  return it == object->end() ? nullptr : &it->second;
}

bool Draft::erase(std::string_view key) {
  if (!isObject()) return false;
  Node::Object* object = materialize()->object();
  const auto it = object->find(key);
  if (it == object->end()) return false;
  object->erase(it);
  return true;
}

std::vector<std::string> Draft::keys() const {
  std::vector<std::string> keys;
  if (!isObject()) return keys;
  if (const Doc* doc = node_->shared()) {
    for (auto [key, value] : doc->value().members()) keys.emplace_back(key);
  } else {
    for (const auto& [key, value] : *node_->object()) keys.push_back(key);
  }
  return keys;
}

Draft& Draft::at(size_t index) {
  return const_cast<Draft&>(static_cast<const Draft*>(this)->at(index));
}
const Draft& Draft::at(size_t index) const {
  MESHKA_ASSERT(isArray());
  Node::Array& array = *materialize()->array();
  MESHKA_ASSERT(index < array.size());
  return array[index];
}

Draft& Draft::push(Draft element) {
  if (node_ == nullptr) *this = array();
  MESHKA_ASSERT(isArray());
  return materialize()->array()->emplace_back(std::move(element));
}

void Draft::insert(size_t index, Draft element) {
  if (node_ == nullptr) *this = array();
  MESHKA_ASSERT(isArray());
  Node::Array& array = *materialize()->array();
  MESHKA_ASSERT(index <= array.size());
  array.insert(array.begin() + static_cast<ptrdiff_t>(index), std::move(element));
}

void Draft::eraseAt(size_t index) {
  MESHKA_ASSERT(isArray());
  Node::Array& array = *materialize()->array();
  MESHKA_ASSERT(index < array.size());
  array.erase(array.begin() + static_cast<ptrdiff_t>(index));
}

void Draft::Node::write(BlockBuilder& out, const Draft& draft) {
  if (draft.node_ == nullptr) return out.null();
  Node& node = *draft.node_;
  if (const Doc* doc = node.shared()) return out.copy(doc->value());
  if (const Object* object = node.object()) {
    out.beginObject();
    for (const auto& [key, value] : *object) {
      out.key(key);
      write(out, value);
    }
    return out.endObject();
  }
  if (const Array* array = node.array()) {
    out.beginArray();
    for (const Draft& element : *array) write(out, element);
    return out.endArray();
  }
  if (const bool* b = std::get_if<bool>(&node.value)) return out.boolean(*b);
  if (const int64_t* i = std::get_if<int64_t>(&node.value)) return out.integer(*i);
  if (const double* d = std::get_if<double>(&node.value)) return out.number(*d);
  const std::string& text = std::get<std::string>(node.value);
  if (isUtf8(text)) return out.text(text);
  out.text(toUtf8(text));
}

Doc Draft::finish() const {
  if (node_ != nullptr) {
    if (const Doc* doc = node_->shared()) return *doc;
  }
  BlockBuilder builder;
  Node::write(builder, *this);
  return builder.finish();
}

bool Draft::equals(Value other) const {
  if (node_ == nullptr) return other.isNull();
  if (const Doc* doc = node_->shared()) return doc->value() == other;
  if (const auto* object = node_->object()) {
    if (!other.isObject() || other.size() != object->size()) return false;
    size_t i = 0;
    for (const auto& [key, value] : *object) {
      if (key != other.keyAt(i) || !value.equals(other[i])) return false;
      ++i;
    }
    return true;
  }
  if (const auto* array = node_->array()) {
    if (!other.isArray() || other.size() != array->size()) return false;
    for (size_t i = 0; i < array->size(); ++i) {
      if (!(*array)[i].equals(other[i])) return false;
    }
    return true;
  }
  return finish().value() == other;
}

}  // namespace meshka::doc
