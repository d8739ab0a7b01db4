// Runs the authority of a mesh: finds its keys in the cluster, follows Secret `cacerts` live, and
// walks a change of root through its steps (rotation.h) so that no connection fails.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/api_client.h"
#include "client/collection.h"
#include "io/async.h"
#include "io/loop.h"
#include "mesh/ca/csr_service.h"
#include "mesh/ca/roots_listener.h"
#include "mesh/ca/rotation.h"
#include "mesh/ca/signer.h"

namespace meshka::mesh {

class CaKeeper final : public SignerSource, private client::CollectionHandler {
 public:
  CaKeeper(io::World& world, client::ApiClient& api, std::string root_namespace);
  ~CaKeeper() override;

  // Before start(). Listeners outlive the keeper.
  void addListener(RootsListener& listener) { listeners_.push_back(&listener); }
  void setTrustDomain(std::string domain) { trust_domain_ = std::move(domain); }
  // Finds or makes the keys, tells the listeners. Errors: kInvalid (cacerts is unusable), the
  // API's.
  io::Task<Result<void>> start(Instant deadline);
  // A listener's rootsSettled() may have become true.
  void poke();

  const Signer* signer() const override { return signer_ ? &*signer_ : nullptr; }
  std::string trustDomain() const override { return trust_domain_; }
  void onIssued(WallTime not_after) override;
  std::string bundle() const { return rotation_ ? rotation_->bundle() : std::string(); }
  bool spreading() const { return rotation_ && rotation_->spreading(); }

 private:
  void onChange(const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override;
  io::Task<Result<doc::Doc>> read(client::Resource resource, std::string name, Instant deadline);
  io::Task<Result<CaMaterial>> selfSigned(doc::Doc secret, Instant deadline);
  io::Task<Result<std::vector<RetiredRoot>>> readRetired(Instant deadline);
  void offer(CaMaterial next);
  void startSpreading();
  void finishSpreading(std::string why);
  void useSigner();
  void tellRoots();
  void armExpiry();
  void saveRetired();
  io::Task<void> writeRetired();

  io::World& world_;
  client::ApiClient& api_;
  const std::string root_namespace_;
  std::string trust_domain_;
  std::vector<RootsListener*> listeners_;
  std::optional<RootRotation> rotation_;
  std::optional<Signer> signer_;
  std::unique_ptr<client::Collection> cacerts_;
  io::Timer spread_deadline_;
  io::Timer expiry_;
  io::Timer look_;  // at the listeners, in a later turn than the one that poked
  io::Group writes_;
};

}  // namespace meshka::mesh
