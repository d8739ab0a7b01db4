#include "mesh/validate/addresses.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

#include "base/strings.h"

namespace meshka::mesh {
namespace {

constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxName = 255;

bool parses(int family, std::string_view text) {
  char raw[16];
  return inet_pton(family, std::string(text).c_str(), raw) == 1;
}

}  // namespace

bool isIp(std::string_view text) {
  return parses(AF_INET, text) || parses(AF_INET6, text);
}

bool isCidr(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return false;
  const auto bits = parseInt(text.substr(slash + 1));
  const std::string_view address = text.substr(0, slash);
  if (!bits || *bits < 0) return false;
  return parses(AF_INET, address) ? *bits <= 32 : parses(AF_INET6, address) && *bits <= 128;
}

bool isLabelName(std::string_view text) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (text.empty() || text.size() > kMaxLabel) return false;
  if (!alphanumeric(text.front()) || !alphanumeric(text.back())) return false;
  return std::ranges::all_of(text, [&](char c) { return alphanumeric(c) || c == '-'; });
}

bool isFqdn(std::string_view text) {
  if (text.size() > kMaxName) return false;
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return false;
  for (const std::string_view label : split(text, '.')) {
    // Names of clusters, which may have underscores, occur as labels.
    std::string plain(label);
    std::ranges::replace(plain, '_', '-');
    if (!isLabelName(plain)) return false;
  }
  return true;
}

bool isWildcardDomain(std::string_view text) {
  if (text == "*") return true;
  if (text.starts_with("*.")) text.remove_prefix(2);
  return isFqdn(text);
}

}  // namespace meshka::mesh
