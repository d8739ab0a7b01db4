// Transport sockets of outbound clusters.
#include "mesh/translate/clusters/tls.h"

#include <algorithm>

#include "base/strings.h"
#include "mesh/translate/envoy/blocks.h"

namespace meshka::mesh {
namespace {

std::vector<std::string> alpnOf(const Port& port) {
  if (isHttp2(port.protocol)) return {"h2"};
  if (isHttp(port.protocol)) return {"http/1.1"};
  return {};
}

Draft uriMatchers(const std::vector<std::string>& names) {
  Draft out = Draft::array();
  for (const std::string& name : names) {
    const bool uri = name.find("://") != std::string::npos;
    out.push(obj("san_type", uri ? "URI" : "DNS", "matcher", obj("exact", name)));
  }
  return out;
}

// Mode SIMPLE or MUTUAL, with the rule's own files or (at a gateway) secret. Without a root nothing
// can be checked, names neither.
Draft ownTls(doc::Value tls, const Port& port, bool router) {
  Draft common = commonTls(alpnOf(port));
  const bool mutual = tls["mode"].text() == "MUTUAL";
  const std::string_view secret = router ? tls["credentialName"].text() : "";
  Draft root;
  if (!secret.empty()) {
    if (mutual) {
      common["tls_certificate_sds_secret_configs"] =
          arr(istiodSecret(cat("kubernetes://", secret)));
    }
    root = istiodSecret(cat("kubernetes://", secret, "-cacert"));
  } else {
    if (mutual) {
      common["tls_certificate_sds_secret_configs"] = arr(agentSecret(
          cat("file-cert:", tls["clientCertificate"].text(), "~", tls["privateKey"].text())));
    }
    const std::string_view ca = tls["caCertificates"].text();
    if (!ca.empty()) root = agentSecret(cat("file-root:", ca));
  }
  if (!root.isNull()) {
    Draft validation = obj();
    const auto names = texts(tls["subjectAltNames"]);
    if (!names.empty()) validation["match_typed_subject_alt_names"] = uriMatchers(names);
    common["combined_validation_context"] =
        obj("default_validation_context", std::move(validation),
            "validation_context_sds_secret_config", std::move(root));
  }
  Draft out = extension("envoy.transport_sockets.tls",
                        "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                        "common_tls_context", std::move(common));
  const std::string_view sni = tls["sni"].text();
  if (!sni.empty()) out["typed_config"]["sni"] = sni;
  return out;
}

bool autoMutual(const Model& model, const Service& service) {
  if (!model.config().enable_auto_mtls || !service.in_mesh) return false;
  return model.namespaceMode(service.ns) != MutualTls::kDisable;
}

}  // namespace

void setTls(Draft& cluster, const Model& model, const ProxyIdentity& proxy, const Service& service,
            const Port& port, std::string_view subset, const TrafficPolicy& policy) {
  const std::string sni = dnatName(port.number, subset, service.host);
  const std::string_view mode = policy.tls["mode"].text();
  if (policy.tls.isObject()) {
    if (mode == "SIMPLE" || mode == "MUTUAL") {
      cluster["transport_socket"] = ownTls(policy.tls, port, proxy.router);
    } else if (mode == "ISTIO_MUTUAL") {
      const auto names = texts(policy.tls["subjectAltNames"]);
      cluster["transport_socket"] =
          meshTlsUpstream(policy.tls["sni"].text(sni), names.empty() ? service.identities : names);
    }
    return;
  }
  if (!autoMutual(model, service)) return;
  Draft tls = meshTlsUpstream(sni, service.identities);
  if (service.resolution == Resolution::kPassthrough) {
    // No endpoint metadata to choose by: all or none.
    const bool all = !service.endpoints.empty() &&
                     std::all_of(service.endpoints.begin(), service.endpoints.end(),
                                 [](const Endpoint& e) { return e.mutual_tls; });
    if (all) cluster["transport_socket"] = std::move(tls);
    return;
  }
  cluster["transport_socket_matches"] =
      arr(obj("name", "tlsMode-istio", "match", obj("tlsMode", "istio"), "transport_socket",
              std::move(tls)),
          obj("name", "tlsMode-disabled", "match", obj(), "transport_socket", rawBuffer()));
}

}  // namespace meshka::mesh
