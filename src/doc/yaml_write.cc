// The writer side of yaml.h: libyaml's emitter with the choices of style and order that go-yaml v2
// makes.
#include <yaml.h>

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/strings.h"
#include "doc/utf8.h"
#include "doc/yaml.h"
#include "doc/yaml_scalar.h"

namespace meshka::doc {
namespace {

struct Character {
  uint32_t code = 0;
  size_t length = 1;
};
Character characterAt(std::string_view text, size_t at) {
  const size_t length = std::max<size_t>(utf8Length(text.substr(at)), 1);
  const auto first = static_cast<unsigned char>(text[at]);
  if (length == 1) return {first, 1};
  uint32_t code = first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i)
    code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3f);
  return {code, length};
}
bool isDigit(uint32_t c) {
  return c >= '0' && c <= '9';
}
// Close enough to Unicode's letters for an order: emoji are none.
bool isLetter(uint32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c < 0x10000);
}

uint64_t numberAt(std::string_view text, size_t& at, uint64_t number) {
  for (; at < text.size() && isDigit(static_cast<unsigned char>(text[at])); ++at) {
    number = number * 10 + static_cast<uint64_t>(text[at] - '0');
  }
  return number;
}

// "a2" before "a10", other characters before letters.
bool keyLess(std::string_view a, std::string_view b) {
  size_t i = 0;
  while (i < a.size() && i < b.size()) {
    const Character ca = characterAt(a, i);
    const Character cb = characterAt(b, i);
    if (ca.code == cb.code) {
      i += ca.length;
      continue;
    }
    const bool la = isLetter(ca.code);
    const bool lb = isLetter(cb.code);
    if (la && lb) return ca.code < cb.code;
    if (la || lb) return lb;
    // Behind a number that has begun with another digit than 0, a 0 counts as a place.
    uint64_t carry = 0;
    if (ca.code == '0' || cb.code == '0') {
      for (size_t j = i; j-- > 0 && isDigit(static_cast<unsigned char>(a[j]));) {
        if (a[j] != '0') {
          carry = 1;
          break;
        }
      }
    }
    size_t end_a = i;
    size_t end_b = i;
    const uint64_t na = numberAt(a, end_a, carry);
    const uint64_t nb = numberAt(b, end_b, carry);
    if (na != nb) return na < nb;
    if (end_a != end_b) return end_a < end_b;
    return ca.code < cb.code;
  }
  return a.size() < b.size();
}

// A merge sort, which ends well with any order: the natural one is not transitive for every text.
void sortNaturally(std::vector<Member>& members) {
  const auto less = [](const Member& a, const Member& b) { return keyLess(a.key, b.key); };
  std::vector<Member> merged(members.size());
  const size_t n = members.size();
  for (size_t width = 1; width < n; width *= 2) {
    for (size_t at = 0; at < n; at += 2 * width) {
      const auto begin = members.begin();
      const auto middle = begin + static_cast<ptrdiff_t>(std::min(at + width, n));
      const auto end = begin + static_cast<ptrdiff_t>(std::min(at + 2 * width, n));
      const auto from = begin + static_cast<ptrdiff_t>(at);
      std::merge(from, middle, middle, end, merged.begin() + static_cast<ptrdiff_t>(at), less);
    }
    members.swap(merged);
  }
}

class Writer {
 public:
  explicit Writer(std::string& out) {
    MESHKA_ASSERT(yaml_emitter_initialize(&emitter_) != 0);
    yaml_emitter_set_output(&emitter_, append, &out);
    yaml_emitter_set_unicode(&emitter_, 1);
    yaml_event_t event;
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    emit(event);
    yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1);
    emit(event);
  }
  Writer(const Writer&) = delete;
  ~Writer() { yaml_emitter_delete(&emitter_); }

  void finish() {
    yaml_event_t event;
    yaml_document_end_event_initialize(&event, 1);
    emit(event);
    // No stream end: it would write "..." behind a text that ends in empty lines.
    MESHKA_ASSERT(yaml_emitter_flush(&emitter_) != 0);
  }

  void value(Value v) {
    switch (v.kind()) {
      case Kind::kMissing:
      case Kind::kNull:
        plain("null");
        break;
      case Kind::kBool:
        plain(v.boolean() ? "true" : "false");
        break;
      case Kind::kInt:
        plain(cat(v.integer()));
        break;
      case Kind::kDouble:
        plain(formatG(v.number()));
        break;
      case Kind::kString:
        text(v.text());
        break;
      case Kind::kArray:
        array(v);
        break;
      case Kind::kObject:
        object(v);
        break;
    }
  }

 private:
  static int append(void* out, unsigned char* bytes, size_t size) {
    static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
    return 1;
  }
  // The emitter takes the event's memory. It fails on wrong nesting and on lack of memory only.
  void emit(yaml_event_t& event) { MESHKA_ASSERT(yaml_emitter_emit(&emitter_, &event) != 0); }

  void scalar(std::string_view s, yaml_scalar_style_t style) {
    yaml_event_t event;
    const auto* bytes = reinterpret_cast<const yaml_char_t*>(s.data());
    MESHKA_ASSERT(yaml_scalar_event_initialize(&event, nullptr, nullptr, bytes,
                                               static_cast<int>(s.size()), 1, 1, style) != 0);
    emit(event);
  }
  void plain(std::string_view s) { scalar(s, YAML_PLAIN_SCALAR_STYLE); }
  void text(std::string_view s) {
    const bool as_text =
        resolvePlain(s).type == ScalarType::kText && !isBase60(s) && !isTimestamp(s);
    const bool lines = s.find('\n') != std::string_view::npos;
    scalar(s, lines     ? YAML_LITERAL_SCALAR_STYLE
              : as_text ? YAML_PLAIN_SCALAR_STYLE
                        : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
  }
  void array(Value v) {
    yaml_event_t event;
    yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_SEQUENCE_STYLE);
    emit(event);
    for (Value element : v.elements()) value(element);
    yaml_sequence_end_event_initialize(&event);
    emit(event);
  }
  void object(Value v) {
    yaml_event_t event;
    yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_MAPPING_STYLE);
    emit(event);
    std::vector<Member> members;
    members.reserve(v.size());
    for (const Member& member : v.members()) members.push_back(member);
    sortNaturally(members);
    for (const auto& [key, member] : members) {
      text(key);
      value(member);
    }
    yaml_mapping_end_event_initialize(&event);
    emit(event);
  }

  yaml_emitter_t emitter_;
};

}  // namespace

std::string toYaml(Value value) {
  std::string out;
  Writer writer(out);
  writer.value(value);
  writer.finish();
  return out;
}

}  // namespace meshka::doc
