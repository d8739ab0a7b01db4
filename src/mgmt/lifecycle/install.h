// `meshctl install` and `meshctl uninstall`.
#pragma once

#include "client/api_client.h"
#include "io/loop.h"
#include "mgmt/chart/chart.h"
#include "mgmt/lifecycle/progress.h"

namespace meshka::mgmt {

// Makes or updates everything and waits until all Deployments are available. What was made stays
// when that takes too long, so that it can be looked at. Errors: those of the API server with the
// object, kTimeout with Deployment, pod and reason.
io::Task<Result<void>> installManagement(io::World& world, client::ApiClient& api,
                                         ServerChart chart, Progress& progress);

struct UninstallRequest {
  std::string ns;
  bool purge = false;  // CRDs with all their objects, certificates and namespace too
};
// Errors: kNotFound when there is no installation.
io::Task<Result<void>> uninstallManagement(io::World& world, client::ApiClient& api,
                                           UninstallRequest request, Progress& progress);

}  // namespace meshka::mgmt
