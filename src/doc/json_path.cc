#include "doc/json_path.h"

#include <algorithm>

#include "base/strings.h"
#include "doc/block.h"
#include "doc/limits.h"
#include "doc/number.h"

namespace meshka::doc {

class JsonPathParser {
 public:
  using Step = JsonPath::Step;
  using StepKind = JsonPath::StepKind;
  using Operand = JsonPath::Operand;
  using Operator = JsonPath::Operator;
  using Slice = JsonPath::Slice;

  explicit JsonPathParser(std::string_view text) : text_(text) {}

  Result<std::vector<Step>> parse() {
    bool braces = false;
    skipSpace();
    if (take('{')) {
      braces = true;
      skipSpace();
    }
    if (!take('$')) take('@');
    MESHKA_TRY(std::vector<Step> steps, parseSteps());
    skipSpace();
    if (braces && !take('}')) return refuse("unclosed action");
    skipSpace();
    if (at_ != text_.size())
      return refuse(cat("unrecognized character in action: ", text_.substr(at_, 1)));
    return steps;
  }

 private:
  static std::unexpected<Error> refuse(std::string message) {
    return fail(Code::kInvalid, std::move(message));
  }
  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view s) {
    if (!text_.substr(at_).starts_with(s)) return false;
    at_ += s.size();
    return true;
  }
  void skipSpace() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }

  Result<std::vector<Step>> parseSteps() {
    std::vector<Step> steps;
    bool first = true;
    for (;; first = false) {
      if (++steps_seen_ > kMaxPathSteps) return refuse("JSON path has too many steps");
      if (peek() == '.') {
        ++at_;
        if (take('.')) {
          steps.push_back({.kind = StepKind::kRecursive});
          if (peek() == '[') continue;
        }
        if (peek() == '[' || (atEndOfField() && steps.empty())) continue;  // "." alone and ".[0]"
        MESHKA_TRY(Step step, parseField());
        steps.push_back(std::move(step));
      } else if (peek() == '[') {
        MESHKA_TRY(Step step, parseBrackets());
        steps.push_back(std::move(step));
      } else if (first && !atEndOfField()) {  // "metadata.name" is read as ".metadata.name"
        MESHKA_TRY(Step step, parseField());
        steps.push_back(std::move(step));
      } else {
        return steps;
      }
    }
  }

  bool atEndOfField() const {
    constexpr std::string_view kEnds = " \t\r\n.,[]$@{}()=!<>";
    return at_ >= text_.size() || kEnds.find(text_[at_]) != std::string_view::npos;
  }

  Result<Step> parseField() {
    if (take('*')) return Step{.kind = StepKind::kWildcard};
    std::string name;
    while (!atEndOfField()) {
      if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
      name += text_[at_++];
    }
    if (name.empty()) return refuse(cat("unexpected character in path: ", text_.substr(at_, 1)));
    return Step{.kind = StepKind::kFields, .names = {std::move(name)}};
  }

  Result<std::string> parseQuoted() {
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_++];
    }
    if (!take(quote)) return refuse("unterminated quoted string");
    return out;
  }

  Result<Step> parseBrackets() {
    ++at_;  // '['
    skipSpace();
    if (take("?(")) return parseFilter();
    Step step;
    if (take('*')) {
      step.kind = StepKind::kWildcard;
    } else {
      do {
        skipSpace();
        if (peek() == '\'' || peek() == '"') {
          MESHKA_TRY(std::string name, parseQuoted());
          step.names.push_back(std::move(name));
        } else {
          MESHKA_TRY(Slice slice, parseSlice());
          step.slices.push_back(slice);
        }
        skipSpace();
      } while (take(','));
      if (!step.names.empty() && !step.slices.empty())
        return refuse("invalid array index: fields and indexes mixed");
      if (step.names.empty()) step.kind = StepKind::kSlices;
    }
    skipSpace();
    if (!take(']')) return refuse("unterminated array");
    return step;
  }

  Result<Slice> parseSlice() {
    const size_t end = std::min(text_.find_first_of(",]", at_), text_.size());
    const std::string_view body = trim(text_.substr(at_, end - at_));
    at_ = end;
    const std::vector<std::string_view> parts = split(body, ':');
    const auto bad = [&] { return refuse(cat("invalid array index ", body)); };
    if (parts.size() > 3 || body.empty()) return bad();
    Slice slice;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].empty()) continue;
      const auto number = parseInt(parts[i]);
      if (!number || *number > INT32_MAX || *number < INT32_MIN) return bad();
      if (i == 0) {
        slice.begin = *number;
        slice.has_begin = true;
      } else if (i == 1) {
        slice.end = *number;
        slice.has_end = true;
      } else {
        slice.step = *number;
      }
    }
    if (slice.step <= 0) return refuse("step must be > 0");
    if (parts.size() == 1) {  // one index: -1 is the last element
      slice.end = slice.begin + 1;
      slice.has_end = slice.begin != -1;
    }
    return slice;
  }

  Result<Step> parseFilter() {
    Step step{.kind = StepKind::kFilter};
    MESHKA_TRY(Operand left, parseOperand());
    step.operands.push_back(std::move(left));
    skipSpace();
    constexpr std::pair<std::string_view, Operator> kOperators[] = {
        {"==", Operator::kEqual},        {"!=", Operator::kNotEqual}, {"<=", Operator::kLessEqual},
        {">=", Operator::kGreaterEqual}, {"<", Operator::kLess},      {">", Operator::kGreater}};
    for (const auto& [sign, op] : kOperators) {
      if (!take(sign)) continue;
      step.op = op;
      MESHKA_TRY(Operand right, parseOperand());
      step.operands.push_back(std::move(right));
      break;
    }
    skipSpace();
    if (!take(")]")) return refuse("unterminated filter");
    return step;
  }

  Result<Operand> parseOperand() {
    skipSpace();
    Operand out;
    if (peek() == '\'' || peek() == '"') {
      MESHKA_TRY(const std::string text, parseQuoted());
      out.literal = true;
      out.value = Draft(text).finish();
      return out;
    }
    if (peek() == '@' || peek() == '$') {
      out.from_root = text_[at_++] == '$';
      if (++nesting_ > kMaxNesting) return refuse("filters are nested too deep");
      MESHKA_TRY(out.steps, parseSteps());
      --nesting_;
      return out;
    }
    const size_t end = std::min(text_.find_first_of(" )]=!<>", at_), text_.size());
    const std::string_view word = text_.substr(at_, end - at_);
    at_ = end;
    out.literal = true;
    BlockBuilder builder;
    if (word == "true" || word == "false") {
      builder.boolean(word == "true");
    } else if (word == "null") {
      builder.null();
    } else if (word.empty() || !appendNumber(builder, word)) {
      return refuse(cat("unrecognized identifier ", word));
    }
    out.value = builder.finish();
    return out;
  }

  static constexpr int kMaxNesting = 8;
  std::string_view text_;
  size_t at_ = 0;
  size_t steps_seen_ = 0;
  int nesting_ = 0;
};

