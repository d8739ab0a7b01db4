#include "api/selectors.h"

#include <algorithm>

#include "api/names.h"
#include "base/strings.h"
#include "doc/json.h"

namespace meshka::api {
namespace {

using doc::Value;

std::unexpected<Error> refuse(std::string message) {
  return fail(Error(Code::kInvalid, "BadRequest", std::move(message)));
}

enum class Token : uint8_t {
  kEnd,
  kIdentifier,
  kIn,
  kNotIn,
  kComma,
  kNot,
  kEquals,
  kDoubleEquals,
  kNotEquals,
  kGreater,
  kLess,
  kOpen,
  kClose,
  kError,
};
struct Lexeme {
  Token token;
  std::string text;
};

std::vector<Lexeme> lex(std::string_view s) {
  constexpr std::string_view kSymbols = "=!(),><";
  constexpr std::string_view kSpace = " \t\r\n";
  std::vector<Lexeme> out;
  size_t at = 0;
  while ((at = s.find_first_not_of(kSpace, at)) != std::string_view::npos) {
    const auto symbol = [&](std::string_view text, Token token) {
      if (!s.substr(at).starts_with(text)) return false;
      out.push_back({token, std::string(text)});
      at += text.size();
      return true;
    };
    if (symbol("==", Token::kDoubleEquals) || symbol("!=", Token::kNotEquals) ||
        symbol("=", Token::kEquals) || symbol("!", Token::kNot) || symbol("(", Token::kOpen) ||
        symbol(")", Token::kClose) || symbol(",", Token::kComma) || symbol(">", Token::kGreater) ||
        symbol("<", Token::kLess)) {
      continue;
    }
    const size_t end = std::min(s.find_first_of(cat(kSymbols, kSpace), at), s.size());
    const std::string word(s.substr(at, end - at));
    out.push_back({word == "in"      ? Token::kIn
                   : word == "notin" ? Token::kNotIn
                                     : Token::kIdentifier,
                   word});
    at = end;
  }
  out.push_back({Token::kEnd, ""});
  return out;
}

// field.Invalid of Kubernetes as text.
std::string invalid(std::string_view path, std::string_view shown, std::string_view detail) {
  return cat(path, ": Invalid value: ", shown, ": ", detail);
}
std::string quoted(std::string_view text) {
  return doc::toJson(doc::Draft(text).finish());
}

Result<LabelRequirement> checked(LabelRequirement r) {
  std::vector<std::string> errors;
  if (const auto complaints = checkQualifiedName(r.key); !complaints.empty()) {
    errors.push_back(invalid("key", quoted(r.key), joinComplaints(complaints)));
  }
  const auto valuesAre = [&](bool good, std::string_view detail) {
    if (good) return;
    std::string shown = "[";
    for (const std::string& value : r.values)
      shown += cat(shown.size() > 1 ? "," : "", quoted(value));
    errors.push_back(invalid("values", shown + "]", detail));
  };
  switch (r.op) {
    case LabelOperator::kIn:
    case LabelOperator::kNotIn:
      valuesAre(!r.values.empty(), "for 'in', 'notin' operators, values set can't be empty");
      break;
    case LabelOperator::kEquals:
    case LabelOperator::kDoubleEquals:
    case LabelOperator::kNotEquals:
      valuesAre(r.values.size() == 1, "exact-match compatibility requires one single value");
      break;
    case LabelOperator::kExists:
    case LabelOperator::kDoesNotExist:
      valuesAre(r.values.empty(), "values set must be empty for exists and does not exist");
      break;
    case LabelOperator::kGreater:
    case LabelOperator::kLess:
      valuesAre(r.values.size() == 1, "for 'Gt', 'Lt' operators, exactly one value is required");
      for (const std::string& value : r.values) {
        if (!parseInt(value)) {
          errors.push_back(invalid("values[0]", quoted(value),
                                   "for 'Gt', 'Lt' operators, the value must be an integer"));
        }
      }
      break;
  }
  size_t index = 0;
  for (const std::string& value : r.values) {
    if (const auto complaints = checkLabelValue(value); !complaints.empty()) {
      errors.push_back(invalid(cat("values[", index, "][", r.key, "]"), quoted(value),
                               joinComplaints(complaints)));
    }
    ++index;
  }
  if (errors.empty()) return r;
  return refuse(errors.size() == 1 ? errors[0] : cat("[", join(errors, ", "), "]"));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lexemes_(lex(text)) {}

  Result<std::vector<LabelRequirement>> parse() {
    std::vector<LabelRequirement> out;
    for (;;) {
      const Lexeme& next = peek();
      if (next.token == Token::kEnd) return out;
      if (!isWord(next.token) && next.token != Token::kNot) {
        return refuse(cat("found '", next.text, "', expected: !, identifier, or 'end of string'"));
      }
      auto requirement = parseRequirement();
      if (!requirement)
        return refuse(cat("unable to parse requirement: ", requirement.error().message()));
      out.push_back(std::move(*requirement));
      const Lexeme after = take();
      if (after.token == Token::kEnd) return out;
      if (after.token != Token::kComma)
        return refuse(cat("found '", after.text, "', expected: ',' or 'end of string'"));
      if (!isWord(peek().token) && peek().token != Token::kNot) {
        return refuse(cat("found '", peek().text, "', expected: identifier after ','"));
      }
    }
  }

 private:
  static bool isWord(Token t) {
    return t == Token::kIdentifier || t == Token::kIn || t == Token::kNotIn;
  }
  const Lexeme& peek() const { return lexemes_[std::min(at_, lexemes_.size() - 1)]; }
  Lexeme take() {
    const Lexeme lexeme = peek();
    ++at_;
    return lexeme;
  }

  Result<LabelRequirement> parseRequirement() {
    LabelRequirement r;
    Lexeme lexeme = take();
    const bool negated = lexeme.token == Token::kNot;
    if (negated) lexeme = take();
    if (!isWord(lexeme.token))
      return refuse(cat("found '", lexeme.text, "', expected: identifier"));
    if (const auto complaints = checkQualifiedName(lexeme.text); !complaints.empty()) {
      return refuse(invalid("<nil>", quoted(lexeme.text), joinComplaints(complaints)));
    }
    r.key = lexeme.text;
    if (negated || peek().token == Token::kEnd || peek().token == Token::kComma) {
      r.op = negated ? LabelOperator::kDoesNotExist : LabelOperator::kExists;
      return checked(std::move(r));
    }
    lexeme = take();
    switch (lexeme.token) {
      case Token::kIn:
        r.op = LabelOperator::kIn;
        break;
      case Token::kNotIn:
        r.op = LabelOperator::kNotIn;
        break;
      case Token::kEquals:
        r.op = LabelOperator::kEquals;
        break;
      case Token::kDoubleEquals:
        r.op = LabelOperator::kDoubleEquals;
        break;
      case Token::kNotEquals:
        r.op = LabelOperator::kNotEquals;
        break;
      case Token::kGreater:
        r.op = LabelOperator::kGreater;
        break;
      case Token::kLess:
        r.op = LabelOperator::kLess;
        break;
      default:
        return refuse(cat("found '", lexeme.text, "', expected: in, notin, =, ==, !=, gt, lt"));
    }
    if (r.op == LabelOperator::kIn || r.op == LabelOperator::kNotIn) {
      MESHKA_TRY(r.values, parseValues());
    } else {
      MESHKA_TRY(std::string value, parseExactValue());
      r.values.insert(std::move(value));
    }
    return checked(std::move(r));
  }

  Result<std::string> parseExactValue() {
    if (peek().token == Token::kEnd || peek().token == Token::kComma) return std::string();
    const Lexeme lexeme = take();
    if (isWord(lexeme.token)) return lexeme.text;
    return refuse(cat("found '", lexeme.text, "', expected: identifier"));
  }

  // "(a,b)"; an empty place between commas or parentheses is the empty value.
  Result<std::set<std::string>> parseValues() {
    const Lexeme open = take();
    if (open.token != Token::kOpen) return refuse(cat("found '", open.text, "' expected: '('"));
    std::set<std::string> values;
    if (!isWord(peek().token) && peek().token != Token::kComma && peek().token != Token::kClose) {
      return refuse(cat("found '", peek().text, "', expected: ',', ')' or identifier"));
    }
    for (;;) {
      if (isWord(peek().token)) {
        values.insert(take().text);
      } else {
        values.insert("");
      }
      const Lexeme after = take();
      if (after.token == Token::kClose) return values;
      if (after.token != Token::kComma)
        return refuse(cat("found '", after.text, "', expected: ',' or ')'"));
      const Token next = peek().token;
      if (!isWord(next) && next != Token::kComma && next != Token::kClose) {
        return refuse(cat("found '", peek().text, "', expected: ',', or identifier"));
      }
    }
  }

  std::vector<Lexeme> lexemes_;
  size_t at_ = 0;
};

void sortByKey(std::vector<LabelRequirement>& requirements) {
  std::sort(requirements.begin(), requirements.end(),
            [](const LabelRequirement& a, const LabelRequirement& b) {
              return std::pair(a.key, a.op) < std::pair(b.key, b.op);
            });
}

}  // namespace

bool LabelRequirement::matches(Value labels) const {
  const Value label = labels[key];
  const bool has = label.exists();
  switch (op) {
    case LabelOperator::kIn:
    case LabelOperator::kEquals:
    case LabelOperator::kDoubleEquals:
      return has && values.contains(std::string(label.text()));
    case LabelOperator::kNotIn:
    case LabelOperator::kNotEquals:
      return !has || !values.contains(std::string(label.text()));
    case LabelOperator::kExists:
      return has;
    case LabelOperator::kDoesNotExist:
      return !has;
    case LabelOperator::kGreater:
    case LabelOperator::kLess:
      break;
  }
  const auto left = parseInt(label.text());
  const auto right = values.empty() ? std::nullopt : parseInt(*values.begin());
  if (!has || !left || !right) return false;
  return op == LabelOperator::kGreater ? *left > *right : *left < *right;
}

std::string LabelRequirement::toString() const {
  const std::string list = join(std::vector<std::string>(values.begin(), values.end()), ",");
  switch (op) {
    case LabelOperator::kIn:
      return cat(key, " in (", list, ")");
    case LabelOperator::kNotIn:
      return cat(key, " notin (", list, ")");
    case LabelOperator::kEquals:
      return cat(key, "=", list);
    case LabelOperator::kDoubleEquals:
      return cat(key, "==", list);
    case LabelOperator::kNotEquals:
      return cat(key, "!=", list);
    case LabelOperator::kExists:
      return key;
    case LabelOperator::kDoesNotExist:
      return cat("!", key);
    case LabelOperator::kGreater:
      return cat(key, ">", list);
    case LabelOperator::kLess:
      return cat(key, "<", list);
  }
  return key;
}

LabelSelector LabelSelector::nothing() {
  LabelSelector out;
  out.nothing_ = true;
  return out;
}

Result<LabelSelector> LabelSelector::parse(std::string_view text) {
  LabelSelector out;
  MESHKA_TRY(out.requirements_, Parser(text).parse());
  sortByKey(out.requirements_);
  return out;
}

Result<LabelSelector> LabelSelector::fromObject(Value object) {
  if (!object.isObject()) return nothing();
  LabelSelector out;
  for (auto [key, value] : object["matchLabels"].members()) {
    MESHKA_TRY(LabelRequirement r, checked({.key = std::string(key),
                                            .op = LabelOperator::kEquals,
                                            .values = {std::string(value.text())}}));
    out.requirements_.push_back(std::move(r));
  }
  for (Value expression : object["matchExpressions"].elements()) {
    LabelRequirement r{.key = std::string(expression["key"].text())};
    const std::string_view op = expression["operator"].text();
    if (op == "In") {
      r.op = LabelOperator::kIn;
    } else if (op == "NotIn") {
      r.op = LabelOperator::kNotIn;
    } else if (op == "Exists") {
      r.op = LabelOperator::kExists;
    } else if (op == "DoesNotExist") {
      r.op = LabelOperator::kDoesNotExist;
    } else {
      return refuse(cat(quoted(op), " is not a valid label selector operator"));
    }
    for (Value value : expression["values"].elements()) r.values.emplace(value.text());
    MESHKA_TRY(r, checked(std::move(r)));
    out.requirements_.push_back(std::move(r));
  }
  sortByKey(out.requirements_);
  return out;
}

LabelSelector LabelSelector::fromMap(Value map) {
  if (map.empty()) return nothing();
  LabelSelector out;
  for (auto [key, value] : map.members()) {
    out.requirements_.push_back({.key = std::string(key),
                                 .op = LabelOperator::kEquals,
                                 .values = {std::string(value.text())}});
  }
  return out;
}

bool LabelSelector::matches(Value labels) const {
  if (nothing_) return false;
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const auto& r) { return r.matches(labels); });
}

