// The agent's part of the shared root of trust: for each IssuedCertificate a key that never leaves
// the cluster, a CertificateRequest with its public half, and, when that is signed, the Secret
// cacerts that Istio reads. All of it can be seen with kubectl; nothing of the user's is touched.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "mgmt/agent/view.h"
#include "mgmt/objects/statuses.h"
#include "net/pki.h"

namespace meshka::mgmt {

class CertAgent final : private KindHandler {
 public:
  // Before kinds.start().
  CertAgent(io::World world, client::ApiClient& client, LiveKinds& kinds, ClusterView& view,
            StatusWriter& statuses, std::string cluster);
  ~CertAgent() override;

 private:
  struct Secrets;
  void onObject(const LiveKind& kind, const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override;
  void onSynced() override;
  client::Collection& secretsOf(const std::string& ns);
  io::Task<Result<void>> work(std::string text);
  io::Task<Result<void>> advance(client::ObjectKey key, doc::Doc issued);
  io::Task<Result<void>> cleanUp(client::ObjectKey key);
  // The kept key; a new one when there is none, or when its public half is `stale`.
  io::Task<Result<net::PrivateKey>> keyOf(client::ObjectKey key, std::string stale);
  io::Task<Result<void>> writeRequest(client::ObjectKey key, doc::Value issued,
                                      const net::PrivateKey& private_key);
  io::Task<Result<void>> writeMeshSecret(client::ObjectKey key, doc::Value status,
                                         const net::PrivateKey& private_key);
  doc::Draft metadata(const client::ObjectKey& key, std::string_view name) const;
  void state(const client::ObjectKey& key, doc::Value issued, std::string_view state,
             std::string message);

  io::World world_;
  client::ApiClient& client_;
  LiveKinds& kinds_;
  ClusterView& view_;
  StatusWriter& statuses_;
  const std::string cluster_;
  std::map<std::string, std::unique_ptr<Secrets>> secrets_;  // by namespace: cacerts only
  client::WorkQueue queue_;
};

}  // namespace meshka::mgmt
