#include <set>

#include "base/strings.h"
#include "base/time.h"
#include "mesh/validate/addresses.h"
#include "mesh/validate/rules.h"
#include "schema/pattern.h"

namespace meshka::mesh {

void checkHost(std::string_view host, ValidationResult& out) {
  if (isWildcardDomain(host)) return;
  out.errors.push_back(cat("domain name \"", host, "\" invalid"));
}

void checkFqdn(std::string_view host, ValidationResult& out) {
  if (isFqdn(host)) return;
  out.errors.push_back(cat("domain name \"", host, "\" invalid"));
}

void checkPort(doc::Value number, ValidationResult& out) {
  const int64_t port = number.integer();
  if (port >= 1 && port <= 65535) return;
  out.errors.push_back(cat("port number ", port, " must be in the range 1..65535"));
}

void checkProtocol(std::string_view protocol, ValidationResult& out) {
  static constexpr std::string_view kKnown[] = {"http", "http2",  "grpc",       "grpc-web", "https",
                                                "tls",  "tcp",    "mongo",      "redis",    "mysql",
                                                "udp",  "thrift", "http_proxy", ""};
  const std::string lower = toLower(protocol);
  for (const std::string_view known : kKnown) {
    if (lower == known) return;
  }
  out.errors.push_back(cat("unsupported protocol: ", protocol));
}

void checkDuration(doc::Value value, std::string_view what, ValidationResult& out) {
  if (!value.exists()) return;
  const auto duration = parseDuration(value.text());
  if (!duration) {
    out.errors.push_back(cat(what, ": ", duration.error().message()));
  } else if (duration->ns < millis(1).ns) {
    out.errors.push_back("duration must be greater than 1ms");
  } else if (duration->ns % millis(1).ns != 0) {
    out.errors.push_back("only durations to ms precision are supported");
  }
}

void checkPercent(doc::Value value, ValidationResult& out) {
  const double percent = value.number();
  if (percent >= 0 && percent <= 100) return;
  out.errors.push_back(cat("percentage ", value.integer(), " is not in range 0..100"));
}

void checkSubset(std::string_view name, ValidationResult& out) {
  if (!isLabelName(name)) out.errors.push_back(cat("subset name is invalid: ", name));
}

void checkStringMatch(doc::Value match, std::string_view what, ValidationResult& out) {
  const doc::Value regex = match["regex"];
  if (!regex.exists()) return;
  const auto compiled = schema::Pattern::compile(regex.text());
  if (!compiled) out.errors.push_back(cat(what, ": ", compiled.error().message()));
}

void checkExportTo(doc::Value list, ValidationResult& out) {
  std::set<std::string> seen;
  for (const doc::Value entry : list.elements()) {
    const std::string_view ns = entry.text();
    if (ns != "." && ns != "*" && ns != "~" && !isLabelName(ns)) {
      out.errors.push_back(cat("invalid namespace name \"", ns, "\" in exportTo"));
    }
    if (!seen.emplace(ns).second) out.errors.push_back(cat("duplicate entries in exportTo: ", ns));
  }
}

std::string joinErrors(const std::vector<std::string>& errors) {
  if (errors.size() == 1) return errors[0];
  std::string out = cat(errors.size(), " errors occurred:\n");
  for (const std::string& error : errors) out += cat("\t* ", error, "\n");
  return out + "\n";
}

ValidationResult validateIstioObject(doc::Value object) {
  ValidationResult out;
  const std::string_view kind = object["kind"].text();
  const doc::Value spec = object["spec"];
  struct Rules {
    std::string_view kind;
    void (*check)(doc::Value spec, ValidationResult& out);
  };
  constexpr Rules kRules[] = {{"VirtualService", validateVirtualService},
                              {"DestinationRule", validateDestinationRule},
                              {"Gateway", validateGateway},
                              {"ServiceEntry", validateServiceEntry},
                              {"WorkloadEntry", validateWorkloadEntry},
                              {"Sidecar", validateSidecar},
                              {"PeerAuthentication", validatePeerAuthentication},
                              {"AuthorizationPolicy", validateAuthorizationPolicy},
                              {"EnvoyFilter", validateEnvoyFilter}};
  for (const Rules& rules : kRules) {
    if (kind == rules.kind) rules.check(spec, out);
  }
  return out;
}

}  // namespace meshka::mesh
