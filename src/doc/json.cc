// The reader side of json.h. RapidJSON's SAX reader drives a BlockBuilder; what RapidJSON sees
// differently from encoding/json (numbers, lone surrogates, NUL at the end) is handled here.
#include "doc/json.h"

#ifdef __SSE2__
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/strings.h"
#include "doc/block.h"
#include "doc/limits.h"
#include "doc/number.h"
#include "doc/utf8.h"

namespace meshka::doc {
namespace {

std::string position(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n');
  const size_t column = before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1);
  return cat("line ", lines + 1, ", column ", column + 1);
}

// The four hexadecimal digits of \uXXXX at text[at], or -1.
int32_t escapedUnit(std::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  uint16_t unit = 0;
  const char* begin = text.data() + at + 2;
  const auto [end, error] = std::from_chars(begin, begin + 4, unit, 16);
  return error == std::errc() && end == begin + 4 ? unit : -1;
}

// Escaped surrogates without their partner become \ufffd. Unset when there are none.
std::optional<std::string> withoutLoneSurrogates(std::string_view text) {
  if (text.find("\\ud") == std::string_view::npos && text.find("\\uD") == std::string_view::npos) {
    return std::nullopt;
  }
  std::optional<std::string> fixed;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') continue;
    const int32_t unit = escapedUnit(text, at);
    if (unit < 0xd800 || unit > 0xdfff) {
      ++at;  // the escaped character, which may be a backslash itself
      continue;
    }
    const int32_t next = escapedUnit(text, at + 6);
    if (unit <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
      at += 11;
      continue;
    }
    if (!fixed) fixed = text;
    fixed->replace(at, 6, "\\ufffd");
    at += 5;
  }
  return fixed;
}

class Handler {
 public:
  Handler(BlockBuilder& builder, uint32_t max_depth) : builder_(builder), max_depth_(max_depth) {}

  bool Null() { return builder_.null(), true; }
  bool Bool(bool b) { return builder_.boolean(b), true; }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    if (appendNumber(builder_, {text, length})) return true;
    return refuse(cat("number ", std::string_view(text, length), " is out of range"));
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return builder_.text({text, length}), true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    return builder_.key({text, length}), true;
  }
  bool StartObject() {
    builder_.beginObject();
    return deepEnough();
  }
  bool EndObject(rapidjson::SizeType) { return builder_.endObject(), true; }
  bool StartArray() {
    builder_.beginArray();
    return deepEnough();
  }
  bool EndArray(rapidjson::SizeType) { return builder_.endArray(), true; }

  // RapidJSON's own number events are off (kParseNumbersAsStringsFlag).
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

  const std::string& refusal() const { return refusal_; }

 private:
  bool refuse(std::string why) {
    refusal_ = std::move(why);
    return false;
  }
  bool deepEnough() {
    if (builder_.depth() <= max_depth_) return true;
    return refuse(cat("nested deeper than ", max_depth_, " levels"));
  }

  BlockBuilder& builder_;
  const uint32_t max_depth_;
  std::string refusal_;
};

}  // namespace

std::optional<double> parseFinite(std::string_view text) {
  const char* end = text.data() + text.size();
  double number = 0;
  const auto r = std::from_chars(text.data(), end, number);
  if (r.ec == std::errc() && r.ptr == end && std::isfinite(number)) return number;
  if (r.ec != std::errc::result_out_of_range) return std::nullopt;
  const size_t exponent = text.find_first_of("eE");
  const bool small_exponent = exponent != std::string_view::npos && text[exponent + 1] == '-';
  const size_t first_digit = text.find_first_of("123456789");
  const bool fraction_only = first_digit > text.find('.');
  return small_exponent || (exponent == std::string_view::npos && fraction_only)
             ? std::optional<double>(0)
             : std::nullopt;
}

bool appendNumber(BlockBuilder& to, std::string_view text) {
  const char* end = text.data() + text.size();
  int64_t integer = 0;
  if (const auto r = std::from_chars(text.data(), end, integer);
      r.ec == std::errc() && r.ptr == end) {
    to.integer(integer);
    return true;
  }
  const std::optional<double> number = parseFinite(text);
  if (!number) return false;
  to.number(*number);
  return true;
}

Result<Doc> parseJson(std::string_view text, const ParseOptions& options) {
  if (text.size() > options.max_bytes) {
    return fail(Code::kTooLarge, cat("JSON text of ", text.size(),
                                     " bytes is larger than the limit of ", options.max_bytes));
  }
  if (const size_t bad = firstInvalidUtf8(text); bad != text.size()) {
    return fail(Code::kInvalid, cat("invalid JSON: ", position(text, bad), ": invalid UTF-8"));
  }
  const std::optional<std::string> fixed = withoutLoneSurrogates(text);
  if (fixed) text = *fixed;

  BlockBuilder builder(text.size());
  builder.reportDuplicates(options.duplicate_keys);
  Handler handler(builder, std::min(options.max_depth, kMaxDepth));
  // Parsed in place in a copy, which spares a copy of every text; vector instructions read past its
  // end.
  constexpr size_t kReadAhead = 32;
  std::string buffer;
  buffer.reserve(text.size() + kReadAhead);
  buffer.append(text).append(kReadAhead, '\0');
  rapidjson::InsituStringStream stream(buffer.data());
  rapidjson::Reader reader;
  constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseInsituFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  if (result.IsError()) {
    const std::string why =
        handler.refusal().empty() ? rapidjson::GetParseError_En(result.Code()) : handler.refusal();
    const std::string_view sentence = why.ends_with('.')
                                          ? std::string_view(why).substr(0, why.size() - 1)
                                          : std::string_view(why);
    const std::string where = position(text, result.Offset());
    return fail(Code::kInvalid, cat("invalid JSON: ", where, ": ", sentence));
  }
  if (stream.Tell() != text.size()) {  // RapidJSON takes a NUL byte for the end
    return fail(Code::kInvalid, cat("invalid JSON: ", position(text, stream.Tell()),
                                    ": invalid character after the top-level value"));
  }
  return builder.finish();
}

}  // namespace meshka::doc
