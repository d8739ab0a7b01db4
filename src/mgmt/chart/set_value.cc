// helm's --set grammar, as far as the chart's values need it.
#include "base/strings.h"
#include "mgmt/chart/values.h"

namespace meshka::mgmt {

using doc::Draft;

namespace {

constexpr int kMaxKeyDepth = 30;  // the chart's deepest key has five parts

// Up to the next unescaped character of `ends`; what was escaped stands for itself.
std::string take(std::string_view text, size_t& at, std::string_view ends) {
  std::string out;
  for (; at < text.size() && ends.find(text[at]) == ends.npos; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    out += text[at];
  }
  return out;
}

Draft typedValue(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  if (text == "null") return nullptr;
  // A leading zero is text to helm: zip codes, file modes.
  if (text == "0" || !text.starts_with('0')) {
    if (const auto number = parseInt(text)) return *number;
  }
  return text;
}

}  // namespace

Result<void> setValue(Draft& values, std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    Draft* place = &values;
    for (int depth = 0;; ++depth) {
      if (depth >= kMaxKeyDepth)
        return fail(Code::kInvalid, cat("--set: a key has more than ", kMaxKeyDepth, " parts"));
      const std::string key = take(text, at, ".=,[");
      if (key.empty()) return fail(Code::kInvalid, cat("--set \"", text, "\": a key is empty"));
      if (!place->isObject() && !place->isNull()) *place = Draft::object();
      place = &(*place)[key];
      if (at < text.size() && text[at] == '.') {
        ++at;
        continue;
      }
      if (at < text.size() && text[at] == '[')
        return fail(Code::kUnsupported, cat("--set \"", text,
                                            "\": lists are not supported yet; put them into a "
                                            "file for --chart-values-file"));
      if (at == text.size() || text[at] == ',')
        return fail(Code::kInvalid,
                    cat("--set \"", text, "\": key ", key, " has no value; the form is key=value"));
      break;
    }
    ++at;  // '='
    if (at < text.size() && text[at] == '{')
      return fail(Code::kUnsupported, cat("--set \"", text,
                                          "\": lists are not supported yet; put them into a file "
                                          "for --chart-values-file"));
    *place = typedValue(take(text, at, ","));
    if (at < text.size()) ++at;  // ','
  }
  return {};
}

}  // namespace meshka::mgmt