std::string LabelSelector::toString() const {
  std::string out;
  for (const LabelRequirement& r : requirements_) out += cat(out.empty() ? "" : ",", r.toString());
  return out;
}

namespace {

Result<std::string> unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',' || text[i] == '=') {
      return refuse(cat("invalid field selector: unescaped character in value: ", text[i]));
    }
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (next != '\\' && next != ',' && next != '=') {
      return refuse(cat("invalid field selector: invalid escape sequence: ", text.substr(i, 2)));
    }
    out += next;
    ++i;
  }
  return out;
}

std::vector<std::string_view> splitTerms(std::string_view text) {
  std::vector<std::string_view> terms;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  terms.push_back(text.substr(start));
  return terms;
}

}  // namespace

Result<FieldSelector> FieldSelector::parse(std::string_view text) {
  FieldSelector out;
  for (const std::string_view part : splitTerms(text)) {
    if (part.empty()) continue;
    const size_t at = part.find('=');
    if (at == std::string_view::npos)
      return refuse(cat("invalid selector: '", text, "'; can't understand '", part, "'"));
    const bool negated = at > 0 && part[at - 1] == '!';
    const size_t value_at = at + (!negated && part.substr(at).starts_with("==") ? 2 : 1);
    MESHKA_TRY(std::string value, unescape(part.substr(value_at)));
    out.terms_.push_back(
        {std::string(part.substr(0, negated ? at - 1 : at)), std::move(value), negated});
  }
  return out;
}

std::string fieldText(Value object, std::string_view path) {
  Value at = object;
  for (const std::string_view step : split(path, '.')) at = at[step];
  if (at.isString()) return std::string(at.text());
  return at.isNumber() || at.kind() == doc::Kind::kBool ? doc::toJson(at) : std::string();
}

bool FieldSelector::matches(Value object) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const FieldTerm& term) {
    return (fieldText(object, term.field) == term.value) != term.negated;
  });
}

const std::string* FieldSelector::required(std::string_view field) const {
  for (const FieldTerm& term : terms_) {
    if (!term.negated && term.field == field) return &term.value;
  }
  return nullptr;
}

}  // namespace meshka::api
