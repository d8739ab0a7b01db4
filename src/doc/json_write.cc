// The writer side of json.h: one canonical form, the bytes that are stored and that watchers
// receive.
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/strings.h"
#include "doc/json.h"
#include "doc/number.h"

namespace meshka::doc {
namespace {

constexpr char kHex[] = "0123456789abcdef";

// Eight characters at once: false when none of them needs an escape.
bool mayNeedEscape(const char* at) {
  constexpr uint64_t kOnes = 0x0101010101010101u;
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  const auto hasZero = [](uint64_t w) { return (w - kOnes) & ~w; };
  const uint64_t control = (word - kOnes * 0x20) & ~word;
  return ((control | hasZero(word ^ kOnes * '"') | hasZero(word ^ kOnes * '\\')) & kHighBits) != 0;
}

void appendQuoted(std::string& out, std::string_view text) {
  out.push_back('"');
  size_t clean = 0;  // start of the run that needs no escape
  for (size_t i = 0; i < text.size(); ++i) {
    while (i + 8 < text.size() && !mayNeedEscape(text.data() + i)) i += 8;
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(clean, i - clean));
    clean = i + 1;
    switch (c) {
      case '"':
        out.append("\\\"");
        break;
      case '\\':
        out.append("\\\\");
        break;
      case '\b':
        out.append("\\b");
        break;
      case '\f':
        out.append("\\f");
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      default:
        out.append("\\u00");
        out.push_back(kHex[c >> 4]);
        out.push_back(kHex[c & 15]);
    }
  }
  out.append(text.substr(clean));
  out.push_back('"');
}

// indent < 0: everything on one line.
class Writer {
 public:
  Writer(std::string& out, int indent) : out_(out), indent_(indent) {}

  void value(Value v, int level) {
    switch (v.kind()) {
      case Kind::kMissing:
      case Kind::kNull:
        out_.append("null");
        break;
      case Kind::kBool:
        out_.append(v.boolean() ? "true" : "false");
        break;
      case Kind::kInt:
        detail::appendInt(out_, v.integer());
        break;
      case Kind::kDouble:
        appendDouble(out_, v.number());
        break;
      case Kind::kString:
        appendQuoted(out_, v.text());
        break;
      case Kind::kArray:
        array(v, level);
        break;
      case Kind::kObject:
        object(v, level);
        break;
    }
  }

 private:
  void newLine(int level) {
    if (indent_ < 0) return;
    out_.push_back('\n');
    out_.append(static_cast<size_t>(level * indent_), ' ');
  }
  void array(Value v, int level) {
    if (v.empty()) return (void)out_.append("[]");
    char before = '[';
    for (Value element : v.elements()) {
      out_.push_back(before);
      before = ',';
      newLine(level + 1);
      value(element, level + 1);
    }
    newLine(level);
    out_.push_back(']');
  }
  void object(Value v, int level) {
    if (v.empty()) return (void)out_.append("{}");
    char before = '{';
    for (auto [key, member] : v.members()) {
      out_.push_back(before);
      before = ',';
      newLine(level + 1);
      appendQuoted(out_, key);
      out_.append(indent_ < 0 ? ":" : ": ");
      value(member, level + 1);
    }
    newLine(level);
    out_.push_back('}');
  }

  std::string& out_;
  const int indent_;
};

}  // namespace

void appendDouble(std::string& out, double d) {
  const double size = std::fabs(d);
  const bool exponent = size != 0 && (size < 1e-6 || size >= 1e21);
  // The fixed form of std::to_chars has all digits of the exact value above 2^53; ours has the
  // shortest ones, then zeros.
  const bool zeros = !exponent && size >= 9007199254740992.0;
  char text[64];
  char* end =
      std::to_chars(text, text + sizeof text, d,
                    exponent || zeros ? std::chars_format::scientific : std::chars_format::fixed)
          .ptr;
  std::string_view result(text, static_cast<size_t>(end - text));
  if (zeros) {  // d.ddde+XX
    const size_t e = result.find('e');
    const size_t digits = static_cast<size_t>(parseInt(result.substr(e + 2)).value_or(0)) + 1;
    const size_t start = out.size();
    for (const char c : result.substr(0, e)) {
      if (c != '.') out.push_back(c);
    }
    out.resize(start + digits + (d < 0 ? 1 : 0), '0');
    return;
  }
  if (result.size() >= 4 && result.substr(result.size() - 4, 3) == "e-0") {  // 1e-07 is 1e-7
    out.append(result.substr(0, result.size() - 2));
    result.remove_prefix(result.size() - 1);
  }
  out.append(result);
}

void appendJson(std::string& out, Value value) {
  Writer(out, -1).value(value, 0);
}

std::string toJson(Value value) {
  std::string out;
  appendJson(out, value);
  return out;
}

std::string toPrettyJson(Value value, int indent) {
  std::string out;
  Writer(out, indent).value(value, 0);
  return out;
}

}  // namespace meshka::doc
