#include "mesh/istiod/proxy_identity.h"

#include "base/strings.h"

namespace meshka::mesh {
namespace {

bool isTrue(doc::Value value) {
  return value.boolean() || value.text() == "true" || value.text() == "1";
}

}  // namespace

Result<ProxyIdentity> proxyIdentityOf(doc::Value node) {
  const std::string_view id = node["id"].text();
  const auto parts = split(id, '~');
  if (parts.size() != 4 || (parts[0] != "sidecar" && parts[0] != "router")) {
    return fail(Code::kInvalid, cat("node id \"", id, "\" is not TYPE~IP~POD.NAMESPACE~DOMAIN"));
  }
  const doc::Value metadata = node["metadata"];
  ProxyIdentity out;
  out.router = parts[0] == "router";
  out.ip = parts[1];
  out.pod = parts[2].substr(0, parts[2].rfind('.'));
  out.dns_domain = parts[3];
  out.ns = metadata["NAMESPACE"].text();
  if (out.ns.empty() && parts[2].find('.') != std::string_view::npos) {
    out.ns = parts[2].substr(parts[2].rfind('.') + 1);
  }
  if (out.ns.empty()) return fail(Code::kInvalid, cat("node \"", id, "\" names no namespace"));
  out.service_account = metadata["SERVICE_ACCOUNT"].text();
  out.cluster_id = metadata["CLUSTER_ID"].text();
  out.network = metadata["NETWORK"].text();
  for (const auto [key, value] : metadata["LABELS"].members()) {
    out.labels.emplace(key, value.text());
  }
  out.locality_region = node["locality"]["region"].text();
  out.dns_capture = isTrue(metadata["DNS_CAPTURE"]);
  out.dns_auto_allocate = isTrue(metadata["DNS_AUTO_ALLOCATE"]);
  return out;
}

}  // namespace meshka::mesh
