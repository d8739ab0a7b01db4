#include "base/strings.h"
#include "mesh/validate/addresses.h"
#include "mesh/validate/rules.h"

namespace meshka::mesh {
namespace {

void checkDestination(doc::Value destination, ValidationResult& out) {
  if (!destination.exists()) {
    out.errors.emplace_back("destination is required");
    return;
  }
  const std::string_view host = destination["host"].text();
  if (host == "*")
    out.errors.push_back(cat("invalid destination host ", host));
  else
    checkFqdn(host, out);
  if (destination["subset"].exists() && !destination["subset"].text().empty()) {
    checkSubset(destination["subset"].text(), out);
  }
  if (destination["port"]["number"].exists()) checkPort(destination["port"]["number"], out);
}

void checkWeights(doc::Value routes, ValidationResult& out) {
  int64_t total = 0;
  for (const doc::Value route : routes.elements()) {
    const int64_t weight = route["weight"].integer();
    if (weight < 0)
      out.errors.push_back(cat("weight ", weight, " < 0"));
    else
      checkPercent(route["weight"], out);
    total += weight;
  }
  if (routes.size() > 1 && total != 100) {
    out.errors.push_back(cat("total destination weight ", total, " != 100"));
  }
}

void checkFault(doc::Value fault, ValidationResult& out) {
  if (!fault.exists()) return;
  const doc::Value delay = fault["delay"];
  const doc::Value abort = fault["abort"];
  if (!delay.exists() && !abort.exists()) {
    out.errors.emplace_back("HTTP fault injection must have an abort and/or a delay");
  }
  for (const doc::Value part : {delay, abort}) {
    if (part["percentage"]["value"].exists()) checkPercent(part["percentage"]["value"], out);
    if (part["percent"].exists()) checkPercent(part["percent"], out);
  }
  if (delay.exists()) {
    if (!delay["fixedDelay"].exists() && !delay["exponentialDelay"].exists()) {
      out.errors.emplace_back("delay.fixedDelay is required");
    }
    checkDuration(delay["fixedDelay"], "fixedDelay", out);
  }
  if (abort.exists()) {
    const doc::Value status = abort["httpStatus"];
    if (!status.exists() && !abort["grpcStatus"].exists() && !abort["http2Error"].exists()) {
      out.errors.emplace_back("abort.httpStatus is required");
    }
    if (status.exists() && (status.integer() < 200 || status.integer() > 599)) {
      out.errors.push_back(cat("HTTP status ", status.integer(), " is not in range 200-599"));
    }
  }
}

void checkMatch(doc::Value match, ValidationResult& out) {
  checkStringMatch(match["uri"], "uri", out);
  checkStringMatch(match["authority"], "authority", out);
  checkStringMatch(match["method"], "method", out);
  for (const char* list : {"headers", "withoutHeaders"}) {
    for (const auto [name, value] : match[list].members()) {
      if (name.empty()) out.errors.emplace_back("header name cannot be empty");
      checkStringMatch(value, cat("header ", name), out);
    }
  }
  for (const auto [name, value] : match["queryParams"].members()) {
    checkStringMatch(value, cat("query parameter ", name), out);
  }
  if (match["port"].exists() && match["port"].integer() != 0) checkPort(match["port"], out);
}

void checkRetries(doc::Value retries, ValidationResult& out) {
  if (!retries.exists()) return;
  if (retries["attempts"].integer() < 0) out.errors.emplace_back("attempts cannot be negative");
  checkDuration(retries["perTryTimeout"], "perTryTimeout", out);
}

void checkLowLevelRoute(doc::Value route, std::string_view what, ValidationResult& out) {
  if (route["route"].size() == 0) out.errors.push_back(cat(what, " route is required"));
  for (const doc::Value destination : route["route"].elements()) {
    checkDestination(destination["destination"], out);
  }
  checkWeights(route["route"], out);
}

}  // namespace

void validateHttpRoute(doc::Value route, ValidationResult& out) {
  const bool has_redirect = route["redirect"].exists();
  const bool has_route = route["route"].size() > 0;
  const bool answers = route["directResponse"].exists() || route["delegate"].exists();
  if (has_redirect && has_route) {
    out.errors.emplace_back("HTTP route cannot contain both route and redirect");
  }
  if (has_redirect && route["fault"].exists()) {
    out.errors.emplace_back("HTTP route cannot contain both fault and redirect");
  }
  if (has_redirect && route["rewrite"].exists()) {
    out.errors.emplace_back("HTTP route rule cannot contain both rewrite and redirect");
  }
  if (!has_redirect && !has_route && !answers) {
    out.errors.emplace_back("HTTP route or redirect is required");
  }
  for (const doc::Value destination : route["route"].elements()) {
    checkDestination(destination["destination"], out);
  }
  checkWeights(route["route"], out);
  for (const doc::Value match : route["match"].elements()) checkMatch(match, out);
  checkFault(route["fault"], out);
  checkRetries(route["retries"], out);
  if (route["timeout"].exists() && route["timeout"].text() != "0s") {
    checkDuration(route["timeout"], "timeout", out);
  }
  if (route["mirror"].exists()) checkDestination(route["mirror"], out);
  if (route["mirrorPercentage"]["value"].exists()) {
    checkPercent(route["mirrorPercentage"]["value"], out);
  }
}

void validateVirtualService(doc::Value spec, ValidationResult& out) {
  const bool delegate =
      spec["hosts"].size() == 0 && spec["http"].size() > 0 && spec["gateways"].size() == 0;
  if (spec["hosts"].size() == 0 && !delegate) {
    out.errors.emplace_back("virtual service must have at least one host");
  }
  for (const doc::Value host : spec["hosts"].elements()) {
    if (!isIp(host.text())) checkHost(host.text(), out);
  }
  for (const doc::Value gateway : spec["gateways"].elements()) {
    std::string_view name = gateway.text();
    if (const size_t slash = name.find('/'); slash != name.npos) {
      if (!isLabelName(name.substr(0, slash))) {
        out.errors.push_back(cat("invalid value for namespace in gateway name \"", name, "\""));
      }
      name.remove_prefix(slash + 1);
    }
    if (!isFqdn(name)) out.errors.push_back(cat("invalid gateway name \"", gateway.text(), "\""));
  }
  if (spec["http"].size() + spec["tls"].size() + spec["tcp"].size() == 0) {
    out.errors.emplace_back("http, tcp or tls must be provided in virtual service");
  }
  for (const doc::Value route : spec["http"].elements()) validateHttpRoute(route, out);
  for (const doc::Value route : spec["tls"].elements()) {
    checkLowLevelRoute(route, "TLS", out);
    if (route["match"].size() == 0) out.errors.emplace_back("TLS match is required");
    for (const doc::Value match : route["match"].elements()) {
      if (match["sniHosts"].size() == 0) {
        out.errors.emplace_back("TLS match must have at least one SNI host");
      }
    }
  }
  for (const doc::Value route : spec["tcp"].elements()) checkLowLevelRoute(route, "TCP", out);
  checkExportTo(spec["exportTo"], out);
}

}  // namespace meshka::mesh
