// Certificates of gateway servers: secrets come from istiod, files from the pod's agent.
#include "mesh/translate/gateways/server_tls.h"

#include "base/strings.h"
#include "mesh/translate/envoy/blocks.h"

namespace meshka::mesh {
namespace {

std::string_view versionOf(std::string_view text, std::string_view fallback) {
  if (text == "TLSV1_0") return "TLSv1_0";
  if (text == "TLSV1_1") return "TLSv1_1";
  if (text == "TLSV1_2") return "TLSv1_2";
  if (text == "TLSV1_3") return "TLSv1_3";
  return fallback;
}

void setParameters(Draft& common, doc::Value tls) {
  Draft& parameters = common["tls_params"];
  parameters["tls_minimum_protocol_version"] =
      versionOf(tls["minProtocolVersion"].text(), "TLSv1_2");
  parameters["tls_maximum_protocol_version"] =
      versionOf(tls["maxProtocolVersion"].text(), "TLSv1_3");
  if (!tls["cipherSuites"].empty()) parameters["cipher_suites"] = tls["cipherSuites"];
}

}  // namespace

Draft serverTls(const GatewayServer& server) {
  const doc::Value tls = server.spec["tls"];
  const std::string_view mode = tls["mode"].text("SIMPLE");
  if (mode == "ISTIO_MUTUAL") return meshTlsDownstream();
  const bool http = server.kind == ServerKind::kHttps;
  Draft common =
      commonTls(http ? std::vector<std::string>{"h2", "http/1.1"} : std::vector<std::string>{});
  setParameters(common, tls);
  const std::string_view secret = tls["credentialName"].text();
  const std::string_view certificate = tls["serverCertificate"].text();
  Draft root;
  if (!secret.empty()) {
    common["tls_certificate_sds_secret_configs"] = arr(istiodSecret(cat("kubernetes://", secret)));
    root = istiodSecret(cat("kubernetes://", secret, "-cacert"));
  } else if (!certificate.empty()) {
    common["tls_certificate_sds_secret_configs"] =
        arr(agentSecret(cat("file-cert:", certificate, "~", tls["privateKey"].text())));
    root = agentSecret(cat("file-root:", tls["caCertificates"].text()));
  } else {
    return {};
  }
  const bool mutual = mode == "MUTUAL";
  if (mutual) {
    Draft validation = obj();
    Draft names = Draft::array();
    for (const std::string& name : texts(tls["subjectAltNames"])) {
      const bool uri = name.find("://") != std::string::npos;
      names.push(obj("san_type", uri ? "URI" : "DNS", "matcher", obj("exact", name)));
    }
    if (names.size() > 0) validation["match_typed_subject_alt_names"] = std::move(names);
    common["combined_validation_context"] =
        obj("default_validation_context", std::move(validation),
            "validation_context_sds_secret_config", std::move(root));
  }
  return extension("envoy.transport_sockets.tls",
                   "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                   "require_client_certificate", mutual, "common_tls_context", std::move(common));
}

}  // namespace meshka::mesh
