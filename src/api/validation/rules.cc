#include "api/validation/rules.h"

#include <cmath>

#include "api/validation/names.h"
#include "base/strings.h"
#include "doc/json.h"

namespace meshka::api {

using schema::invalidText;
using schema::invalidValue;
using schema::requiredValue;

void checkText(Value value, const std::string& path, std::string (*problem)(std::string_view),
               Causes& out) {
  if (std::string text = problem(value.text()); !text.empty())
    out.push_back(invalidValue(path, value, text));
}

void checkNonNegative(Value value, const std::string& path, Causes& out) {
  if (value.isNumber() && value.number() < 0) {
    out.push_back(invalidValue(path, value, "must be greater than or equal to 0"));
  }
}

void checkPort(Value value, const std::string& path, Causes& out) {
  if (value.integer() < 1 || value.integer() > 65535) {
    out.push_back(invalidValue(path, value.exists() ? value : doc::Value(),
                               "must be between 1 and 65535, inclusive"));
  }
}

void checkPortOrName(Value value, const std::string& path, Causes& out) {
  if (value.isNumber())
    checkPort(value, path, out);
  else
    checkText(value, path, portNameProblem, out);
}

void checkImmutable(Value now, Value before, const std::string& path, Causes& out) {
  bool same = now.exists() == before.exists() && (!now.exists() || now == before);
  if (!same) out.push_back(invalidValue(path, now, "field is immutable"));
}

void checkLabels(Value labels, const std::string& path, Causes& out) {
  for (auto [key, value] : labels.members()) {
    if (std::string text = qualifiedNameProblem(key); !text.empty())
      out.push_back(invalidText(path, key, text));
    if (std::string text = labelValueProblem(value.text()); !text.empty())
      out.push_back(invalidValue(path, value, text));
  }
}

void checkLabelSelector(Value selector, const std::string& path, Causes& out) {
  checkLabels(selector["matchLabels"], child(path, "matchLabels"), out);
  size_t index = 0;
  for (Value requirement : selector["matchExpressions"].elements()) {
    std::string at = indexed(child(path, "matchExpressions"), index++);
    std::string_view op = requirement["operator"].text();
    bool needs = op == "In" || op == "NotIn";
    if (op != "Exists" && op != "DoesNotExist" && !needs) {
      out.push_back(invalidValue(child(at, "operator"), requirement["operator"],
                                 "not a valid selector operator"));
    } else if (needs && requirement["values"].size() == 0) {
      out.push_back(requiredValue(child(at, "values"),
                                  "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (!needs && requirement["values"].size() != 0) {
      out.push_back(schema::forbiddenField(
          child(at, "values"),
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    }
    checkText(requirement["key"], child(at, "key"), qualifiedNameProblem, out);
  }
}

bool selects(Value selector, Value labels) {
  if (!selector.isObject()) return false;
  for (auto [key, value] : selector["matchLabels"].members()) {
    if (!labels[key].exists() || labels[key].text() != value.text()) return false;
  }
  for (Value requirement : selector["matchExpressions"].elements()) {
    Value label = labels[requirement["key"].text()];
    std::string_view op = requirement["operator"].text();
    bool in = false;
    for (Value value : requirement["values"].elements())
      in |= label.exists() && label.text() == value.text();
    if ((op == "In" && !in) || (op == "NotIn" && in) || (op == "Exists" && !label.exists()) ||
        (op == "DoesNotExist" && label.exists())) {
      return false;
    }
  }
  return true;
}

double quantityNumber(Value quantity) {
  std::string text = quantity.isString()   ? std::string(quantity.text())
                     : quantity.isNumber() ? doc::toJson(quantity)
                                           : "";
  size_t digits = text.find_first_not_of("+-.0123456789");
  if (digits == std::string::npos) digits = text.size();
  std::optional<double> number = parseDouble(std::string_view(text).substr(0, digits));
  std::string_view suffix = std::string_view(text).substr(digits);
  if (!number) return 0;
  if (suffix.starts_with('e') ||
      (suffix.starts_with('E') && suffix.size() > 1 && suffix[1] != 'i')) {
    return *number * std::pow(10.0, parseDouble(suffix.substr(1)).value_or(0));
  }
  constexpr std::string_view kDecimal = "num kMGTPE";  // 10^-9, 10^-6, 10^-3, 1, 10^3, ...
  if (suffix.empty()) return *number;
  size_t at = kDecimal.find(suffix[0]);
  if (suffix.ends_with('i')) {
    size_t power = suffix[0] == 'K' ? 1 : at == std::string_view::npos ? 0 : at - 3;
    return *number * std::pow(1024.0, static_cast<double>(power));
  }
  return at == std::string_view::npos ? 0 : *number * std::pow(1000.0, static_cast<double>(at) - 3);
}

void checkResources(Value resources, const std::string& path, Causes& out) {
  for (std::string_view list : {"limits", "requests"}) {
    for (auto [name, quantity] : resources[list].members()) {
      std::string at = keyed(child(path, list), name);
      if (std::string text = qualifiedNameProblem(name); !text.empty())
        out.push_back(invalidText(child(path, list), name, text));
      if (quantityNumber(quantity) < 0)
        out.push_back(invalidValue(at, quantity, "must be greater than or equal to 0"));
    }
  }
  for (auto [name, request] : resources["requests"].members()) {
    Value limit = resources["limits"][name];
    if (!limit.exists() || quantityNumber(request) <= quantityNumber(limit)) continue;
    std::string_view shown = limit.text();
    out.push_back(invalidValue(child(path, "requests"), request,
                               cat("must be less than or equal to ", name, " limit of ",
                                   limit.isString() ? std::string(shown) : doc::toJson(limit))));
  }
}

}  // namespace meshka::api
