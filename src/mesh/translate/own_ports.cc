// Which ports a pod serves.
#include "mesh/translate/own_ports.h"

#include <algorithm>
#include <map>

namespace meshka::mesh {
namespace {

int containerPort(doc::Value pod, std::string_view name) {
  for (doc::Value container : pod["spec"]["containers"].elements()) {
    for (doc::Value port : container["ports"].elements()) {
      if (port["name"].text() == name) return static_cast<int>(port["containerPort"].integer());
    }
  }
  return 0;
}

bool serves(const Service& service, const ProxyIdentity& proxy) {
  if (service.ns != proxy.ns) return false;
  if (!service.selector.empty()) return selects(service.selector, proxy.labels);
  return !proxy.ip.empty() &&
         std::any_of(service.endpoints.begin(), service.endpoints.end(),
                     [&](const Endpoint& e) { return e.local_pod && e.address == proxy.ip; });
}

}  // namespace

std::vector<OwnPort> ownPorts(const Model& model, const ProxyIdentity& proxy) {
  std::map<int, OwnPort> found;
  for (const bool kubernetes : {true, false}) {
    for (const Service& service : model.services()) {
      if (service.kubernetes != kubernetes || !serves(service, proxy)) continue;
      for (const Port& port : service.ports) {
        if (port.protocol == Protocol::kUdp) continue;
        int number = port.target;
        if (number == 0) number = containerPort(model.pod(proxy.ns, proxy.pod), port.target_name);
        if (number > 0) found.try_emplace(number, number, port.protocol, &service, port.number);
      }
    }
  }
  std::vector<OwnPort> out;
  for (const auto& [number, port] : found) out.push_back(port);
  return out;
}

}  // namespace meshka::mesh
