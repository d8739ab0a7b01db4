// Addresses of services.
#include "mesh/translate/vips.h"

#include "base/strings.h"
#include "mesh/model/names.h"

namespace meshka::mesh {

std::vector<std::string> vipsOf(const Service& service, const ProxyIdentity& proxy) {
  std::vector<std::string> out;
  for (const std::string& address : service.addresses) {
    const auto range = parseRange(address);
    if (range && range->bits == (isIpv6(range->address) ? 128 : 32)) {
      out.push_back(range->address);
    }
  }
  const bool told = proxy.dns_capture && proxy.dns_auto_allocate;
  if (service.addresses.empty() && told && !service.auto_address.empty()) {
    out.push_back(service.auto_address);
  }
  return out;
}

std::vector<std::string> rangesOf(const Service& service) {
  std::vector<std::string> out;
  for (const std::string& address : service.addresses) {
    const auto range = parseRange(address);
    if (range && range->bits != (isIpv6(range->address) ? 128 : 32)) out.push_back(address);
  }
  return out;
}

std::vector<std::string> bindsOf(const Service& service, const Port& port,
                                 const ProxyIdentity& proxy) {
  if (isHttp(port.protocol)) return {};
  if (!service.headless) return vipsOf(service, proxy);
  std::vector<std::string> out;
  for (const Endpoint& endpoint : service.endpoints) {
    if (endpoint.address != proxy.ip) out.push_back(endpoint.address);
  }
  return out;
}

std::string routeNameOf(const Service& service, const Port& port, const ProxyIdentity& proxy) {
  if (bindsOf(service, port, proxy).empty()) return cat(port.number);
  return cat(service.host, ":", port.number);
}

}  // namespace meshka::mesh
