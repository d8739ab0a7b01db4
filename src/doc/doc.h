// Doc: an immutable JSON-like value, reference-counted, one memory block. Value: a borrowed cursor into a Doc.
// Draft: a value under construction or edit; finish() makes a Doc of it.
//
// Object members are sorted by key (bytewise) and unique; numbers are int64 where the text is an integer in range,
// else double (docs/design/doc.md). A Value of something that is not there exists() == false and reads as the
// fallback, so object["spec"]["replicas"].integer(1) needs no checks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace meshka::doc {

class Doc;
struct Block;  // doc/block.h

enum class Kind : uint8_t { kMissing, kNull, kBool, kInt, kDouble, kString, kArray, kObject };
std::string_view toString(Kind kind);

class Value {
 public:
  Value() = default;  // missing

  Kind kind() const;
  bool exists() const { return kind() != Kind::kMissing; }
  bool isNull() const { return kind() == Kind::kNull; }
  bool isString() const { return kind() == Kind::kString; }
  bool isArray() const { return kind() == Kind::kArray; }
  bool isObject() const { return kind() == Kind::kObject; }
  bool isNumber() const { return kind() == Kind::kInt || kind() == Kind::kDouble; }

  bool boolean(bool fallback = false) const;
  int64_t integer(int64_t fallback = 0) const;  // a double with an integral value counts
  double number(double fallback = 0) const;
  std::string_view text(std::string_view fallback = {}) const;

  // Elements of an array, members of an object, else 0.
  size_t size() const;
  bool empty() const { return size() == 0; }
  Value operator[](std::string_view key) const;  // objects; else missing
  Value operator[](size_t index) const;          // arrays: element; objects: the index-th member's value
  std::string_view keyAt(size_t index) const;    // objects: the index-th key, sorted
  // "/spec/containers/0/name" (RFC 6901); missing when any step is.
  Value atPointer(std::string_view pointer) const;

  // for (Value element : value.elements()); for (auto [key, value] : value.members())
  class ElementIterator;
  class MemberIterator;
  struct Elements;
  struct Members;
  Elements elements() const;
  Members members() const;

  // The same value as a Doc of its own that keeps the block alive without copying.
  Doc doc() const;
  bool operator==(const Value& other) const;  // deep; 1 == 1.0

 private:
  friend class Doc;
  friend class Draft;
  friend class BlockBuilder;
  Value(const Block* block, uint32_t node) : block_(block), node_(node) {}
  const Block* block_ = nullptr;
  uint32_t node_ = 0;
};

class Doc {
 public:
  Doc() = default;  // missing
  Doc(const Doc& other);
  Doc(Doc&& other) noexcept : root_(std::exchange(other.root_, Value())) {}
  Doc& operator=(Doc other) noexcept {
    std::swap(root_, other.root_);
    return *this;
  }
  ~Doc();

  Value value() const { return root_; }
  operator Value() const { return root_; }  // NOLINT: a Doc reads like its root
  Value operator[](std::string_view key) const { return root_[key]; }
  bool exists() const { return root_.exists(); }
  bool operator==(const Doc& other) const { return root_ == other.root_; }
  // Bytes of the block, shared or not.
  size_t memoryBytes() const;

 private:
  friend class Value;
  friend class Draft;
  friend class BlockBuilder;
  explicit Doc(Value root);  // takes a reference
  Value root_;
};

class Value::ElementIterator {
 public:
  ElementIterator(Value of, size_t at) : of_(of), at_(at) {}
  Value operator*() const { return of_[at_]; }
  ElementIterator& operator++() { return ++at_, *this; }
  bool operator==(const ElementIterator& o) const { return at_ == o.at_; }

 private:
  Value of_;
  size_t at_;
};
struct Member {
  std::string_view key;
  Value value;
};
class Value::MemberIterator {
 public:
  MemberIterator(Value of, size_t at) : of_(of), at_(at) {}
  Member operator*() const { return {of_.keyAt(at_), of_[at_]}; }
  MemberIterator& operator++() { return ++at_, *this; }
  bool operator==(const MemberIterator& o) const { return at_ == o.at_; }

 private:
  Value of_;
  size_t at_;
};
struct Value::Elements {
  Value of;
  ElementIterator begin() const { return {of, 0}; }
  ElementIterator end() const { return {of, of.isArray() ? of.size() : 0}; }
};
struct Value::Members {
  Value of;
  MemberIterator begin() const { return {of, 0}; }
  MemberIterator end() const { return {of, of.isObject() ? of.size() : 0}; }
};
inline Value::Elements Value::elements() const { return {*this}; }
inline Value::Members Value::members() const { return {*this}; }

// A mutable tree. Draft(value) shares what it does not change. Text that is not UTF-8 and numbers that JSON cannot
// write (NaN, infinities) become U+FFFD and null when the Draft is finished.
class Draft {
 public:
  Draft() = default;               // null
  Draft(std::nullptr_t) {}         // null
  Draft(bool b);                   // NOLINT: literals read naturally, draft["x"] = true
  Draft(int i) : Draft(static_cast<int64_t>(i)) {}
  Draft(int64_t i);
  Draft(double d);
  Draft(const char* s) : Draft(std::string_view(s)) {}
  Draft(std::string_view s);
  Draft(const std::string& s) : Draft(std::string_view(s)) {}
  Draft(Value value);              // missing becomes null
  Draft(const Doc& d);
  Draft(const Draft& other);
  Draft(Draft&& other) noexcept;
  Draft& operator=(Draft other) noexcept;
  ~Draft();

  static Draft object();
  static Draft object(std::vector<std::pair<std::string, Draft>> members);
  static Draft array();
  static Draft array(std::vector<Draft> elements);
  static Draft strings(const std::vector<std::string>& texts);

  Kind kind() const;
  bool isObject() const { return kind() == Kind::kObject; }
  bool isArray() const { return kind() == Kind::kArray; }
  bool isNull() const { return kind() == Kind::kNull; }
  bool boolean(bool fallback = false) const;
  int64_t integer(int64_t fallback = 0) const;
  std::string text(std::string_view fallback = {}) const;
  size_t size() const;

  // Member for writing: created (null) when absent; a null draft becomes an object first. Asserts on other kinds.
  Draft& operator[](std::string_view key);
  Draft* find(std::string_view key);               // objects; nullptr when absent
  const Draft* find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  bool erase(std::string_view key);                // true when it was there
  std::vector<std::string> keys() const;           // sorted

  Draft& at(size_t index);                         // arrays, index < size()
  const Draft& at(size_t index) const;
  Draft& push(Draft element);                      // a null draft becomes an array first
  void insert(size_t index, Draft element);
  void eraseAt(size_t index);

  Doc finish() const;
  // The same as finish().value() == other, without building it.
  bool equals(Value other) const;

 private:
  struct Node;
  Node* materialize() const;
  mutable Node* node_ = nullptr;  // nullptr: null
};

}  // namespace meshka::doc
