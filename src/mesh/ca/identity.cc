#include "mesh/ca/identity.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::mesh {

std::string spiffeUri(std::string_view trust_domain, const WorkloadIdentity& identity) {
  std::string domain(trust_domain);
  std::ranges::replace(domain, '@', '.');
  return cat("spiffe://", domain, "/ns/", identity.ns, "/sa/", identity.service_account);
}

std::optional<SpiffeId> parseSpiffeUri(std::string_view uri) {
  constexpr std::string_view kScheme = "spiffe://";
  if (!uri.starts_with(kScheme)) return std::nullopt;
  const auto parts = split(uri.substr(kScheme.size()), '/');
  if (parts.size() != 5 || parts[0].empty() || parts[1] != "ns" || parts[3] != "sa" ||
      parts[2].empty() || parts[4].empty()) {
    return std::nullopt;
  }
  return SpiffeId{std::string(parts[0]), {std::string(parts[2]), std::string(parts[4])}};
}

std::optional<WorkloadIdentity> parseServiceAccountUser(std::string_view user) {
  const auto parts = split(user, ':');
  if (parts.size() != 4 || parts[0] != "system" || parts[1] != "serviceaccount" ||
      parts[2].empty() || parts[3].empty()) {
    return std::nullopt;
  }
  return WorkloadIdentity{std::string(parts[2]), std::string(parts[3])};
}

}  // namespace meshka::mesh
