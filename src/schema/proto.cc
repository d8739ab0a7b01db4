#include "schema/proto.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

#include "base/strings.h"
#include "doc/json.h"
#include "doc/utf8.h"
#include "schema/format.h"
#include "schema/limits.h"
#include "schema/tables.h"
#include "schema/wire.h"

namespace meshka::schema {
namespace {

using doc::Draft;
using doc::Value;

constexpr std::string_view kMagic("k8s\0", 4);
constexpr std::string_view kSchemaProps =
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

std::unexpected<Error> broken(std::string_view what) {
  return fail(Code::kInvalid, cat("protobuf: ", what));
}

// ---- decoding

class Decoder {
 public:
  // A message that inlined fields are nested in is read into the same object: `prefix` holds the
  // outer numbers.
  Result<void> message(const Schema& schema, std::string_view bytes,
                       const std::vector<uint8_t>& prefix, Draft& out, uint32_t depth) {
    if (depth > kMaxProtoDepth)
      return fail(Code::kTooLarge, "protobuf: message is nested too deeply");
    WireReader reader(bytes);
    WireField field;
    while (!reader.done()) {
      if (!reader.next(field)) return broken(cat("broken message ", schema.name));
      const Property* property = nullptr;
      bool nested = false;
      find(schema, prefix, field.number, property, nested);
      if (property != nullptr) {
        MESHKA_CHECK(value(*property->schema, field, out[property->name], depth));
        if (absent(*property, out[property->name])) out.erase(property->name);
      } else if (nested && field.type == 2) {
        std::vector<uint8_t> longer = prefix;
        longer.push_back(static_cast<uint8_t>(field.number));
        MESHKA_CHECK(message(schema, field.bytes, longer, out, depth + 1));
      }
    }
    return {};
  }

 private:
  // Go writes the zero of a plain field always, and JSON never.
  static bool absent(const Property& property, const Draft& value) {
    switch (value.kind()) {
      case doc::Kind::kNull:
        return true;
      case doc::Kind::kBool:
        return !property.required && !property.pointer && !value.boolean();
      case doc::Kind::kInt: {
        bool plain = property.schema->special == Special::kNone;
        return plain && !property.required && !property.pointer && value.integer() == 0;
      }
      case doc::Kind::kString:
        return !property.required && !property.pointer && value.text().empty();
      default:
        return false;
    }
  }

  static void find(const Schema& schema, const std::vector<uint8_t>& prefix, uint32_t number,
                   const Property*& found, bool& nested) {
    if (prefix.size() > 2 || number > 255) return;
    for (const Property& property : schema.properties) {
      bool same = property.proto[prefix.size()] == number;
      for (size_t i = 0; i < prefix.size(); i++) same = same && property.proto[i] == prefix[i];
      if (!same) continue;
      if (prefix.size() == 2 || property.proto[prefix.size() + 1] == 0)
        found = &property;
      else
        nested = true;
    }
  }

  Result<void> value(const Schema& schema, const WireField& field, Draft& out, uint32_t depth) {
    if (schema.type == Type::kArray && schema.special == Special::kNone) {
      if (out.isNull()) out = Draft::array();
      const Schema& items = *schema.items;
      bool packed = field.type == 2 && items.special == Special::kNone &&
                    (items.type == Type::kInteger || items.type == Type::kBoolean);
      if (packed) return packedNumbers(items, field.bytes, out);
      return scalar(items, field, out.push(Draft()), depth);
    }
    if (schema.additional != nullptr && schema.special == Special::kNone &&
        schema.properties.empty()) {
      return mapEntry(*schema.additional, field, out, depth);
    }
    return scalar(schema, field, out, depth);
  }

  static Result<void> packedNumbers(const Schema& items, std::string_view bytes, Draft& out) {
    // A packed list is a row of varints: read as fields of number 1 would be, one by one.
    size_t at = 0;
    while (at < bytes.size()) {
      uint64_t value = 0;
      unsigned shift = 0;
      for (;; shift += 7) {
        if (at >= bytes.size() || shift > 63) return broken("broken packed list");
        uint8_t byte = static_cast<uint8_t>(bytes[at++]);
        value |= uint64_t{byte & 0x7Fu} << shift;
        if (byte < 0x80) break;
      }
      out.push(items.type == Type::kBoolean ? Draft(value != 0)
                                            : Draft(static_cast<int64_t>(value)));
    }
    return {};
  }

