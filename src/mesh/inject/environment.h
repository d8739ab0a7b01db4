// Environment variables of the injected containers.
#pragma once

#include "doc/doc.h"
#include "mesh/inject/containers.h"

namespace meshka::mesh {

doc::Draft proxyEnvironment(const InjectContext& context);
// Every entry of ProxyConfig.proxyMetadata, as an array of variables.
doc::Draft proxyMetadata(const InjectContext& context);

}  // namespace meshka::mesh
