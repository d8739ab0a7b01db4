// What connected proxies get: the translation of the present model, secrets of gateways, and the
// roots of trust.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "io/loop.h"
#include "mesh/ca/authenticator.h"
#include "mesh/ca/roots_listener.h"
#include "mesh/translate/translate.h"
#include "xds/server.h"

namespace meshka::mesh {

// Secrets by namespace and name, as they are now.
class SecretSource {
 public:
  virtual ~SecretSource() = default;
  virtual const doc::Doc* secret(std::string_view ns, std::string_view name) const = 0;
};

class ConnectedProxy final : public xds::AdsProxy {
 public:
  ProxyIdentity identity;
  mutable std::string roots_given;  // the bundle that was computed for it last
};

class Discovery final : public xds::AdsBackend, public RootsListener {
 public:
  // `progress`: rootsSettled() may have become true.
  Discovery(io::World& world, Authenticator& authenticator, const SecretSource& secrets,
            Callback progress, xds::AdsOptions options);

  xds::AdsServer& server() { return server_; }
  const xds::AdsServer& server() const { return server_; }

  // Another model. `touched`: only endpoints differ, and the proxies at these addresses may see
  // more than that; nullopt: anything may differ.
  void setModel(std::shared_ptr<const Model> model, std::optional<std::set<std::string>> touched);
  const Model* model() const { return model_.get(); }
  void onSecretChange();

  io::Task<Result<std::unique_ptr<xds::AdsProxy>>> connect(net::GrpcServerCall& call,
                                                           doc::Doc node) override;
  std::optional<std::vector<xds::NamedConfig>> resources(
      const xds::AdsProxy& proxy, std::string_view type_url,
      const std::vector<std::string>& names) override;
  void onAnswer(const xds::AdsProxy& proxy, std::string_view type_url, bool accepted) override;

  void onRoots(const std::string& bundle) override;
  bool rootsSettled() const override;

 private:
  std::optional<xds::NamedConfig> secretOf(const ProxyIdentity& proxy,
                                           const std::string& name) const;
  std::vector<xds::NamedConfig> rootsOf(const ConnectedProxy& proxy) const;

  io::World& world_;
  Authenticator& authenticator_;
  const SecretSource& secrets_;
  Callback progress_;
  std::shared_ptr<const Model> model_;
  std::string bundle_;
  xds::AdsServer server_;
};

}  // namespace meshka::mesh