  Result<void> mapEntry(const Schema& of, const WireField& field, Draft& out, uint32_t depth) {
    if (field.type != 2) return broken("map entry is not a message");
    WireReader reader(field.bytes);
    WireField part;
    std::string key;
    Draft member;
    bool set = false;
    while (!reader.done()) {
      if (!reader.next(part)) return broken("broken map entry");
      if (part.number == 1 && part.type == 2) key = part.bytes;
      if (part.number == 2) {
        set = true;
        MESHKA_CHECK(scalar(of, part, member, depth + 1));
      }
    }
    if (!set) MESHKA_CHECK(scalar(of, WireField{.number = 2, .type = 2}, member, depth + 1));
    if (out.isNull()) out = Draft::object();
    if (!doc::isUtf8(key)) return broken("map key is not UTF-8");
    out[key] = std::move(member);
    return {};
  }

  Result<void> scalar(const Schema& schema, const WireField& field, Draft& out, uint32_t depth) {
    if (schema.special != Special::kNone) return special(schema, field, out, depth);
    switch (schema.type) {
      case Type::kString:
        if (field.type != 2) return broken("text is not bytes");
        if (schema.format == "byte")
          out = Draft(base64Encode(field.bytes));
        else if (!doc::isUtf8(field.bytes))
          return broken("text is not UTF-8");
        else
          out = Draft(field.bytes);
        return {};
      case Type::kInteger:
        if (field.type != 0) return broken("integer is not a varint");
        out = Draft(schema.format == "int32" ? int64_t{static_cast<int32_t>(field.value)}
                                             : static_cast<int64_t>(field.value));
        return {};
      case Type::kBoolean:
        if (field.type != 0) return broken("boolean is not a varint");
        out = Draft(field.value != 0);
        return {};
      case Type::kNumber: {
        if (field.type != 1) return broken("number is not a double");
        double number;
        std::memcpy(&number, &field.value, 8);
        if (!std::isfinite(number)) return broken("number is not finite");
        out = Draft(number);
        return {};
      }
      case Type::kObject:
        if (field.type != 2) return broken("message is not bytes");
        if (!out.isObject()) out = Draft::object();
        return message(schema, field.bytes, {}, out, depth + 1);
      case Type::kArray:  // a list of lists has no protobuf form
      case Type::kAny:
        break;
    }
    return {};
  }

  Result<void> special(const Schema& schema, const WireField& field, Draft& out, uint32_t depth) {
    if (field.type != 2) return broken("message is not bytes");
    if (depth > kMaxProtoDepth)
      return fail(Code::kTooLarge, "protobuf: message is nested too deeply");
    WireReader reader(field.bytes);
    WireField part;
    int64_t numbers[3] = {0, 0, 0};
    std::string_view texts[4];
    Draft list = Draft::array(), sub;
    while (!reader.done()) {
      if (!reader.next(part)) return broken("broken message");
      if (part.number == 0 || part.number > 3) continue;
      if (part.type == 0 && part.number <= 3)
        numbers[part.number - 1] = static_cast<int64_t>(part.value);
      if (part.type != 2) continue;
      texts[part.number] = part.bytes;
      if (schema.special == Special::kWrappedList && part.number == 1) {
        if (!doc::isUtf8(part.bytes)) return broken("text is not UTF-8");
        list.push(part.bytes);
      }
      MESHKA_CHECK(schemaPart(schema.special, part, list, sub, depth));
    }
    return finish(schema.special, numbers, texts, std::move(list), std::move(sub), out);
  }

  // JSONSchemaPropsOrX: {1: schema, 2: list}; OrBool: {1: allowed, 2: schema}.
  Result<void> schemaPart(Special kind, const WireField& part, Draft& list, Draft& sub,
                          uint32_t depth) {
    bool or_array = kind == Special::kSchemaOrArray, or_bool = kind == Special::kSchemaOrBool,
         or_strings = kind == Special::kSchemaOrStrings;
    if (!or_array && !or_bool && !or_strings) return {};
    bool is_schema = part.number == (or_bool ? 2 : 1);
    if (!is_schema && !(or_array && part.number == 2)) {
      if (or_strings && part.number == 2 && doc::isUtf8(part.bytes)) list.push(part.bytes);
      return {};
    }
    Draft props = Draft::object();
    MESHKA_CHECK(message(*builtinType(kSchemaProps), part.bytes, {}, props, depth + 1));
    if (is_schema)
      sub = std::move(props);
    else
      list.push(std::move(props));
    return {};
  }

