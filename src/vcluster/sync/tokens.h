// Service account tokens of synced pods: asked from the virtual TokenRequest, kept in a host Secret
// that belongs to the host pod, renewed at 80 % of their life and at the latest after
// kMaxTokenLife. Never in annotations.
#pragma once

#include <map>

#include "vcluster/sync/context.h"
#include "vcluster/translate/pod.h"

namespace meshka::vcluster {

class TokenKeeper {
 public:
  explicit TokenKeeper(SyncContext& context);

  // Before the pod is created: makes the Secret, owned by the control plane until adopt().
  io::Task<Result<void>> prepare(doc::Doc virtual_pod, TranslatedPod translated);
  // After the host pod is there: the Secret belongs to it, and goes with it.
  io::Task<Result<void>> adopt(doc::Doc host_pod, std::string secret_name);
  // Keeps a running pod's tokens fresh from now on (idempotent).
  void watch(const client::ObjectKey& virtual_pod);

 private:
  struct Minted {
    std::map<std::string, std::string> tokens;
    Duration renew_after;
  };
  io::Task<Result<Minted>> mint(doc::Doc virtual_pod, std::vector<TokenRequest> requests);
  io::Task<Result<void>> renew(std::string key);

  SyncContext& context_;
  std::map<std::string, Instant> renew_at_;  // by virtual key
  client::WorkQueue queue_;
};

// What the pod asks for, without translating all of it.
TranslatedPod tokensOfPod(doc::Value virtual_pod, const Tenant& tenant);

}  // namespace meshka::vcluster
