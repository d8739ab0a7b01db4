#include "doc/doc.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "base/strings.h"
#include "doc/block.h"

namespace meshka::doc {

std::string_view toString(Kind kind) {
  switch (kind) {
    case Kind::kMissing:
      return "missing";
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kDouble:
      return "double";
    case Kind::kString:
      return "string";
    case Kind::kArray:
      return "array";
    case Kind::kObject:
      return "object";
  }
  return "unknown";
}

namespace {

Kind kindOfTag(uint8_t tag) {
  if (tag >= kTagText) return Kind::kString;
  if (tag >= kTagSmallInt) return Kind::kInt;
  if (isContainerTag(tag)) return isObjectTag(tag) ? Kind::kObject : Kind::kArray;
  switch (tag) {
    case kTagNull:
      return Kind::kNull;
    case kTagFalse:
    case kTagTrue:
      return Kind::kBool;
    case kTagDouble:
      return Kind::kDouble;
    case kTagText16:
    case kTagText32:
      return Kind::kString;
    default:
      return Kind::kInt;
  }
}

int64_t intOf(const uint8_t* node) {
  switch (*node) {
    case kTagInt8:
      return load<int8_t>(node + 1);
    case kTagInt16:
      return load<int16_t>(node + 1);
    case kTagInt32:
      return load<int32_t>(node + 1);
    case kTagInt64:
      return load<int64_t>(node + 1);
    default:
      return *node - kTagSmallInt;
  }
}

constexpr size_t kNotFound = SIZE_MAX;

size_t findMember(const uint8_t* node, const Container& c, std::string_view key) {
  const uint16_t id = commonKey(key);
  constexpr size_t kScan = 16;
  if (id != kNoKey && c.count <= kScan) {
    for (size_t i = 0; i < c.count; ++i) {
      if (c.keyId(i) == id) return i;
    }
    return kNotFound;
  }
  size_t low = 0;
  size_t high = c.count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const uint16_t at = c.keyId(middle);
    const int order =
        at != kNoKey && id != kNoKey ? int{at} - int{id} : keyText(node, c, middle).compare(key);
    if (order == 0) return middle;
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return kNotFound;
}

// 2^63 as a double; every double below it and not below -2^63 fits int64.
constexpr double kIntLimit = 9223372036854775808.0;

}  // namespace

Kind Value::kind() const {
  return block_ == nullptr ? Kind::kMissing : kindOfTag(block_->bytes()[node_]);
}

bool Value::boolean(bool fallback) const {
  if (kind() != Kind::kBool) return fallback;
  return block_->bytes()[node_] == kTagTrue;
}

int64_t Value::integer(int64_t fallback) const {
  const Kind k = kind();
  if (k == Kind::kInt) return intOf(block_->bytes() + node_);
  if (k != Kind::kDouble) return fallback;
  const double d = load<double>(block_->bytes() + node_ + 1);
  if (d != std::trunc(d) || d >= kIntLimit || d < -kIntLimit) return fallback;
  return static_cast<int64_t>(d);
}

double Value::number(double fallback) const {
  const Kind k = kind();
  if (k == Kind::kInt) return static_cast<double>(intOf(block_->bytes() + node_));
  return k == Kind::kDouble ? load<double>(block_->bytes() + node_ + 1) : fallback;
}

std::string_view Value::text(std::string_view fallback) const {
  return isString() ? textOf(block_->bytes() + node_) : fallback;
}

size_t Value::size() const {
  if (block_ == nullptr) return 0;
  const uint8_t* node = block_->bytes() + node_;
  return isContainerTag(*node) ? Container(node).count : 0;
}

Value Value::operator[](std::string_view key) const {
  if (!isObject()) return {};
  const uint8_t* node = block_->bytes() + node_;
  const Container c(node);
  const size_t index = findMember(node, c, key);
  return index == kNotFound ? Value() : Value(block_, node_ - c.distance(index));
}

Value Value::operator[](size_t index) const {
  if (block_ == nullptr) return {};
  const uint8_t* node = block_->bytes() + node_;
  if (!isContainerTag(*node)) return {};
  const Container c(node);
  return index < c.count ? Value(block_, node_ - c.distance(index)) : Value();
}

std::string_view Value::keyAt(size_t index) const {
  if (!isObject()) return {};
  const uint8_t* node = block_->bytes() + node_;
  const Container c(node);
  return index < c.count ? keyText(node, c, index) : std::string_view();
}

Value Value::atPointer(std::string_view pointer) const {
  if (pointer.empty()) return *this;
  if (pointer[0] != '/') return {};
  Value at = *this;
  std::string unescaped;
  for (std::string_view step : split(pointer.substr(1), '/')) {
    if (at.isArray()) {
      // RFC 6901: no leading zeros, no sign.
      if (step.empty() || step[0] < '0' || step[0] > '9' || (step[0] == '0' && step.size() > 1)) {
        return {};
      }
      const auto index = parseInt(step);
      if (!index) return {};
      at = at[static_cast<size_t>(*index)];
      continue;
    }
    if (step.find('~') != std::string_view::npos) {
      unescaped.clear();
      for (size_t i = 0; i < step.size(); ++i) {
        const char next = i + 1 < step.size() ? step[i + 1] : '\0';
        const bool escape = step[i] == '~' && (next == '0' || next == '1');
        unescaped += !escape ? step[i] : next == '0' ? '~' : '/';
        if (escape) ++i;
      }
      step = unescaped;
    }
    at = at[step];
  }
  return at;
}

Doc Value::doc() const {
  return Doc(*this);
}

bool Value::operator==(const Value& other) const {
  if (block_ == other.block_ && node_ == other.node_) return true;
  const Kind k = kind();
  if (k != other.kind()) {
    return isNumber() && other.isNumber() && number() == other.number();
  }
  switch (k) {
    case Kind::kMissing:
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return boolean() == other.boolean();
    case Kind::kInt:
      return integer() == other.integer();
    case Kind::kDouble:
      return number() == other.number();
    case Kind::kString:
      return text() == other.text();
    case Kind::kArray:
    case Kind::kObject:
      break;
  }
  const size_t n = size();
  if (n != other.size()) return false;
  for (size_t i = 0; i < n; ++i) {
    if (k == Kind::kObject && keyAt(i) != other.keyAt(i)) return false;
    if (!((*this)[i] == other[i])) return false;
  }
  return true;
}

Doc::Doc(Value root) : root_(root) {
  if (root_.block_ != nullptr) root_.block_->retain();
}
Doc::Doc(const Doc& other) : Doc(other.root_) {}
Doc::~Doc() {
  if (root_.block_ != nullptr) root_.block_->release();
}

size_t Doc::memoryBytes() const {
  return root_.block_ == nullptr ? 0 : sizeof(Block) + root_.block_->size;
}

}  // namespace meshka::doc
