// The webhook configurations of this revision: their caBundle is kept at the roots of trust, and
// the validating one fails closed as soon as validation is seen to work.
#pragma once

#include <memory>
#include <string>

#include "client/api_client.h"
#include "client/collection.h"
#include "client/work_queue.h"
#include "io/loop.h"
#include "mesh/ca/roots_listener.h"

namespace meshka::mesh {

class WebhookConfigs final : public RootsListener, private client::CollectionHandler {
 public:
  WebhookConfigs(io::World& world, client::ApiClient& api, std::string root_namespace,
                 std::string revision, Callback progress);
  ~WebhookConfigs() override;

  void onRoots(const std::string& bundle) override;
  // Every configuration that is there has the bundle.
  bool rootsSettled() const override;
  // The webhooks are served: whether they answer may be tried.
  void startServing();

 private:
  void onChange(const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override;
  void onSynced() override { enqueueAll(); }
  void enqueueAll();
  io::Task<Result<void>> work(std::string key);
  io::Task<Result<bool>> validationWorks();

  io::World& world_;
  client::ApiClient& api_;
  const std::string root_namespace_;
  std::string bundle_;  // base64
  bool serving_ = false;
  bool validation_works_ = false;
  Callback progress_;
  std::unique_ptr<client::Collection> mutating_;
  std::unique_ptr<client::Collection> validating_;
  client::WorkQueue queue_;
};

}  // namespace meshka::mesh
