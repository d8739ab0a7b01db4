// Waiting for what was made, by watching: until Deployments are available, Services have an
// address, objects are there or gone. Who waits too long is told what it waited for.
#pragma once

#include <string>
#include <vector>

#include "base/function.h"
#include "client/api_client.h"
#include "io/loop.h"
#include "mgmt/lifecycle/progress.h"

namespace meshka::mgmt {

// All pods that its newest version asks for are available.
bool isAvailable(doc::Value deployment);
// Why a pod is not Ready, in one sentence; empty when it is.
std::string podProblem(doc::Value pod);

// One line for each that becomes available. Errors: kTimeout naming Deployment, pod and reason.
io::Task<Result<void>> waitForDeployments(io::World& world, client::ApiClient& api, std::string ns,
                                          std::vector<std::string> names, Instant deadline,
                                          Progress& progress);

// The first pod labelled app=NAME that is not Ready and why, with its last warning event; "" when
// all are.
io::Task<std::string> whyNotReady(io::World& world, client::ApiClient& api, std::string ns,
                                  std::string app);

// Waits until `wanted` says yes to the object (missing: it is not there). Errors: kTimeout with
// `what`.
using Wanted = Function<bool(doc::Value object)>;
io::Task<Result<doc::Doc>> waitForObject(io::World& world, client::ApiClient& api,
                                         client::Resource resource, std::string ns,
                                         std::string name, Wanted wanted, Instant deadline,
                                         std::string what);

// The address at which other clusters reach a LoadBalancer Service, as a watch for it gives it: IP
// or host name. Errors: kTimeout.
io::Task<Result<std::string>> waitForAddress(io::World& world, client::ApiClient& api,
                                             std::string ns, std::string service, Instant deadline);
std::string addressOf(doc::Value service);  // "" : none yet

}  // namespace meshka::mgmt
