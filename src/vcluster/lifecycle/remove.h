// `vcluster delete` and `vcluster list`.
#pragma once

#include <vector>

#include "client/api_client.h"
#include "io/loop.h"
#include "vcluster/lifecycle/output.h"
#include "vcluster/translate/names.h"

namespace meshka::vcluster {

struct RemoveRequest {
  Tenant tenant;
  bool delete_namespace = false;  // also when it was not made by create
};

// Removes the chart's objects and waits until nothing that belonged to the virtual cluster is left.
// A namespace that create made goes too. Errors: kNotFound, kTimeout naming what is still there.
io::Task<Result<void>> removeVirtualCluster(io::World& world, client::ApiClient& host,
                                            RemoveRequest request, Output& output);

struct Listed {
  std::string name;
  std::string ns;
  std::string status;   // Running, Pending, ...: the control plane pod's word
  std::string created;  // RFC 3339
};
// In one namespace, or ("") in all; where listing all is forbidden, the caller asks for one.
io::Task<Result<std::vector<Listed>>> listVirtualClusters(io::World& world, client::ApiClient& host,
                                                          std::string ns);

}  // namespace meshka::vcluster
