// `vcluster create`: makes the chart's objects on the host and waits until the virtual API answers.
// When that fails, what was made is removed again.
#pragma once

#include "client/api_client.h"
#include "io/loop.h"
#include "vcluster/chart/chart.h"
#include "vcluster/lifecycle/output.h"

namespace meshka::vcluster {

struct CreateRequest {
  std::string name;
  std::string host_namespace;
  Values values;
  std::string server_image;
  bool upgrade = false;  // of an existing one; else that is kAlreadyExists
};

// Errors: kInvalid (name, with the rule), kAlreadyExists, kForbidden and others of the host,
// kTimeout with the cause that kept the control plane from coming up.
io::Task<Result<void>> createVirtualCluster(io::World& world, client::ApiClient& host,
                                            CreateRequest request, Output& output);

// Waits until the control plane pod is Ready; says why it is not after kQuietWait. Errors:
// kTimeout.
io::Task<Result<void>> waitUntilReady(io::World& world, client::ApiClient& host, Tenant tenant,
                                      Instant deadline, Output& output);

// Why a pod is not Ready, in its own words; empty when it is.
std::string blockingCause(doc::Value pod);

}  // namespace meshka::vcluster
