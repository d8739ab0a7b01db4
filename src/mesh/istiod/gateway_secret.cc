#include "mesh/istiod/gateway_secret.h"

#include "base/strings.h"

namespace meshka::mesh {
namespace {

constexpr std::string_view kScheme = "kubernetes://";
constexpr std::string_view kCaSuffix = "-cacert";

// Still base64, as Secrets have it and as protobuf's JSON wants it.
std::string_view firstOf(doc::Value secret, std::string_view a, std::string_view b) {
  const std::string_view found = secret["data"][a].text();
  return found.empty() ? secret["data"][b].text() : found;
}

}  // namespace

std::optional<GatewaySecretName> parseGatewaySecretName(std::string_view resource) {
  if (!resource.starts_with(kScheme)) return std::nullopt;
  std::string_view rest = resource.substr(kScheme.size());
  GatewaySecretName out;
  if (const size_t slash = rest.find('/'); slash != rest.npos) {
    out.ns = rest.substr(0, slash);
    rest.remove_prefix(slash + 1);
    if (out.ns.empty()) return std::nullopt;
  }
  out.ca = rest.ends_with(kCaSuffix);
  out.secret = rest;
  if (out.secret.empty() || out.secret.find('/') != std::string::npos) return std::nullopt;
  return out;
}

std::optional<doc::Doc> gatewaySecret(std::string_view resource, doc::Value secret, bool ca) {
  doc::Draft out = doc::Draft::object();
  out["name"] = resource;
  if (ca) {
    const std::string_view root = firstOf(secret, "ca.crt", "cacert");
    if (root.empty()) return std::nullopt;
    out["validation_context"]["trusted_ca"]["inline_bytes"] = root;
    return out.finish();
  }
  const std::string_view certificate = firstOf(secret, "tls.crt", "cert");
  const std::string_view key = firstOf(secret, "tls.key", "key");
  if (certificate.empty() || key.empty()) return std::nullopt;
  out["tls_certificate"]["certificate_chain"]["inline_bytes"] = certificate;
  out["tls_certificate"]["private_key"]["inline_bytes"] = key;
  return out.finish();
}

}  // namespace meshka::mesh
