// SPIFFE identities of workloads.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meshka::mesh {

struct WorkloadIdentity {
  std::string ns;
  std::string service_account;
  bool operator==(const WorkloadIdentity&) const = default;
};

// "spiffe://TRUST-DOMAIN/ns/NS/sa/ACCOUNT". Underscores in a trust domain are kept; "@" becomes "."
// as upstream does.
std::string spiffeUri(std::string_view trust_domain, const WorkloadIdentity& identity);
struct SpiffeId {
  std::string trust_domain;
  WorkloadIdentity identity;
};
// nullopt: not of that form.
std::optional<SpiffeId> parseSpiffeUri(std::string_view uri);
// "system:serviceaccount:NS:ACCOUNT"
std::optional<WorkloadIdentity> parseServiceAccountUser(std::string_view user);

}  // namespace meshka::mesh
