// Label and field selectors, from their text and from LabelSelector objects.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::api {

enum class LabelOperator : uint8_t {
  kIn,
  kNotIn,
  kEquals,
  kDoubleEquals,
  kNotEquals,
  kExists,
  kDoesNotExist,
  kGreater,
  kLess,
};

struct LabelRequirement {
  std::string key;
  LabelOperator op = LabelOperator::kExists;
  std::set<std::string> values;

  bool matches(doc::Value labels) const;
  std::string toString() const;
};

// The conjunction of requirements. Without any it selects everything, unless it is nothing().
class LabelSelector {
 public:
  LabelSelector() = default;
  static LabelSelector nothing();

  // "app=web,tier in (a,b),!old,env!=prod". Errors: kInvalid, reason BadRequest, worded as
  // Kubernetes does.
  static Result<LabelSelector> parse(std::string_view text);
  // {matchLabels, matchExpressions}; a missing or null object selects nothing, an empty one
  // everything.
  static Result<LabelSelector> fromObject(doc::Value label_selector);
  // A plain map, as Service.spec.selector: equality for each. Empty or missing: nothing.
  static LabelSelector fromMap(doc::Value map);

  // `labels` is metadata.labels; may be missing.
  bool matches(doc::Value labels) const;
  bool selectsEverything() const { return !nothing_ && requirements_.empty(); }
  bool selectsNothing() const { return nothing_; }
  const std::vector<LabelRequirement>& requirements() const { return requirements_; }
  // Canonical text: requirements by key, separated by ','; what kubectl shows in SELECTOR columns.
  std::string toString() const;

 private:
  std::vector<LabelRequirement> requirements_;  // sorted by key
  bool nothing_ = false;
};

struct FieldTerm {
  std::string field;  // "metadata.name"
  std::string value;
  bool negated = false;
};

class FieldSelector {
 public:
  // "metadata.name=x,status.phase!=Running"; in values \\, \, and \= are escapes. Errors: kInvalid,
  // reason BadRequest. Whether a kind knows a field is the caller's question.
  static Result<FieldSelector> parse(std::string_view text);

  // Fields are read by path from the object; numbers and booleans as text, what is absent as "".
  bool matches(doc::Value object) const;
  const std::vector<FieldTerm>& terms() const { return terms_; }
  bool empty() const { return terms_.empty(); }
  // The value that `field` must have; nullptr when no term asks for it by equality.
  const std::string* required(std::string_view field) const;

 private:
  std::vector<FieldTerm> terms_;
};

// "spec.nodeName" of an object as a field selector sees it.
std::string fieldText(doc::Value object, std::string_view path);

}  // namespace meshka::api
