// Protobuf bytes -> Doc, led by the descriptors.
#include <google/protobuf/descriptor.h>

#include <bit>
#include <cmath>

#include "base/strings.h"
#include "base/time.h"
#include "schema/wire.h"
#include "xds/codec.h"
#include "xds/descriptors.h"
#include "xds/limits.h"

namespace meshka::xds {

namespace {

namespace pb = google::protobuf;
using doc::Draft;
using schema::WireField;
using schema::WireReader;

Result<Draft> decodeMessage(const pb::Descriptor& type, std::string_view bytes, int depth);

std::unexpected<Error> broken(const pb::Descriptor& type) {
  return fail(Code::kInvalid, cat("broken message ", type.full_name()));
}

int64_t unzigzag(uint64_t v) {
  return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}

Draft realDraft(double d) {
  if (std::isnan(d)) return "NaN";
  if (std::isinf(d)) return d > 0 ? "Infinity" : "-Infinity";
  return d;
}

Draft enumDraft(const pb::FieldDescriptor& field, int64_t number) {
  const auto* value = field.enum_type()->FindValueByNumber(static_cast<int>(number));
  return value != nullptr ? Draft(value->name()) : Draft(number);
}

Draft scalar(const pb::FieldDescriptor& field, uint64_t raw) {
  using F = pb::FieldDescriptor;
  switch (field.type()) {
    case F::TYPE_BOOL:
      return raw != 0;
    case F::TYPE_DOUBLE:
      return realDraft(std::bit_cast<double>(raw));
    case F::TYPE_FLOAT:
      return realDraft(double{std::bit_cast<float>(static_cast<uint32_t>(raw))});
    case F::TYPE_ENUM:
      return enumDraft(field, static_cast<int32_t>(raw));
    case F::TYPE_SINT32:
    case F::TYPE_SINT64:
      return unzigzag(raw);
    default:
      break;
  }
  switch (field.cpp_type()) {
    case F::CPPTYPE_INT32:
      return int64_t{static_cast<int32_t>(raw)};
    case F::CPPTYPE_UINT32:
      return int64_t{static_cast<uint32_t>(raw)};
    case F::CPPTYPE_UINT64:
      if (raw > static_cast<uint64_t>(INT64_MAX)) return Draft(cat(raw));
      return static_cast<int64_t>(raw);
    default:
      return static_cast<int64_t>(raw);
  }
}

uint8_t wireTypeOf(pb::FieldDescriptor::Type type) {
  using F = pb::FieldDescriptor;
  switch (type) {
    case F::TYPE_STRING:
    case F::TYPE_BYTES:
    case F::TYPE_MESSAGE:
      return 2;
    case F::TYPE_DOUBLE:
    case F::TYPE_FIXED64:
    case F::TYPE_SFIXED64:
      return 1;
    case F::TYPE_FLOAT:
    case F::TYPE_FIXED32:
    case F::TYPE_SFIXED32:
      return 5;
    default:
      return 0;
  }
}

Result<Draft> element(const pb::FieldDescriptor& field, const WireField& wire, int depth) {
  switch (field.type()) {
    case pb::FieldDescriptor::TYPE_MESSAGE:
      return decodeMessage(*field.message_type(), wire.bytes, depth);
    case pb::FieldDescriptor::TYPE_STRING:
      return Draft(wire.bytes);
    case pb::FieldDescriptor::TYPE_BYTES:
      return Draft(base64Encode(wire.bytes));
    default:
      return scalar(field, wire.value);
  }
}

// The elements of a packed list.
bool unpack(const pb::FieldDescriptor& field, std::string_view bytes, Draft& into) {
  const uint8_t wire = wireTypeOf(field.type());
  // A packed list is what fields would be without their tags: give each one a tag and read it.
  while (!bytes.empty()) {
    size_t size = wire == 1 ? 8 : wire == 5 ? 4 : 0;
    if (wire == 0) {
      while (size < bytes.size() && (static_cast<uint8_t>(bytes[size]) & 0x80) != 0) ++size;
      ++size;
    }
    if (size > bytes.size()) return false;
    std::string one(1, static_cast<char>(1 << 3 | wire));
    one += bytes.substr(0, size);
    WireReader reader(one);
    WireField value;
    if (!reader.next(value)) return false;
    into.push(scalar(field, value.value));
    bytes.remove_prefix(size);
  }
  return true;
}

Result<void> addMapEntry(const pb::FieldDescriptor& field, std::string_view bytes, Draft& into,
                         int depth) {
  const pb::Descriptor& entry = *field.message_type();
  const pb::FieldDescriptor& value_field = *entry.map_value();
  std::string key;
  Draft value;
  WireReader reader(bytes);
  while (!reader.done()) {
    WireField wire;
    if (!reader.next(wire)) return broken(entry);
    if (wire.number == 1) {
      key = wire.type == 2 ? std::string(wire.bytes) : cat(wire.value);
    } else if (wire.number == 2 && wire.type == wireTypeOf(value_field.type())) {
      MESHKA_TRY(value, element(value_field, wire, depth));
    }
  }
  into[key] = std::move(value);
  return {};
}

Result<Draft> decodeFields(const pb::Descriptor& type, std::string_view bytes, int depth) {
  Draft out = Draft::object();
  WireReader reader(bytes);
  while (!reader.done()) {
    WireField wire;
    if (!reader.next(wire)) return broken(type);
    const auto* field = type.FindFieldByNumber(static_cast<int>(wire.number));
    if (field == nullptr) continue;
    const uint8_t expected = wireTypeOf(field->type());
    if (field->is_map()) {
      if (wire.type != 2) return broken(type);
      MESHKA_CHECK(addMapEntry(*field, wire.bytes, out[field->name()], depth));
    } else if (field->is_repeated() && wire.type == 2 && expected != 2) {
      if (!unpack(*field, wire.bytes, out[field->name()])) return broken(type);
    } else if (wire.type != expected) {
      return broken(type);
    } else if (field->is_repeated()) {
      MESHKA_TRY(Draft value, element(*field, wire, depth));
      out[field->name()].push(std::move(value));
    } else {
      MESHKA_TRY(out[field->name()], element(*field, wire, depth));
    }
  }
  return out;
}

Result<Draft> decodeAny(std::string_view bytes, int depth) {
  std::string_view url;
  std::string_view value;
  WireReader reader(bytes);
  while (!reader.done()) {
    WireField wire;
    if (!reader.next(wire)) return fail(Code::kInvalid, "broken message google.protobuf.Any");
    if (wire.type == 2 && wire.number == 1) url = wire.bytes;
    if (wire.type == 2 && wire.number == 2) value = wire.bytes;
  }
  const pb::Descriptor* type = findMessage(url.substr(url.rfind('/') + 1));
  if (type == nullptr)
    return Draft::object({{"@type", Draft(url)}, {"value", Draft(base64Encode(value))}});
  MESHKA_TRY(Draft out, decodeMessage(*type, value, depth));
  if (wellKnown(*type) != WellKnown::kNone)
    return Draft::object({{"@type", Draft(url)}, {"value", std::move(out)}});
  out["@type"] = url;
  return out;
}

// "1.5s": whole seconds without a fraction, else without trailing zeros.
std::string durationText(int64_t whole, int64_t nanos) {
  const bool negative = whole < 0 || nanos < 0;
  std::string out = cat(negative ? "-" : "", whole < 0 ? -whole : whole);
  if (nanos != 0) {
    std::string fraction = cat(nanos < 0 ? -nanos : nanos);
    fraction.insert(0, fraction.size() < 9 ? 9 - fraction.size() : 0, '0');
    while (fraction.ends_with('0')) fraction.pop_back();
    out += cat(".", fraction);
  }
  return out + "s";
}

Result<Draft> decodeTime(WellKnown kind, const Draft& fields) {
  const Draft* whole = fields.find("seconds");
  const Draft* nanos = fields.find("nanos");
  const int64_t s = whole != nullptr ? whole->integer() : 0;
  const int64_t ns = nanos != nullptr ? nanos->integer() : 0;
  constexpr int64_t kMaxSeconds = 315'576'000'000;  // of both types, by protobuf's documentation
  if (s > kMaxSeconds || s < -kMaxSeconds || ns > 999'999'999 || ns < -999'999'999)
    return fail(Code::kInvalid, "time out of range");
  if (kind == WellKnown::kDuration) return Draft(durationText(s, ns));
  constexpr int64_t kSecond = 1'000'000'000;
  if (s > INT64_MAX / kSecond - 1 || s < INT64_MIN / kSecond + 1)
    return fail(Code::kInvalid, "time out of range");
  return Draft(toRfc3339Nano(WallTime{s * kSecond + ns}));
}

// A google.protobuf.Value has exactly one member; without one it is null.
Draft bareValue(Draft fields) {
  for (const char* name :
       {"string_value", "number_value", "bool_value", "struct_value", "list_value"})
    if (Draft* found = fields.find(name)) return std::move(*found);
  return nullptr;
}

Result<Draft> decodeMessage(const pb::Descriptor& type, std::string_view bytes, int depth) {
  if (depth > kMaxMessageDepth) return fail(Code::kInvalid, "message nested too deeply");
  const WellKnown kind = wellKnown(type);
  if (kind == WellKnown::kAny) return decodeAny(bytes, depth + 1);
  MESHKA_TRY(Draft fields, decodeFields(type, bytes, depth + 1));
  switch (kind) {
    case WellKnown::kDuration:
    case WellKnown::kTimestamp:
      return decodeTime(kind, fields);
    case WellKnown::kStruct:
      return fields.contains("fields") ? std::move(fields["fields"]) : Draft::object();
    case WellKnown::kListValue:
      return fields.contains("values") ? std::move(fields["values"]) : Draft::array();
    case WellKnown::kValue:
      return bareValue(std::move(fields));
    case WellKnown::kWrapper:
      if (fields.contains("value")) return std::move(fields["value"]);
      // The zero of the wrapped type is not on the wire.
      if (type.FindFieldByNumber(1)->cpp_type() == pb::FieldDescriptor::CPPTYPE_BOOL) return false;
      if (type.FindFieldByNumber(1)->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) return "";
      return Draft(0);
    default:
      return fields;
  }
}

}  // namespace

Result<doc::Doc> decode(std::string_view message, std::string_view bytes) {
  const pb::Descriptor* type = findMessage(message);
  if (type == nullptr) return fail(Code::kInvalid, cat("unknown message \"", message, "\""));
  MESHKA_TRY(const Draft out, decodeMessage(*type, bytes, 0));
  return out.finish();
}

}  // namespace meshka::xds
