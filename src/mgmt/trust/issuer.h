// The management plane's part of the shared root of trust: which root a mesh gets, the
// IssuedCertificate that asks its agent for a request, and the signature under that request.
#pragma once

#include <map>
#include <string>

#include "mgmt/server/brain.h"
#include "mgmt/trust/root_store.h"

namespace meshka::mgmt {

struct TrustConfig {
  std::string ns = "gloo-mesh";
  bool shared_by_default = true;  // a root for all meshes where no RootTrustPolicy says otherwise
};

class TrustIssuer final : public OutputSource {
 public:
  TrustIssuer(io::World world, client::ApiClient& client, TrustConfig config, Callback changed);

  void addOutputs(const TranslateInput& input, TranslateOutput& output) override;

 private:
  struct Choice {
    std::string secret;  // "" : no root for this mesh
    bool generate = false;
    int64_t days = 0;
    std::string organization;
  };
  Choice chooseRoot(const TranslateInput& input, doc::Value mesh) const;
  void issue(const ClusterSnapshot& cluster, doc::Value mesh, const Choice& choice,
             TranslateOutput& output);
  doc::Doc answer(doc::Value request, const std::string& host, const Choice& choice,
                  const net::Authority& root);
  doc::Doc signedStatus(const std::string& intermediate_pem, const net::Authority& root) const;
  void policyStatuses(const TranslateInput& input, TranslateOutput& output);

  io::World world_;
  const TrustConfig config_;
  RootStore roots_;
  // By the request's hash and the root: what was signed and may not have reached the agent yet.
  std::map<std::string, std::string> signed_;
};

}  // namespace meshka::mgmt
