#include "mesh/agent/secrets.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::mesh::agent {

void Secrets::setIdentity(std::string chain_pem, std::string key_pem) {
  chain_ = std::move(chain_pem);
  key_ = std::move(key_pem);
  ++identity_version_;
  changed();
}

void Secrets::setRoots(const std::vector<std::string>& pems) {
  std::vector<std::string> seen;
  std::string all;
  for (const std::string& pem : pems) {
    if (trim(pem).empty() || std::ranges::find(seen, std::string(trim(pem))) != seen.end())
      continue;
    seen.emplace_back(trim(pem));
    all += cat(trim(pem), "\n");
  }
  if (all == roots_ || all.empty()) return;
  roots_ = std::move(all);
  ++roots_version_;
  changed();
}

uint64_t Secrets::version(std::string_view name) const {
  if (name == kIdentitySecret) return identity_version_;
  return name == kRootsSecret ? roots_version_ : 0;
}

doc::Doc Secrets::resource(std::string_view name) const {
  doc::Draft out = doc::Draft::object();
  out["name"] = name;
  if (name == kIdentitySecret) {
    out["tls_certificate"]["certificate_chain"]["inline_string"] = chain_;
    out["tls_certificate"]["private_key"]["inline_string"] = key_;
  } else {
    out["validation_context"]["trusted_ca"]["inline_string"] = roots_;
  }
  return out.finish();
}

}  // namespace meshka::mesh::agent
