// Doc -> protobuf bytes, led by the descriptors. Fields are written in the order of their numbers,
// so equal documents give equal bytes.
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/strings.h"
#include "base/time.h"
#include "doc/number.h"
#include "schema/wire.h"
#include "xds/codec.h"
#include "xds/descriptors.h"
#include "xds/limits.h"

namespace meshka::xds {

namespace {

namespace pb = google::protobuf;
using schema::WireWriter;

constexpr std::string_view kTypeMember = "@type";

class Encoder {
 public:
  Result<void> message(const pb::Descriptor& type, doc::Value json, std::string& out);

 private:
  Result<void> wellKnownMessage(WellKnown kind, const pb::Descriptor& type, doc::Value json,
                                std::string& out);
  Result<void> members(const pb::Descriptor& type, doc::Value json, std::string& out);
  Result<void> any(doc::Value json, std::string& out);
  Result<void> timeOf(WellKnown kind, doc::Value json, std::string& out);
  Result<void> structOf(doc::Value json, std::string& out);
  Result<void> valueOf(doc::Value json, std::string& out);
  Result<void> field(const pb::FieldDescriptor& field, doc::Value json, std::string& out);
  Result<void> map(const pb::FieldDescriptor& field, doc::Value json, std::string& out);
  Result<void> list(const pb::FieldDescriptor& field, doc::Value json, std::string& out);
  Result<void> single(const pb::FieldDescriptor& field, doc::Value json, std::string& out);
  // A scalar without its tag.
  Result<void> bare(const pb::FieldDescriptor& field, doc::Value json, std::string& out);
  Result<int64_t> integer(doc::Value json, bool is_unsigned, int bits);
  Result<double> real(doc::Value json);
  Result<int64_t> enumNumber(const pb::FieldDescriptor& field, doc::Value json);
  std::unexpected<Error> wrong(std::string what) {
    return fail(Code::kInvalid, cat(path_.empty() ? "message" : path_, ": ", what));
  }

  std::string path_;
  int depth_ = 0;
};

bool isVarint(pb::FieldDescriptor::Type type) {
  switch (type) {
    case pb::FieldDescriptor::TYPE_DOUBLE:
    case pb::FieldDescriptor::TYPE_FLOAT:
    case pb::FieldDescriptor::TYPE_FIXED32:
    case pb::FieldDescriptor::TYPE_FIXED64:
    case pb::FieldDescriptor::TYPE_SFIXED32:
    case pb::FieldDescriptor::TYPE_SFIXED64:
    case pb::FieldDescriptor::TYPE_STRING:
    case pb::FieldDescriptor::TYPE_BYTES:
    case pb::FieldDescriptor::TYPE_MESSAGE:
    case pb::FieldDescriptor::TYPE_GROUP:
      return false;
    default:
      return true;
  }
}

bool isFixed32(pb::FieldDescriptor::Type type) {
  return type == pb::FieldDescriptor::TYPE_FLOAT || type == pb::FieldDescriptor::TYPE_FIXED32 ||
         type == pb::FieldDescriptor::TYPE_SFIXED32;
}

template <class T>
void appendFixed(std::string& out, T value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);  // little endian machines only, like schema/wire.h
  out.append(raw, sizeof raw);
}

uint64_t zigzag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}

Result<void> Encoder::message(const pb::Descriptor& type, doc::Value json, std::string& out) {
  if (++depth_ > kMaxMessageDepth) return wrong("nested too deeply");
  const WellKnown kind = wellKnown(type);
  auto done =
      kind == WellKnown::kNone ? members(type, json, out) : wellKnownMessage(kind, type, json, out);
  --depth_;
  return done;
}

