#include "api/validation/names.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::api {
namespace {

bool isLower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool isAlnum(char c) { return isLower(c) || (c >= 'A' && c <= 'Z'); }

// All characters are allowed, the outer ones letters or digits.
bool consists(std::string_view text, bool (*outer)(char), std::string_view more) {
  if (text.empty() || !outer(text.front()) || !outer(text.back())) return false;
  return std::ranges::all_of(text, [&](char c) { return outer(c) || more.find(c) != std::string_view::npos; });
}

std::string tooLong(size_t max) { return cat("must be no more than ", max, " bytes"); }

constexpr std::string_view kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view k1035 =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and "
    "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kQualified =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr std::string_view kConfigKey =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

}  // namespace

std::string dnsLabelProblem(std::string_view text) {
  if (text.size() > 63) return tooLong(63);
  return consists(text, isLower, "-") ? "" : std::string(kLabel);
}

std::string dns1035LabelProblem(std::string_view text) {
  if (text.size() > 63) return tooLong(63);
  bool letter = !text.empty() && text[0] >= 'a' && text[0] <= 'z';
  return letter && consists(text, isLower, "-") ? "" : std::string(k1035);
}

std::string dnsSubdomainProblem(std::string_view text) {
  if (text.size() > 253) return tooLong(253);
  for (std::string_view part : split(text, '.')) {
    if (!consists(part, isLower, "-")) return std::string(kSubdomain);
  }
  return "";
}

std::string pathSegmentProblem(std::string_view text) {
  if (text == "." || text == "..") return cat("may not be '", text, "'");
  if (text.find('/') != std::string_view::npos) return "may not contain '/'";
  if (text.find('%') != std::string_view::npos) return "may not contain '%'";
  return "";
}

std::string qualifiedNameProblem(std::string_view text) {
  size_t slash = text.find('/');
  std::string_view name = text;
  if (slash != std::string_view::npos) {
    std::string_view prefix = text.substr(0, slash);
    name = text.substr(slash + 1);
    if (name.find('/') != std::string_view::npos) {
      return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
             "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
             "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. "
             "'example.com/MyName')";
    }
    if (prefix.empty()) return "prefix part must be non-empty";
    if (std::string problem = dnsSubdomainProblem(prefix); !problem.empty()) return cat("prefix part ", problem);
  }
  if (name.empty()) return "name part must be non-empty";
  if (name.size() > 63) return cat("name part ", tooLong(63));
  return consists(name, isAlnum, "-_.") ? "" : std::string(kQualified);
}

std::string labelValueProblem(std::string_view text) {
  if (text.empty()) return "";
  if (text.size() > 63) return tooLong(63);
  return consists(text, isAlnum, "-_.") ? "" : std::string(kValue);
}

std::string portNameProblem(std::string_view text) {
  if (text.size() > 15) return "must be no more than 15 characters";
  if (!std::ranges::all_of(text, [](char c) { return isLower(c) || c == '-'; })) {
    return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
  }
  if (std::ranges::none_of(text, [](char c) { return c >= 'a' && c <= 'z'; })) return "must contain at least one letter (a-z)";
  if (text.find("--") != std::string_view::npos) return "must not contain consecutive hyphens";
  if (text.front() == '-' || text.back() == '-') return "must not begin or end with a hyphen";
  return "";
}

std::string configKeyProblem(std::string_view text) {
  if (text.size() > 253) return tooLong(253);
  if (text == ".") return "must not be '.'";
  if (text == "..") return "must not be '..'";
  if (text.starts_with("..")) return "must not start with '..'";
  bool allowed = !text.empty() && std::ranges::all_of(text, [](char c) { return isAlnum(c) || c == '-' || c == '_' || c == '.'; });
  return allowed ? "" : std::string(kConfigKey);
}

std::string nameProblem(std::string_view rule, std::string_view text) {
  if (rule == "dns-label") return dnsLabelProblem(text);
  if (rule == "dns1035-label") return dns1035LabelProblem(text);
  if (rule == "path-segment") return pathSegmentProblem(text);
  return dnsSubdomainProblem(text);
}

}  // namespace meshka::api
