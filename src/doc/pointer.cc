#include "doc/pointer.h"

#include "base/strings.h"

namespace meshka::doc {

Result<std::vector<std::string>> parsePointer(std::string_view pointer) {
  std::vector<std::string> steps;
  if (pointer.empty()) return steps;
  if (pointer[0] != '/') {
    return fail(Code::kInvalid, cat("JSON pointer \"", pointer, "\" does not begin with '/'"));
  }
  for (const std::string_view raw : split(pointer.substr(1), '/')) {
    std::string& step = steps.emplace_back();
    for (size_t i = 0; i < raw.size(); ++i) {
      const char next = i + 1 < raw.size() ? raw[i + 1] : '\0';
      const bool escape = raw[i] == '~' && (next == '0' || next == '1');
      step += !escape ? raw[i] : next == '0' ? '~' : '/';
      if (escape) ++i;
    }
  }
  return steps;
}

std::string escapePointerStep(std::string_view step) {
  std::string out;
  for (const char c : step) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace meshka::doc