Result<void> Encoder::wellKnownMessage(WellKnown kind, const pb::Descriptor& type, doc::Value json,
                                       std::string& out) {
  switch (kind) {
    case WellKnown::kAny:
      return any(json, out);
    case WellKnown::kDuration:
    case WellKnown::kTimestamp:
      return timeOf(kind, json, out);
    case WellKnown::kStruct:
      return structOf(json, out);
    case WellKnown::kValue:
      return valueOf(json, out);
    case WellKnown::kListValue:
      if (!json.isArray()) return wrong("expected a list");
      for (const doc::Value element : json.elements()) {
        std::string value;
        MESHKA_CHECK(valueOf(element, value));
        WireWriter(out).bytes(1, value);
      }
      return {};
    default:
      return single(*type.FindFieldByNumber(1), json, out);
  }
}

Result<void> Encoder::members(const pb::Descriptor& type, doc::Value json, std::string& out) {
  if (!json.isObject())
    return wrong(cat("expected an object (", type.full_name(), "), not ", toString(json.kind())));
  std::vector<std::pair<const pb::FieldDescriptor*, doc::Value>> fields;
  const pb::OneofDescriptor* taken = nullptr;
  for (const auto [key, value] : json.members()) {
    if (key == kTypeMember || value.isNull()) continue;
    const pb::FieldDescriptor* found = findField(type, key);
    if (found == nullptr) return wrong(cat("unknown field \"", key, "\" in ", type.full_name()));
    if (const pb::OneofDescriptor* oneof = found->real_containing_oneof()) {
      if (oneof == taken) return wrong(cat("more than one of \"", oneof->name(), "\""));
      taken = oneof;
    }
    fields.emplace_back(found, value);
  }
  std::ranges::sort(fields, {}, [](const auto& f) { return f.first->number(); });
  for (const auto& [descriptor, value] : fields) MESHKA_CHECK(field(*descriptor, value, out));
  return {};
}

Result<void> Encoder::any(doc::Value json, std::string& out) {
  const std::string_view url = json[kTypeMember].text();
  if (url.empty()) return wrong("expected an object with \"@type\"");
  const std::string_view name = url.substr(url.rfind('/') + 1);
  const pb::Descriptor* type = findMessage(name);
  if (type == nullptr) return wrong(cat("unknown type \"", name, "\""));
  const bool as_value = wellKnown(*type) != WellKnown::kNone;
  std::string value;
  MESHKA_CHECK(message(*type, as_value ? json["value"] : json, value));
  WireWriter writer(out);
  writer.bytes(1, url);
  if (!value.empty()) writer.bytes(2, value);
  return {};
}

Result<void> Encoder::timeOf(WellKnown kind, doc::Value json, std::string& out) {
  constexpr int64_t kSecond = 1'000'000'000;
  int64_t ns = 0;
  if (kind == WellKnown::kDuration) {
    const auto parsed = parseDuration(json.text());
    if (!parsed) return wrong("expected a duration such as \"2s\"");
    ns = parsed->ns;
  } else {
    const auto parsed = parseRfc3339(json.text());
    if (!parsed) return wrong("expected a time such as \"2026-01-02T03:04:05Z\"");
    ns = parsed->unix_ns;
  }
  int64_t whole = ns / kSecond;
  int64_t rest = ns % kSecond;
  if (kind == WellKnown::kTimestamp && rest < 0) {  // nanos of a Timestamp count forward
    rest += kSecond;
    --whole;
  }
  WireWriter writer(out);
  if (whole != 0) writer.number(1, whole);
  if (rest != 0) writer.number(2, rest);
  return {};
}

Result<void> Encoder::structOf(doc::Value json, std::string& out) {
  if (!json.isObject()) return wrong("expected an object");
  for (const auto [key, value] : json.members()) {
    std::string inner;
    MESHKA_CHECK(valueOf(value, inner));
    std::string entry;
    WireWriter(entry).bytes(1, key);
    WireWriter(entry).bytes(2, inner);
    WireWriter(out).bytes(1, entry);
  }
  return {};
}

