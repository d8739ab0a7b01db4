#include <set>

#include "base/strings.h"
#include "mesh/validate/addresses.h"
#include "mesh/validate/rules.h"

namespace meshka::mesh {
namespace {

bool isTlsProtocol(std::string_view protocol) {
  const std::string lower = toLower(protocol);
  return lower == "https" || lower == "tls";
}

void checkServerHost(std::string_view host, ValidationResult& out) {
  if (const size_t slash = host.find('/'); slash != host.npos) {
    const std::string_view ns = host.substr(0, slash);
    if (ns != "*" && ns != "." && !isLabelName(ns)) {
      out.errors.push_back(cat("invalid namespace value \"", ns, "\" in gateway host"));
    }
    host.remove_prefix(slash + 1);
  }
  if (host.empty()) {
    out.errors.emplace_back("short names (non FQDN) are not allowed in Gateway server hosts");
  } else {
    checkHost(host, out);
  }
}

void checkServerTls(doc::Value server, ValidationResult& out) {
  const doc::Value tls = server["tls"];
  const std::string_view protocol = server["port"]["protocol"].text();
  if (isTlsProtocol(protocol) && !tls.exists()) {
    out.errors.emplace_back("server must have TLS settings for HTTPS/TLS protocols");
  }
  if (!isTlsProtocol(protocol) && tls.exists() && !tls["httpsRedirect"].boolean()) {
    out.errors.emplace_back("server cannot have TLS settings for non HTTPS/TLS ports");
  }
  const std::string_view mode = tls["mode"].text("PASSTHROUGH");
  if (!tls["credentialName"].text().empty() || (mode != "SIMPLE" && mode != "MUTUAL")) return;
  if (tls["serverCertificate"].text().empty()) {
    out.errors.push_back(cat(mode, " TLS requires a server certificate"));
  }
  if (tls["privateKey"].text().empty()) {
    out.errors.push_back(cat(mode, " TLS requires a private key"));
  }
  if (mode == "MUTUAL" && tls["caCertificates"].text().empty()) {
    out.errors.emplace_back("MUTUAL TLS requires a client CA bundle");
  }
}

}  // namespace

void validateGateway(doc::Value spec, ValidationResult& out) {
  if (spec["servers"].size() == 0) {
    out.errors.emplace_back("gateway must have at least one server");
    return;
  }
  std::set<std::string> names;
  for (const doc::Value server : spec["servers"].elements()) {
    const doc::Value port = server["port"];
    if (!port.exists()) {
      out.errors.emplace_back("port is required");
    } else {
      checkPort(port["number"], out);
      checkProtocol(port["protocol"].text(), out);
      const std::string_view name = port["name"].text();
      if (name.empty()) {
        out.errors.emplace_back("port name must be set: <nil>");
      } else if (!names.emplace(name).second) {
        out.errors.push_back(cat("port names in servers must be unique: duplicate name ", name));
      }
    }
    if (server["hosts"].size() == 0) {
      out.errors.emplace_back("server config must contain at least one host");
    }
    for (const doc::Value host : server["hosts"].elements()) checkServerHost(host.text(), out);
    checkServerTls(server, out);
  }
}

}  // namespace meshka::mesh
