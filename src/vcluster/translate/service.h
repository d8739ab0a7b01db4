// Services and Endpoints between a virtual cluster and its host.
#pragma once

#include "doc/doc.h"
#include "vcluster/translate/metadata.h"

namespace meshka::vcluster {

// The host object of a virtual Service. Its selector picks the translated labels of the one virtual
// namespace, so a tenant can never publish pods of others; externalIPs are not passed on
// (CVE-2020-8554).
doc::Doc hostService(doc::Value virtual_service, const Tenant& tenant, const Owner& owner);

// Brings an existing host Service in line; missing when nothing changes. What the host allocates
// (clusterIP, nodePorts of ports that stay) is kept.
doc::Doc updateHostService(doc::Value host, doc::Value virtual_service, const Tenant& tenant);

// What the host decides and the virtual Service shows: clusterIP(s), nodePorts, ipFamilies; missing
// when they agree.
doc::Doc adoptAllocation(doc::Value virtual_service, doc::Value host);
// status.loadBalancer from the host; missing when they agree.
doc::Doc adoptLoadBalancerStatus(doc::Value virtual_service, doc::Value host);

// Endpoints of a Service without selector. Addresses are kept only when `allowed` says they are
// this tenant's own pods (CVE-2021-25740); targetRef names virtual objects and is dropped.
doc::Doc hostEndpoints(doc::Value virtual_endpoints, const Tenant& tenant, const Owner& owner,
                       bool (*allowed)(std::string_view address, const void* context),
                       const void* context);

}  // namespace meshka::vcluster
