// Starts the controllers of one cluster over its API client. The host and every virtual cluster
// call it; they differ in the options only.
#pragma once

#include <memory>
#include <string>

#include "client/api_client.h"
#include "io/loop.h"

namespace meshka::control {

struct Options {
  // Namespaces, service accounts, deployments, replica sets, stateful sets, endpoints, garbage
  // collection.
  bool workloads = true;
  // Binds pods to nodes: only where there are nodes of one's own.
  bool scheduler = false;
  // Published as ConfigMap kube-root-ca.crt in every namespace; empty: not published.
  std::string ca_pem;
};

class Controllers {
 public:
  // `world` and `client` outlive it.
  Controllers(io::World& world, client::ApiClient& client, Options options);
  ~Controllers();
  // Everything that they watch has been listed once.
  bool hasSynced() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace meshka::control
