#include <set>

#include "base/strings.h"
#include "mesh/validate/addresses.h"
#include "mesh/validate/rules.h"

namespace meshka::mesh {
namespace {

std::set<std::string> checkPorts(doc::Value spec, ValidationResult& out) {
  std::set<std::string> names;
  std::set<int64_t> numbers;
  for (const doc::Value port : spec["ports"].elements()) {
    const std::string_view name = port["name"].text();
    if (!names.emplace(name).second) {
      out.errors.push_back(cat("service entry port name \"", name, "\" already defined"));
    }
    if (!numbers.insert(port["number"].integer()).second) {
      out.errors.push_back(
          cat("service entry port ", port["number"].integer(), " already defined"));
    }
    checkPort(port["number"], out);
    checkProtocol(port["protocol"].text(), out);
    if (port["targetPort"].exists() && port["targetPort"].integer() != 0) {
      checkPort(port["targetPort"], out);
    }
  }
  return names;
}

void checkAddresses(doc::Value spec, std::string_view resolution, ValidationResult& out) {
  for (const doc::Value entry : spec["addresses"].elements()) {
    const std::string_view address = entry.text();
    if (!isIp(address) && !isCidr(address)) {
      out.errors.push_back(cat("\"", address, "\" is not a valid IP address or CIDR"));
    } else if (isCidr(address) && resolution != "NONE" && resolution != "STATIC") {
      out.errors.emplace_back("CIDR addresses are allowed only for NONE/STATIC resolution types");
    }
  }
}

void checkEndpoints(doc::Value spec, std::string_view resolution,
                    const std::set<std::string>& ports, ValidationResult& out) {
  const bool selects = spec["workloadSelector"].exists();
  const doc::Value endpoints = spec["endpoints"];
  if (selects && endpoints.size() > 0) {
    out.errors.emplace_back(
        "only one of WorkloadSelector or Endpoints is allowed in Service Entry");
  }
  if (resolution == "NONE" && endpoints.size() > 0) {
    out.errors.emplace_back("no endpoints should be provided for resolution type none");
  }
  if (resolution == "STATIC" && endpoints.size() == 0 && !selects) {
    out.errors.emplace_back(
        "endpoints must be provided if service entry resolution mode is static");
  }
  for (const doc::Value endpoint : endpoints.elements()) {
    const std::string_view address = endpoint["address"].text();
    const bool unix_socket = address.starts_with("unix://");
    if (resolution == "STATIC" && !isIp(address) && !unix_socket) {
      out.errors.push_back(cat("\"", address, "\" is not a valid IP address"));
    }
    if (resolution == "DNS" && !isIp(address) && !isFqdn(address)) {
      out.errors.push_back(
          cat("endpoint address \"", address, "\" is not a valid FQDN or an IP address"));
    }
    for (const auto [name, number] : endpoint["ports"].members()) {
      if (!ports.contains(std::string(name))) {
        out.errors.push_back(cat("endpoint port ", name, " is not defined by the service entry"));
      }
      checkPort(number, out);
    }
  }
}

}  // namespace

void validateServiceEntry(doc::Value spec, ValidationResult& out) {
  if (spec["hosts"].size() == 0) {
    out.errors.emplace_back("service entry must have at least one host");
  }
  bool wildcard = false;
  for (const doc::Value host : spec["hosts"].elements()) {
    if (host.text() == "*")
      out.errors.push_back(cat("invalid host ", host.text()));
    else
      checkHost(host.text(), out);
    wildcard |= host.text().starts_with('*');
  }
  const std::string_view resolution = spec["resolution"].text("NONE");
  if (spec["ports"].size() == 0) {
    out.errors.emplace_back("service entry must have at least one port");
  }
  const std::set<std::string> ports = checkPorts(spec, out);
  checkAddresses(spec, resolution, out);
  checkEndpoints(spec, resolution, ports, out);
  if (resolution == "DNS" && wildcard && spec["endpoints"].size() == 0) {
    out.errors.emplace_back(
        "hosts must be FQDN if no endpoints are provided for resolution mode DNS");
  }
  checkExportTo(spec["exportTo"], out);
}

void validateWorkloadEntry(doc::Value spec, ValidationResult& out) {
  const std::string_view address = spec["address"].text();
  if (address.empty()) {
    out.errors.emplace_back("address must be set");
  } else if (!isIp(address) && !isFqdn(address) && !address.starts_with("unix://")) {
    out.errors.push_back(
        cat("endpoint address \"", address, "\" is not a valid FQDN or an IP address"));
  }
  for (const auto [name, number] : spec["ports"].members()) checkPort(number, out);
}

}  // namespace meshka::mesh
