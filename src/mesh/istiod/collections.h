// Everything that istiod reads from its cluster, live: what Objects is made of, the mesh's
// ConfigMaps, and Secrets for gateways. Custom resources are followed as soon as their definitions
// are established; their absence blocks nobody.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/api_client.h"
#include "client/collection.h"
#include "io/loop.h"
#include "mesh/model/objects.h"

namespace meshka::mesh {

// What a change is about, so that not everything is computed anew.
class CollectionsListener {
 public:
  virtual ~CollectionsListener() = default;
  virtual void onConfigChange() = 0;
  // Only endpoints changed; the addresses are those of the changed ones: their own proxies may get
  // other listeners.
  virtual void onEndpointChange(const std::set<std::string>& addresses) = 0;
  virtual void onSecretChange() = 0;
  // A ConfigMap of the root namespace: mesh config, injection.
  virtual void onConfigMap(const std::string& name) = 0;
  // hasSynced() may have become true.
  virtual void onProgress() = 0;
};

class Collections final {
 public:
  Collections(io::World& world, client::ApiClient& api, std::string root_namespace,
              CollectionsListener& listener);
  ~Collections();

  bool hasSynced() const;
  Objects objects() const;
  client::Collection& namespaces() { return *namespaces_; }
  const doc::Doc* secret(std::string_view ns, std::string_view name) const;
  const doc::Doc* configMap(std::string_view name) const;  // of the root namespace

 private:
  class Handler;
  using Pointer = std::unique_ptr<client::Collection>;
  Pointer make(client::Resource resource, client::CollectionOptions options = {});
  void follow(const std::string& crd_name, doc::Value crd);
  bool isHeadless(doc::Value slice) const;
  void onSlice(const doc::Doc& before, const doc::Doc& after);
  void onPod(const doc::Doc& before, const doc::Doc& after);

  io::World& world_;
  client::ApiClient& api_;
  const std::string root_namespace_;
  CollectionsListener& listener_;
  Pointer namespaces_, nodes_, services_, slices_, pods_, config_maps_, secrets_, definitions_;
  struct Followed {
    std::string version;
    Pointer collection;
    std::unique_ptr<Handler> handler;
  };
  std::map<std::string, Followed, std::less<>> followed_;  // by name of the definition
  std::vector<std::unique_ptr<Handler>> handlers_;
};

}  // namespace meshka::mesh