Result<void> Encoder::valueOf(doc::Value json, std::string& out) {
  if (++depth_ > kMaxMessageDepth) return wrong("nested too deeply");
  WireWriter writer(out);
  std::string inner;
  switch (json.kind()) {
    case doc::Kind::kMissing:
    case doc::Kind::kNull:
      writer.number(1, 0);
      break;
    case doc::Kind::kBool:
      writer.number(4, json.boolean() ? 1 : 0);
      break;
    case doc::Kind::kInt:
    case doc::Kind::kDouble:
      writer.real(2, json.number());
      break;
    case doc::Kind::kString:
      writer.bytes(3, json.text());
      break;
    case doc::Kind::kObject:
      MESHKA_CHECK(structOf(json, inner));
      writer.bytes(5, inner);
      break;
    case doc::Kind::kArray:
      for (const doc::Value element : json.elements()) {
        std::string value;
        MESHKA_CHECK(valueOf(element, value));
        WireWriter(inner).bytes(1, value);
      }
      writer.bytes(6, inner);
      break;
  }
  --depth_;
  return {};
}

Result<void> Encoder::field(const pb::FieldDescriptor& field, doc::Value json, std::string& out) {
  const size_t length = path_.size();
  if (!path_.empty()) path_ += '.';
  path_ += field.name();
  auto done = field.is_map()        ? map(field, json, out)
              : field.is_repeated() ? list(field, json, out)
                                    : single(field, json, out);
  if (done) path_.resize(length);
  return done;
}

Result<void> Encoder::map(const pb::FieldDescriptor& field, doc::Value json, std::string& out) {
  if (!json.isObject()) return wrong("expected an object");
  const pb::FieldDescriptor& key_field = *field.message_type()->map_key();
  if (key_field.type() != pb::FieldDescriptor::TYPE_STRING)
    return wrong("maps with keys other than text are not supported");
  for (const auto [key, value] : json.members()) {
    std::string entry;
    WireWriter(entry).bytes(1, key);
    const size_t length = path_.size();
    path_ += cat("[", key, "]");
    MESHKA_CHECK(single(*field.message_type()->map_value(), value, entry));
    path_.resize(length);
    WireWriter(out).bytes(static_cast<uint32_t>(field.number()), entry);
  }
  return {};
}

Result<void> Encoder::list(const pb::FieldDescriptor& field, doc::Value json, std::string& out) {
  if (!json.isArray()) return wrong("expected a list");
  std::string packed;
  for (size_t i = 0; i < json.size(); ++i) {
    const size_t length = path_.size();
    path_ += cat("[", i, "]");
    MESHKA_CHECK(field.is_packed() ? bare(field, json[i], packed) : single(field, json[i], out));
    path_.resize(length);
  }
  if (!packed.empty()) WireWriter(out).bytes(static_cast<uint32_t>(field.number()), packed);
  return {};
}

Result<void> Encoder::single(const pb::FieldDescriptor& field, doc::Value json, std::string& out) {
  const auto number = static_cast<uint32_t>(field.number());
  WireWriter writer(out);
  if (field.type() == pb::FieldDescriptor::TYPE_MESSAGE) {
    std::string inner;
    MESHKA_CHECK(message(*field.message_type(), json, inner));
    writer.bytes(number, inner);
    return {};
  }
  if (field.type() == pb::FieldDescriptor::TYPE_STRING) {
    if (!json.isString()) return wrong(cat("expected text, not ", toString(json.kind())));
    writer.bytes(number, json.text());
    return {};
  }
  if (field.type() == pb::FieldDescriptor::TYPE_BYTES) {
    const auto bytes = base64Decode(json.text());
    if (!json.isString() || !bytes) return wrong("expected base64");
    writer.bytes(number, *bytes);
    return {};
  }
  const uint32_t wire = isVarint(field.type()) ? 0 : isFixed32(field.type()) ? 5 : 1;
  writer.varint(uint64_t{number} << 3 | wire);
  return bare(field, json, out);
}

