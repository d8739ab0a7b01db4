// What the proxy shows and what it trusts: the certificate with its key, and the roots. One value
// with versions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/function.h"
#include "doc/doc.h"

namespace meshka::mesh::agent {

inline constexpr std::string_view kIdentitySecret = "default";
inline constexpr std::string_view kRootsSecret = "ROOTCA";

class Secrets {
 public:
  // Called at each change; nothing is waited for. Who listens outlives the changes.
  void onChange(Callback listener) { listener_ = std::move(listener); }

  // `chain_pem` leaf first, without the root.
  void setIdentity(std::string chain_pem, std::string key_pem);
  // Each once, in this order; setting the same again changes nothing.
  void setRoots(const std::vector<std::string>& pems);

  // 0: there is none yet, or no such secret.
  uint64_t version(std::string_view name) const;
  // envoy.extensions.transport_sockets.tls.v3.Secret
  doc::Doc resource(std::string_view name) const;
  const std::string& rootsPem() const { return roots_; }

 private:
  void changed() {
    if (listener_) listener_();
  }
  std::string chain_, key_, roots_;
  uint64_t identity_version_ = 0;
  uint64_t roots_version_ = 0;
  Callback listener_;
};

}  // namespace meshka::mesh::agent
