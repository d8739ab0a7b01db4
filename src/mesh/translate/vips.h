// The addresses by which one proxy's application reaches a service.
#pragma once

#include <string>
#include <vector>

#include "mesh/model/service.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

// Single addresses: of the object, else the allocated one when the proxy's DNS tells it.
std::vector<std::string> vipsOf(const Service& service, const ProxyIdentity& proxy);
// Ranges among the addresses of a ServiceEntry.
std::vector<std::string> rangesOf(const Service& service);

// Where an outbound port listens: HTTP ports share 0.0.0.0 and tell hosts apart by name; others
// have their addresses, headless services those of their pods. Empty: 0.0.0.0.
std::vector<std::string> bindsOf(const Service& service, const Port& port,
                                 const ProxyIdentity& proxy);
// The name of the route configuration of a port with HTTP.
std::string routeNameOf(const Service& service, const Port& port, const ProxyIdentity& proxy);

}  // namespace meshka::mesh
