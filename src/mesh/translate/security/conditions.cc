// Values with Istio's wildcards ("*", "prefix*", "*suffix") as matchers.
#include "mesh/translate/security/conditions.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::mesh {
namespace {

Draft textMatcher(std::string_view value, std::string_view prefix = "") {
  if (value == "*") return obj("safe_regex", obj("regex", ".+"));
  if (value.starts_with("*")) return obj("suffix", value.substr(1));
  if (value.ends_with("*")) return obj("prefix", cat(prefix, value.substr(0, value.size() - 1)));
  return obj("exact", cat(prefix, value));
}

Draft headerMatcher(std::string_view name, std::string_view value) {
  if (value == "*") return obj("name", name, "present_match", true);
  Draft matcher = textMatcher(value);
  if (name == ":authority") matcher["ignore_case"] = true;
  return obj("name", name, "string_match", std::move(matcher));
}

std::optional<Draft> cidr(std::string_view block) {
  const auto range = parseRange(block);
  if (!range) return std::nullopt;
  return obj("address_prefix", range->address, "prefix_len", range->bits);
}

Draft authenticated(Draft matcher) {
  return obj("authenticated", obj("principal_name", std::move(matcher)));
}

// A principal of the own trust domain (or "cluster.local", which stands for it) holds for all its
// aliases.
std::vector<std::string> withAliases(const std::string& principal,
                                     const std::vector<std::string>& domains) {
  const size_t slash = principal.find('/');
  if (slash == std::string::npos) return {principal};
  const std::string domain = principal.substr(0, slash);
  if (domain != "cluster.local" &&
      std::find(domains.begin(), domains.end(), domain) == domains.end()) {
    return {principal};
  }
  std::vector<std::string> out;
  for (const std::string& alias : domains) out.push_back(cat(alias, principal.substr(slash)));
  return out;
}

std::string regexQuoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

bool startsHeader(std::string_view field) {
  return field.starts_with("request.headers[") && field.ends_with("]");
}

std::optional<Draft> permissionOf(std::string_view field, const std::string& value) {
  if (field == "hosts") return obj("header", headerMatcher(":authority", value));
  if (field == "methods") return obj("header", headerMatcher(":method", value));
  if (field == "paths") return obj("url_path", obj("path", textMatcher(value)));
  if (field == "ports") {
    const auto port = parseInt(value);
    if (!port || *port < 1 || *port > 65535) return std::nullopt;
    return obj("destination_port", *port);
  }
  if (field == "sni") return obj("requested_server_name", textMatcher(value));
  if (field == "destinationIps") {
    auto range = cidr(value);
    if (!range) return std::nullopt;
    return obj("destination_ip", std::move(*range));
  }
  return std::nullopt;
}

std::optional<Draft> principalOf(std::string_view field, const std::string& value) {
  if (field == "principals") return authenticated(textMatcher(value, "spiffe://"));
  if (field == "namespaces") {
    if (value == "*") return authenticated(textMatcher(value));
    std::string quoted = value.starts_with("*") ? cat(".*", regexQuoted(value.substr(1)))
                         : value.ends_with("*")
                             ? cat(regexQuoted(value.substr(0, value.size() - 1)), ".*")
                             : regexQuoted(value);
    return authenticated(obj("safe_regex", obj("regex", cat(".*/ns/", quoted, "/.*"))));
  }
  if (field == "ipBlocks" || field == "remoteIpBlocks") {
    auto range = cidr(value);
    if (!range) return std::nullopt;
    return obj(field == "ipBlocks" ? "direct_remote_ip" : "remote_ip", std::move(*range));
  }
  // Without a translated RequestAuthentication no request has a verified token.
  if (field == "requestPrincipals") return obj("not_id", obj("any", true));
  if (startsHeader(field)) {
    return obj("header", headerMatcher(field.substr(16, field.size() - 17), value));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<Draft>> permissionsOf(std::string_view field,
                                                const std::vector<std::string>& values) {
  std::vector<Draft> out;
  for (const std::string& value : values) {
    auto one = permissionOf(field, value);
    if (!one) return std::nullopt;
    out.push_back(std::move(*one));
  }
  return out;
}

std::optional<std::vector<Draft>> principalsOf(std::string_view field,
                                               const std::vector<std::string>& values,
                                               const std::vector<std::string>& trust_domains) {
  std::vector<Draft> out;
  for (const std::string& value : values) {
    const std::vector<std::string> all =
        field == "principals" ? withAliases(value, trust_domains) : std::vector{value};
    for (const std::string& each : all) {
      auto one = principalOf(field, each);
      if (!one) return std::nullopt;
      out.push_back(std::move(*one));
    }
  }
  return out;
}

bool needsHttp(std::string_view field) {
  return field == "hosts" || field == "methods" || field == "paths" || field == "remoteIpBlocks" ||
         field == "requestPrincipals" || startsHeader(field);
}

std::optional<WhenField> whenField(std::string_view key) {
  if (key == "source.ip") return WhenField{false, "ipBlocks"};
  if (key == "remote.ip") return WhenField{false, "remoteIpBlocks"};
  if (key == "source.namespace") return WhenField{false, "namespaces"};
  if (key == "source.principal") return WhenField{false, "principals"};
  if (key == "request.auth.principal") return WhenField{false, "requestPrincipals"};
  if (key == "destination.port") return WhenField{true, "ports"};
  if (key == "destination.ip") return WhenField{true, "destinationIps"};
  if (key == "connection.sni") return WhenField{true, "sni"};
  if (startsHeader(key)) return WhenField{false, std::string(key)};
  return std::nullopt;
}

}  // namespace meshka::mesh
