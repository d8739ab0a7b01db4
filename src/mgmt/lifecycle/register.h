// `meshctl cluster register`, `deregister` and `list`.
#pragma once

#include <string>
#include <vector>

#include "client/api_client.h"
#include "doc/doc.h"
#include "io/loop.h"
#include "mgmt/lifecycle/progress.h"

namespace meshka::mgmt {

struct RegisterRequest {
  std::string ns;
  std::string given_name;     // as typed; becomes an object's name with "_" as "-"
  std::string relay_address;  // HOST:PORT; empty: the management server's Service knows
  std::string version;        // empty: as the management server's
  std::string cluster_domain = "cluster.local";
  bool insecure = false;  // also when the server does not say so
};

// A first registration that fails is taken back: agent and KubernetesCluster go again, the
// namespace and the kinds stay. Errors: kNotFound (no management server), kInvalid (name, address),
// kTimeout with what the agent waits for.
io::Task<Result<void>> registerCluster(io::World& world, client::ApiClient& mgmt,
                                       client::ApiClient& remote, RegisterRequest request,
                                       Progress& progress);

struct DeregisterRequest {
  std::string ns;
  std::string given_name;
  bool keep_config = false;  // what the management server generated in the cluster stays
};
io::Task<Result<void>> deregisterCluster(io::World& world, client::ApiClient& mgmt,
                                         client::ApiClient& remote, DeregisterRequest request,
                                         Progress& progress);

struct Registered {
  std::string name, ns, given_name, state, message, created;
};
io::Task<Result<std::vector<Registered>>> registeredClusters(io::World& world,
                                                             client::ApiClient& mgmt,
                                                             std::string ns);

// The cluster name that an agent's Deployment was made with; "" when it says none.
std::string registeredAs(doc::Value agent);
// The object name for a typed one. Errors: kInvalid with a name that would do.
Result<std::string> clusterNameOf(std::string_view typed);
// "HOST:PORT", also "[::1]:9900". Errors: kInvalid saying what is missing.
struct RelayAddress {
  std::string host;
  uint16_t port = 0;
};
Result<RelayAddress> parseRelayAddress(std::string_view text);

}  // namespace meshka::mgmt