  Result<void> finish(Special kind, const int64_t (&numbers)[3], const std::string_view (&texts)[4],
                      Draft list, Draft sub, Draft& out) {
    switch (kind) {
      case Special::kQuantity:
        if (!doc::isUtf8(texts[1])) return broken("text is not UTF-8");
        out = Draft(texts[1].empty() ? std::string_view("0") : texts[1]);
        return {};
      case Special::kIntOrString:
        if (!doc::isUtf8(texts[3])) return broken("text is not UTF-8");
        out = numbers[0] == 0 ? Draft(int64_t{static_cast<int32_t>(numbers[1])}) : Draft(texts[3]);
        return {};
      case Special::kTime:
      case Special::kMicroTime: {
        if (numbers[0] == 0 && numbers[1] == 0)
          return out = Draft(), Result<void>();        // Go's zero time
        constexpr int64_t kLastSecond = 253402300799;  // of the year 9999
        if (numbers[0] < -62135596800 || numbers[0] > kLastSecond)
          return broken("time is out of range");
        if (numbers[1] < 0 || numbers[1] > 999999999) return broken("time is out of range");
        out = Draft(formatDateTime(numbers[0], static_cast<int32_t>(numbers[1]),
                                   kind == Special::kMicroTime));
        return {};
      }
      case Special::kRawExtension:
      case Special::kFieldsV1:
      case Special::kJson: {
        if (texts[1].empty()) {
          out = Draft::object();
          return {};
        }
        MESHKA_TRY(doc::Doc json, doc::parseJson(texts[1]));
        out = Draft(json);
        return {};
      }
      case Special::kWrappedList:
        out = std::move(list);
        return {};
      case Special::kSchemaOrBool:
        out = sub.isNull() ? Draft(numbers[0] != 0) : std::move(sub);
        return {};
      case Special::kSchemaOrArray:
      case Special::kSchemaOrStrings:
        out = sub.isNull() ? std::move(list) : std::move(sub);
        return {};
      case Special::kNone:
        break;
    }
    return {};
  }
};

// ---- encoding

class Encoder {
 public:
  Result<void> message(const Schema& schema, Value object, std::string& out, uint32_t depth) {
    if (depth > kMaxProtoDepth)
      return fail(Code::kTooLarge, "protobuf: object is nested too deeply");
    // Inlined fields are gathered into their outer messages first.
    std::map<std::vector<uint8_t>, std::string> nested;
    for (auto [key, member] : object.members()) {
      const Property* property = schema.property(key);
      if (property == nullptr || property->proto[0] == 0 || member.isNull()) continue;
      size_t length = property->proto[2] != 0 ? 3 : property->proto[1] != 0 ? 2 : 1;
      std::vector<uint8_t> prefix(property->proto, property->proto + length - 1);
      std::string& to = prefix.empty() ? out : nested[prefix];
      MESHKA_CHECK(value(*property->schema, member, property->proto[length - 1], to, depth));
    }
    // Deepest first: {2, 1} goes into {2}.
    while (!nested.empty()) {
      auto deepest = nested.begin();
      for (auto it = nested.begin(); it != nested.end(); ++it) {
        if (it->first.size() > deepest->first.size()) deepest = it;
      }
      std::vector<uint8_t> path = deepest->first;
      std::string bytes = std::move(deepest->second);
      nested.erase(deepest);
      uint8_t number = path.back();
      path.pop_back();
      WireWriter(path.empty() ? out : nested[path]).bytes(number, bytes);
    }
    return {};
  }

 private:
  Result<void> value(const Schema& schema, Value from, uint32_t number, std::string& out,
                     uint32_t depth) {
    if (schema.type == Type::kArray && schema.special == Special::kNone) {
      if (!from.isArray()) return misfit(schema);
      for (Value element : from.elements())
        MESHKA_CHECK(scalar(*schema.items, element, number, out, depth));
      return {};
    }
    if (schema.additional != nullptr && schema.special == Special::kNone &&
        schema.properties.empty()) {
      if (!from.isObject()) return misfit(schema);
      for (auto [key, member] : from.members()) {
        std::string entry;
        WireWriter(entry).bytes(1, key);
        MESHKA_CHECK(scalar(*schema.additional, member, 2, entry, depth + 1));
        WireWriter(out).bytes(number, entry);
      }
      return {};
    }
    return scalar(schema, from, number, out, depth);
  }

  static std::unexpected<Error> misfit(const Schema& schema) {
    return broken(cat("a value is not of type ", toString(schema.type),
                      schema.name.empty() ? "" : " ", schema.name));
  }