class JsonPathSearch {
 public:
  using Step = JsonPath::Step;
  using Values = std::vector<Value>;

  explicit JsonPathSearch(Value root) : root_(root) {}

  Values run(Value from, const std::vector<Step>& steps) {
    Values values{from};
    for (const Step& step : steps) {
      Values next;
      for (Value v : values) apply(step, v, next);
      values = std::move(next);
    }
    return values;
  }

 private:
  // Every value that is looked at costs one visit; a spent budget ends the search with what it has.
  bool visit() { return ++visits_ <= kMaxPathVisits; }
  void add(Values& to, Value v) {
    if (v.exists() && visit()) to.push_back(v);
  }

  void apply(const Step& step, Value v, Values& out) {
    switch (step.kind) {
      case JsonPath::StepKind::kFields:
        for (const std::string& name : step.names) add(out, v[name]);
        break;
      case JsonPath::StepKind::kWildcard:
        for (size_t i = 0; i < v.size(); ++i) add(out, v[i]);
        break;
      case JsonPath::StepKind::kRecursive:
        descend(v, out);
        break;
      case JsonPath::StepKind::kSlices:
        for (const JsonPath::Slice& slice : step.slices) cut(slice, v, out);
        break;
      case JsonPath::StepKind::kFilter:
        for (Value element : v.elements()) {
          if (visit() && matches(step, element)) add(out, element);
        }
        break;
    }
  }

  void descend(Value v, Values& out) {
    if (v.empty() || !visit()) return;
    out.push_back(v);
    for (size_t i = 0; i < v.size(); ++i) descend(v[i], out);
  }

  void cut(const JsonPath::Slice& slice, Value v, Values& out) {
    if (!v.isArray()) return;
    const auto n = static_cast<int64_t>(v.size());
    const auto clamp = [n](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + n : i, 0, n); };
    const int64_t begin = slice.has_begin ? (slice.begin < -n ? n : clamp(slice.begin)) : 0;
    const int64_t end = slice.has_end ? clamp(slice.end) : n;
    for (int64_t i = begin; i < end; i += slice.step) add(out, v[static_cast<size_t>(i)]);
  }

  bool matches(const Step& filter, Value element) {
    const auto evaluate = [&](const JsonPath::Operand& operand) {
      if (operand.literal) return Values{operand.value.value()};
      return run(operand.from_root ? root_ : element, operand.steps);
    };
    const Values left = evaluate(filter.operands[0]);
    if (filter.op == JsonPath::Operator::kExists) return !left.empty();
    const Values right = evaluate(filter.operands[1]);
    if (left.size() != 1 || right.size() != 1) return false;
    return compare(left[0], right[0], filter.op);
  }

  static bool compare(Value a, Value b, JsonPath::Operator op) {
    using Op = JsonPath::Operator;
    if (op == Op::kEqual) return a == b;
    if (op == Op::kNotEqual) return !(a == b);
    int order = 0;
    if (a.isString() && b.isString()) {
      order = a.text().compare(b.text());
    } else if (a.isNumber() && b.isNumber()) {
      order = a.number() < b.number() ? -1 : a.number() > b.number() ? 1 : 0;
    } else {
      return false;
    }
    switch (op) {
      case Op::kLess:
        return order < 0;
      case Op::kLessEqual:
        return order <= 0;
      case Op::kGreater:
        return order > 0;
      default:
        return order >= 0;
    }
  }

  Value root_;
  size_t visits_ = 0;
};

Result<JsonPath> JsonPath::parse(std::string_view text) {
  JsonPath path;
  MESHKA_TRY(path.steps_, JsonPathParser(text).parse());
  return path;
}

std::vector<Value> JsonPath::find(Value root) const {
  return JsonPathSearch(root).run(root, steps_);
}

Value JsonPath::first(Value root) const {
  const std::vector<Value> found = find(root);
  return found.empty() ? Value() : found.front();
}

}  // namespace meshka::doc
