// `vcluster connect`: finds how a virtual cluster is reached and makes a kubeconfig for it.
#pragma once

#include "base/function.h"
#include "client/api_client.h"
#include "io/loop.h"
#include "vcluster/lifecycle/output.h"
#include "vcluster/translate/names.h"

namespace meshka::vcluster {

struct ConnectRequest {
  std::string name;
  std::string host_namespace;
  std::string server;  // given by the user: taken as it is ("https://" is added)
};

struct Connection {
  std::string context;  // vcluster_<namespace>_<name>, also the name of the cluster and user entry
  std::string server;   // https://ADDRESS[:PORT]
  doc::Doc cluster;     // kubeconfig entries: {server, certificate-authority-data}
  doc::Doc user;        // {client-certificate-data, client-key-data}
};

// Ends when the connection answers with a certificate that the kubeconfig trusts for that address.
// `probe` makes one such attempt.
using Probe = Function<io::Task<Result<void>>(const Connection&, Instant deadline)>;

// Errors: kNotFound (no such virtual cluster), kTimeout naming what was waited for, kUnsupported
// when the Service is not a LoadBalancer (a forwarded port is not supported yet).
io::Task<Result<Connection>> connectVirtualCluster(io::World& world, client::ApiClient& host,
                                                   ConnectRequest request, Probe& probe,
                                                   Output& output);

// The entries of a vc-NAME Secret, with the server replaced. Errors: kInvalid.
Result<Connection> connectionFromSecret(doc::Value secret, const Tenant& tenant,
                                        std::string server);

std::string contextName(const Tenant& tenant);

}  // namespace meshka::vcluster