  Result<void> scalar(const Schema& schema, Value from, uint32_t number, std::string& out,
                      uint32_t depth) {
    WireWriter writer(out);
    if (schema.special != Special::kNone) {
      std::string bytes;
      MESHKA_CHECK(special(schema, from, bytes, depth + 1));
      writer.bytes(number, bytes);
      return {};
    }
    switch (schema.type) {
      case Type::kString: {
        if (from.isNull()) return writer.bytes(number, ""), Result<void>();
        if (!from.isString()) return misfit(schema);
        if (schema.format != "byte") return writer.bytes(number, from.text()), Result<void>();
        std::optional<std::string> raw = base64Decode(from.text());
        if (!raw) return misfit(schema);
        return writer.bytes(number, *raw), Result<void>();
      }
      case Type::kInteger:
        if (!from.isNumber()) return misfit(schema);
        return writer.number(number, from.integer()), Result<void>();
      case Type::kBoolean:
        if (from.kind() != doc::Kind::kBool) return misfit(schema);
        return writer.number(number, from.boolean()), Result<void>();
      case Type::kNumber:
        if (!from.isNumber()) return misfit(schema);
        return writer.real(number, from.number()), Result<void>();
      case Type::kObject: {
        if (!from.isObject() && !from.isNull()) return misfit(schema);
        std::string bytes;
        MESHKA_CHECK(message(schema, from, bytes, depth + 1));
        return writer.bytes(number, bytes), Result<void>();
      }
      case Type::kArray:
      case Type::kAny:
        break;
    }
    return misfit(schema);
  }

  Result<void> special(const Schema& schema, Value from, std::string& out, uint32_t depth) {
    WireWriter writer(out);
    const Schema& props = *builtinType(kSchemaProps);
    auto sub = [&](uint32_t number, Value value) -> Result<void> {
      std::string bytes;
      MESHKA_CHECK(message(props, value, bytes, depth + 1));
      writer.bytes(number, bytes);
      return {};
    };
    switch (schema.special) {
      case Special::kQuantity:
        writer.bytes(1, from.isString() ? std::string(from.text()) : doc::toJson(from));
        return {};
      case Special::kIntOrString:
        writer.number(1, from.isString() ? 1 : 0);
        writer.number(2, from.isString() ? 0 : from.integer());
        writer.bytes(3, from.text());
        return {};
      case Special::kTime:
      case Special::kMicroTime: {
        int64_t seconds = 0;
        int32_t nanos = 0;
        if (!parseDateTime(from.text(), seconds, nanos)) return misfit(schema);
        writer.number(1, seconds);
        writer.number(2, nanos);
        return {};
      }
      case Special::kRawExtension:
      case Special::kFieldsV1:
      case Special::kJson:
        writer.bytes(1, doc::toJson(from));
        return {};
      case Special::kWrappedList:
        for (Value element : from.elements()) writer.bytes(1, element.text());
        return {};
      case Special::kSchemaOrBool:
        writer.number(1, from.isObject() || from.boolean());
        return from.isObject() ? sub(2, from) : Result<void>();
      case Special::kSchemaOrArray:
      case Special::kSchemaOrStrings:
        if (from.isObject()) return sub(1, from);
        for (Value element : from.elements()) {
          if (schema.special == Special::kSchemaOrStrings)
            writer.bytes(2, element.text());
          else
            MESHKA_CHECK(sub(2, element));
        }
        return {};
      case Special::kNone:
        break;
    }
    return misfit(schema);
  }
};

}  // namespace

Result<ProtoEnvelope> openEnvelope(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return broken("the magic number k8s\\0 is missing");
  WireReader reader(bytes.substr(kMagic.size()));
  WireField field;
  ProtoEnvelope out;
  while (!reader.done()) {
    if (!reader.next(field)) return broken("broken wrapper");
    if (field.type != 2) continue;
    if (field.number == 2) out.message = field.bytes;
    if (field.number == 3 && !field.bytes.empty())
      return broken(cat("content encoding \"", field.bytes, "\" is not supported"));
    if (field.number != 1) continue;
    WireReader meta(field.bytes);
    while (!meta.done()) {
      if (!meta.next(field)) return broken("broken wrapper");
      if (field.type == 2 && field.number == 1) out.api_version = field.bytes;
      if (field.type == 2 && field.number == 2) out.kind = field.bytes;
    }
  }
  return out;
}

std::string sealEnvelope(std::string_view api_version, std::string_view kind,
                         std::string_view message) {
  std::string meta, out(kMagic);
  WireWriter(meta).bytes(1, api_version);
  WireWriter(meta).bytes(2, kind);
  WireWriter writer(out);
  writer.bytes(1, meta);
  writer.bytes(2, message);
  writer.bytes(3, "");
  writer.bytes(4, "");
  return out;
}

Result<doc::Doc> decodeMessage(const Schema& schema, std::string_view message) {
  Draft out = Draft::object();
  MESHKA_CHECK(Decoder().message(schema, message, {}, out, 0));
  return out.finish();
}

Result<std::string> encodeMessage(const Schema& schema, doc::Value object) {
  std::string out;
  MESHKA_CHECK(Encoder().message(schema, object, out, 0));
  return out;
}

}  // namespace meshka::schema
