// ConfigMap istio-ca-root-cert in every namespace: where proxies find the roots before they speak
// to istiod. Edited or deleted ones are repaired at once.
#pragma once

#include <memory>
#include <string>

#include "client/api_client.h"
#include "client/collection.h"
#include "client/work_queue.h"
#include "io/loop.h"
#include "mesh/ca/roots_listener.h"

namespace meshka::mesh {

inline constexpr const char* kRootConfigMap = "istio-ca-root-cert";

class RootConfigMaps final : public RootsListener, private client::CollectionHandler {
 public:
  // `progress` is called when rootsSettled() may have become true.
  RootConfigMaps(io::World& world, client::ApiClient& api, client::Collection& namespaces,
                 Callback progress);
  ~RootConfigMaps() override;

  void onRoots(const std::string& bundle) override;
  bool rootsSettled() const override;

 private:
  void onChange(const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override;
  struct OnNamespace;
  io::Task<Result<void>> repair(std::string ns);
  bool serves(std::string_view ns) const;
  void onSynced() override;

  io::World& world_;
  client::ApiClient& api_;
  client::Collection& namespaces_;
  std::string bundle_;
  std::unique_ptr<client::Collection> config_maps_;
  std::unique_ptr<OnNamespace> on_namespace_;
  Callback progress_;
  client::WorkQueue queue_;
};

}  // namespace meshka::mesh
