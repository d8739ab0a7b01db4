// Which cluster a program works on that may run in a pod of it or beside it.
#pragma once

#include <string>

#include "client/kubeconfig.h"
#include "io/loop.h"

namespace meshka::bin {

// "" when it is not set.
std::string environment(const char* name);

// The API server that the file `kubeconfig` names; with "" that of the pod's service account.
// Errors: kNotFound (not in a pod), kInvalid naming the file.
io::Task<Result<client::Credentials>> ownCluster(io::World& world, std::string kubeconfig);

}  // namespace meshka::bin
