#include "base/log.h"

#include <cstdio>

namespace meshka {
namespace {

void appendQuoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          char escaped[8];
          std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
          out += escaped;
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

bool needsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '\\' || c == '=') return true;
  }
  return false;
}

}  // namespace

std::string formatText(Level level, std::string_view message, std::initializer_list<Field> fields) {
  std::string out(1, "EWID"[static_cast<int>(level)]);
  out += ' ';
  out += message;
  for (const Field& f : fields) {
    out += ' ';
    out += f.key;
    out += '=';
    if (needsQuotes(f.value)) appendQuoted(out, f.value);
    else out += f.value;
  }
  return out;
}

std::string formatJson(Level level, std::string_view message, std::initializer_list<Field> fields) {
  constexpr std::string_view kLevels[] = {"error", "warn", "info", "debug"};
  std::string out = "{\"level\":";
  appendQuoted(out, kLevels[static_cast<int>(level)]);
  out += ",\"msg\":";
  appendQuoted(out, message);
  for (const Field& f : fields) {
    out += ',';
    appendQuoted(out, f.key);
    out += ':';
    appendQuoted(out, f.value);
  }
  return out + "}";
}

}  // namespace meshka
