// What a fresh cluster has: namespaces, priority classes, the kubernetes Service and its endpoints.
// RBAC's objects are in auth/.
#pragma once

#include "apiserver/auth_interfaces.h"
#include "apiserver/config.h"
#include "apiserver/objects.h"
#include "client/api_client.h"
#include "io/loop.h"

namespace meshka::apiserver {

// The server itself, member of system:masters.
User bootstrapUser();

// Creates what is absent; what is there stays as it is, except that the kubernetes endpoints follow
// config.advertise.
io::Task<Result<void>> bootstrap(io::World world, client::ApiClient& client, const Objects& objects,
                                 const Config& config);

// Creates these objects (each with apiVersion, kind and metadata) where they are absent, many at a
// time.
io::Task<Result<void>> createAbsent(io::World world, client::ApiClient& client,
                                    const api::Registry& registry, std::vector<doc::Doc> objects);

}  // namespace meshka::apiserver
