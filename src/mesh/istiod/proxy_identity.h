// Who a proxy says it is: Envoy's node, with the metadata that the agent puts there.
#pragma once

#include "base/result.h"
#include "doc/doc.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

// `node` is an envoy.config.core.v3.Node whose id is
// "sidecar~10.0.0.1~POD.NAMESPACE~NAMESPACE.svc.cluster.local". Errors: kInvalid.
Result<ProxyIdentity> proxyIdentityOf(doc::Value node);

}  // namespace meshka::mesh
