#include "api/names.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::api {
namespace {

bool lowerAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool alnum(char c) {
  return lowerAlnum(c) || (c >= 'A' && c <= 'Z');
}

// Not empty, all of inner, first and last of outer.
template <class Outer, class Inner>
bool framed(std::string_view s, Outer outer, Inner inner) {
  return !s.empty() && outer(s.front()) && outer(s.back()) &&
         std::all_of(s.begin(), s.end(), inner);
}

std::string tooLong(size_t max) {
  return cat("must be no more than ", max, " characters");
}

std::string explain(std::string_view message, std::string_view pattern,
                    std::initializer_list<std::string_view> examples) {
  std::string out = cat(message, " (e.g. ");
  bool first = true;
  for (const std::string_view example : examples) {
    out += cat(first ? "" : " or ", "'", example, "', ");
    first = false;
  }
  return out + cat("regex used for validation is '", pattern, "')");
}

bool isLabel(std::string_view s) {
  return framed(s, lowerAlnum, [](char c) { return lowerAlnum(c) || c == '-'; });
}
bool isSubdomain(std::string_view s) {
  const auto parts = split(s, '.');
  return std::all_of(parts.begin(), parts.end(), isLabel);
}
bool isQualifiedPart(std::string_view s) {
  return framed(s, alnum, [](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; });
}

constexpr std::string_view kLabel = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
constexpr std::string_view kSubdomain =
    "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
constexpr std::string_view kQualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

std::string explainQualified() {
  return explain(
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
      "alphanumeric character",
      kQualified, {"MyName", "my.name", "123-abc"});
}

}  // namespace

Complaints checkDns1123Label(std::string_view value) {
  Complaints out;
  if (value.size() > 63) out.push_back(tooLong(63));
  if (isLabel(value)) return out;
  if (isSubdomain(value)) {
    out.push_back("must not contain dots");
  } else {
    out.push_back(explain(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
        "must start and end with an alphanumeric character",
        kLabel, {"my-name", "123-abc"}));
  }
  return out;
}

Complaints checkDns1123Subdomain(std::string_view value) {
  Complaints out;
  if (value.size() > 253) out.push_back(tooLong(253));
  if (!isSubdomain(value)) {
    out.push_back(explain(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
        "'.', and must start and end with an alphanumeric character",
        kSubdomain, {"example.com"}));
  }
  return out;
}

Complaints checkWildcardDns1123Subdomain(std::string_view value) {
  Complaints out;
  if (value.size() > 253) out.push_back(tooLong(253));
  if (!value.starts_with("*.") || !isSubdomain(value.substr(2))) {
    out.push_back(
        explain("a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS "
                "subdomain, which "
                "must consist of lower case alphanumeric characters, '-' or '.' and end with an "
                "alphanumeric "
                "character",
                cat("\\*\\.", kSubdomain), {"*.example.com"}));
  }
  return out;
}

Complaints checkDns1035Label(std::string_view value) {
  Complaints out;
  if (value.size() > 63) out.push_back(tooLong(63));
  if (!isLabel(value) || (value[0] >= '0' && value[0] <= '9')) {
    out.push_back(explain(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
        "alphabetic character, and end with an alphanumeric character",
        "[a-z]([-a-z0-9]*[a-z0-9])?", {"my-name", "abc-123"}));
  }
  return out;
}

Complaints checkQualifiedName(std::string_view value) {
  Complaints out;
  const auto parts = split(value, '/');
  if (parts.size() > 2) {
    out.push_back(
        cat("a qualified name ", explainQualified(),
            " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"));
    return out;
  }
  if (parts.size() == 2) {
    if (parts[0].empty()) {
      out.push_back("prefix part must be non-empty");
    } else {
      for (const std::string& complaint : checkDns1123Subdomain(parts[0]))
        out.push_back(cat("prefix part ", complaint));
    }
  }
  const std::string_view name = parts.back();
  if (name.empty()) {
    out.push_back("name part must be non-empty");
  } else if (name.size() > 63) {
    out.push_back(cat("name part ", tooLong(63)));
  }
  if (!isQualifiedPart(name)) out.push_back(cat("name part ", explainQualified()));
  return out;
}

Complaints checkLabelValue(std::string_view value) {
  Complaints out;
  if (value.size() > 63) out.push_back(tooLong(63));
  if (!value.empty() && !isQualifiedPart(value)) {
    out.push_back(
        explain("a valid label must be an empty string or consist of alphanumeric characters, '-', "
                "'_' or '.', "
                "and must start and end with an alphanumeric character",
                cat("(", kQualified, ")?"), {"MyValue", "my_value", "12345"}));
  }
  return out;
}

Complaints checkPortName(std::string_view value) {
  Complaints out;
  if (value.size() > 15) out.push_back(tooLong(15));
  if (value.empty() ||
      !std::all_of(value.begin(), value.end(), [](char c) { return lowerAlnum(c) || c == '-'; })) {
    out.push_back("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (std::none_of(value.begin(), value.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
    out.push_back("must contain at least one letter (a-z)");
  }
  if (value.find("--") != std::string_view::npos)
    out.push_back("must not contain consecutive hyphens");
  if (value.starts_with('-') || value.ends_with('-'))
    out.push_back("must not begin or end with a hyphen");
  return out;
}

Complaints checkPortNumber(int64_t port) {
  if (port >= 1 && port <= 65535) return {};
  return {"must be between 1 and 65535, inclusive"};
}

namespace {
void complainOfDots(std::string_view value, Complaints& out) {
  if (value == ".") {
    out.push_back("must not be '.'");
  } else if (value == "..") {
    out.push_back("must not be '..'");
  } else if (value.starts_with("..")) {
    out.push_back("must not start with '..'");
  }
}
bool keyCharacter(char c) {
  return alnum(c) || c == '-' || c == '_' || c == '.';
}
}  // namespace

Complaints checkConfigMapKey(std::string_view value) {
  Complaints out;
  if (value.size() > 253) out.push_back(tooLong(253));
  if (value.empty() || !std::all_of(value.begin(), value.end(), keyCharacter)) {
    out.push_back(
        explain("a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
                "[-._a-zA-Z0-9]+", {"key.name", "KEY_NAME", "key-name"}));
  }
  complainOfDots(value, out);
  return out;
}

Complaints checkEnvVarName(std::string_view value) {
  Complaints out;
  const bool digit = !value.empty() && value[0] >= '0' && value[0] <= '9';
  if (value.empty() || digit || !std::all_of(value.begin(), value.end(), keyCharacter)) {
    out.push_back(
        explain("a valid environment variable name must consist of alphabetic characters, digits, "
                "'_', '-', or "
                "'.', and must not start with a digit",
                "[-._a-zA-Z][-._a-zA-Z0-9]*", {"my.env-name", "MY_ENV.NAME", "MyEnvName1"}));
  }
  complainOfDots(value, out);
  return out;
}

Complaints checkPathSegmentName(std::string_view value) {
  if (value == "." || value == "..") return {cat("may not be '", value, "'")};
  Complaints out;
  for (const char c : {'/', '%'}) {
    if (value.find(c) != std::string_view::npos) out.push_back(cat("may not contain '", c, "'"));
  }
  return out;
}

std::string joinComplaints(const Complaints& complaints) {
  return join(complaints, "; ");
}

}  // namespace meshka::api