Result<void> Encoder::bare(const pb::FieldDescriptor& field, doc::Value json, std::string& out) {
  using F = pb::FieldDescriptor;
  WireWriter writer(out);
  switch (field.type()) {
    case F::TYPE_BOOL:
      if (json.kind() != doc::Kind::kBool) return wrong("expected true or false");
      writer.varint(json.boolean() ? 1 : 0);
      return {};
    case F::TYPE_DOUBLE: {
      MESHKA_TRY(const double d, real(json));
      appendFixed(out, d);
      return {};
    }
    case F::TYPE_FLOAT: {
      MESHKA_TRY(const double d, real(json));
      appendFixed(out, static_cast<float>(d));
      return {};
    }
    case F::TYPE_ENUM: {
      MESHKA_TRY(const int64_t n, enumNumber(field, json));
      writer.varint(static_cast<uint64_t>(n));
      return {};
    }
    default:
      break;
  }
  const auto type = field.cpp_type();
  const bool is_unsigned = type == F::CPPTYPE_UINT32 || type == F::CPPTYPE_UINT64;
  const int bits = type == F::CPPTYPE_UINT32 || type == F::CPPTYPE_INT32 ? 32 : 64;
  MESHKA_TRY(const int64_t n, integer(json, is_unsigned, bits));
  if (field.type() == F::TYPE_SINT32 || field.type() == F::TYPE_SINT64)
    writer.varint(zigzag(n));
  else if (isVarint(field.type()))
    writer.varint(static_cast<uint64_t>(n));
  else if (bits == 32)
    appendFixed(out, static_cast<uint32_t>(n));
  else
    appendFixed(out, static_cast<uint64_t>(n));
  return {};
}

Result<int64_t> Encoder::integer(doc::Value json, bool is_unsigned, int bits) {
  int64_t n = 0;
  if (json.isString()) {
    const std::string_view text = json.text();
    uint64_t large = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), large);
    const bool is_large = error == std::errc() && end == text.data() + text.size();
    if (is_large && is_unsigned && bits == 64) return static_cast<int64_t>(large);
    const auto parsed = parseInt(text);
    if (!parsed) return wrong("expected an integer");
    n = *parsed;
  } else if (json.isNumber() && std::trunc(json.number()) == json.number()) {
    n = json.integer();
  } else {
    return wrong("expected an integer");
  }
  const int64_t low = is_unsigned  ? 0
                      : bits == 32 ? std::numeric_limits<int32_t>::min()
                                   : std::numeric_limits<int64_t>::min();
  const int64_t high = bits == 64    ? std::numeric_limits<int64_t>::max()
                       : is_unsigned ? int64_t{std::numeric_limits<uint32_t>::max()}
                                     : int64_t{std::numeric_limits<int32_t>::max()};
  if (n < low || n > high) return wrong(cat("integer out of range: ", n));
  return n;
}

Result<double> Encoder::real(doc::Value json) {
  if (json.isNumber()) return json.number();
  if (json.text() == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (json.text() == "Infinity") return std::numeric_limits<double>::infinity();
  if (json.text() == "-Infinity") return -std::numeric_limits<double>::infinity();
  const auto parsed = doc::parseFinite(json.text());
  if (!json.isString() || !parsed) return wrong("expected a number");
  return *parsed;
}

Result<int64_t> Encoder::enumNumber(const pb::FieldDescriptor& field, doc::Value json) {
  if (json.kind() == doc::Kind::kInt) return integer(json, false, 32);
  const auto* value = field.enum_type()->FindValueByName(std::string(json.text()));
  if (value == nullptr)
    return wrong(cat("\"", json.text(), "\" is none of ", field.enum_type()->full_name()));
  return value->number();
}

}  // namespace

Result<std::string> encode(std::string_view message, doc::Value json) {
  const pb::Descriptor* type = findMessage(message);
  if (type == nullptr) return fail(Code::kInvalid, cat("unknown message \"", message, "\""));
  std::string out;
  Encoder encoder;
  MESHKA_CHECK(encoder.message(*type, json, out));
  return out;
}

}  // namespace meshka::xds
