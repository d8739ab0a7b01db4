// Sidecar, PeerAuthentication, AuthorizationPolicy, EnvoyFilter.
#include "base/strings.h"
#include "mesh/validate/addresses.h"
#include "mesh/validate/rules.h"

namespace meshka::mesh {
namespace {

void checkEgressHost(std::string_view host, ValidationResult& out) {
  const size_t slash = host.find('/');
  if (slash == host.npos) {
    out.errors.push_back(cat("sidecar: host \"", host, "\" must be of form namespace/dnsName"));
    return;
  }
  const std::string_view ns = host.substr(0, slash);
  if (ns != "*" && ns != "." && ns != "~" && !isLabelName(ns)) {
    out.errors.push_back(cat("invalid namespace value \"", ns, "\" in sidecar"));
  }
  checkHost(host.substr(slash + 1), out);
}

void checkPortTexts(doc::Value ports, ValidationResult& out) {
  for (const doc::Value port : ports.elements()) {
    const auto number = parseInt(port.text());
    if (!number || *number < 1 || *number > 65535) {
      out.errors.push_back(cat("invalid port: ", port.text()));
    }
  }
}

void checkBlocks(doc::Value blocks, ValidationResult& out) {
  for (const doc::Value block : blocks.elements()) {
    if (!isIp(block.text()) && !isCidr(block.text())) {
      out.errors.push_back(cat("invalid CIDR: ", block.text()));
    }
  }
}

void checkRule(doc::Value rule, ValidationResult& out) {
  if (rule["from"].exists() && rule["from"].size() == 0) {
    out.errors.emplace_back("`from` cannot be empty, should have at least 1 element");
  }
  for (const doc::Value from : rule["from"].elements()) {
    if (from["source"].size() == 0) {
      out.errors.emplace_back("`from.source` cannot be empty");
    }
    for (const char* list : {"ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"}) {
      checkBlocks(from["source"][list], out);
    }
  }
  if (rule["to"].exists() && rule["to"].size() == 0) {
    out.errors.emplace_back("`to` cannot be empty, should have at least 1 element");
  }
  for (const doc::Value to : rule["to"].elements()) {
    if (to["operation"].size() == 0) out.errors.emplace_back("`to.operation` cannot be empty");
    checkPortTexts(to["operation"]["ports"], out);
    checkPortTexts(to["operation"]["notPorts"], out);
  }
  for (const doc::Value condition : rule["when"].elements()) {
    if (condition["key"].text().empty()) out.errors.emplace_back("`key` cannot be empty");
    if (condition["values"].size() == 0 && condition["notValues"].size() == 0) {
      out.errors.emplace_back("at least one of `values` or `not_values` must be set");
    }
  }
}

}  // namespace

void validateSidecar(doc::Value spec, ValidationResult& out) {
  bool catch_all = false;
  for (const doc::Value egress : spec["egress"].elements()) {
    if (egress["hosts"].size() == 0) {
      out.errors.emplace_back("sidecar: egress listener must contain at least one host");
    }
    for (const doc::Value host : egress["hosts"].elements()) checkEgressHost(host.text(), out);
    if (egress["port"].exists()) {
      if (egress["port"]["number"].exists()) checkPort(egress["port"]["number"], out);
      if (catch_all) {
        out.errors.emplace_back(
            "sidecar: the egress listener with empty port should be the last listener in the list");
      }
    } else {
      catch_all = true;
    }
  }
  for (const doc::Value ingress : spec["ingress"].elements()) {
    if (!ingress["port"].exists()) {
      out.errors.emplace_back("sidecar: port is required for ingress listeners");
    } else {
      checkPort(ingress["port"]["number"], out);
    }
    if (ingress["defaultEndpoint"].text().empty()) {
      out.errors.emplace_back("sidecar: ingress listener must specify a defaultEndpoint");
    }
  }
}

void validatePeerAuthentication(doc::Value spec, ValidationResult& out) {
  const bool selects = spec["selector"]["matchLabels"].size() > 0;
  const doc::Value ports = spec["portLevelMtls"];
  if (!ports.exists()) return;
  if (!selects) {
    out.errors.emplace_back("mesh/namespace peer authentication cannot have port level mTLS");
  }
  if (ports.size() == 0) {
    out.errors.emplace_back("port level mTLS, if defined, must have at least one element");
  }
  for (const auto [port, mtls] : ports.members()) {
    const auto number = parseInt(port);
    if (!number || *number < 1 || *number > 65535) {
      out.errors.push_back(cat("port level mTLS: invalid port ", port));
    }
  }
}

void validateAuthorizationPolicy(doc::Value spec, ValidationResult& out) {
  const std::string_view action = spec["action"].text("ALLOW");
  if (action == "CUSTOM" && spec["provider"]["name"].text().empty()) {
    out.errors.emplace_back("`provider.name` must not be empty");
  }
  if (action == "DENY" && spec["rules"].size() == 0) {
    out.errors.emplace_back("a deny policy without `rules` is meaningless and has no effect");
  }
  for (const doc::Value rule : spec["rules"].elements()) checkRule(rule, out);
}

void validateEnvoyFilter(doc::Value spec, ValidationResult& out) {
  for (const doc::Value patch : spec["configPatches"].elements()) {
    const std::string_view target = patch["applyTo"].text();
    if (target.empty() || target == "INVALID") {
      out.errors.emplace_back("Envoy filter: missing applyTo");
    }
    if (!patch["patch"].exists()) {
      out.errors.emplace_back("Envoy filter: missing patch");
    } else if (patch["patch"]["operation"].text() != "REMOVE" &&
               !patch["patch"]["value"].exists()) {
      out.errors.emplace_back("Envoy filter: missing patch value for non-remove operation");
    }
  }
}

}  // namespace meshka::mesh
