// The indexed view of a cluster's objects that the translation reads. Built once per round of
// changes, never changed; services, rules and policies borrow from the objects it owns.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/model/mesh_config.h"
#include "mesh/model/names.h"
#include "mesh/model/objects.h"
#include "mesh/model/peers.h"
#include "mesh/model/rules.h"
#include "mesh/model/service.h"

namespace meshka::mesh {

struct VirtualService {
  std::string ns;
  std::string name;
  std::vector<std::string> hosts;     // full names
  std::vector<std::string> gateways;  // "mesh" or "ns/name"
  ExportTo export_to;
  doc::Value spec;
  bool boundTo(std::string_view gateway) const;
};

class Model {
 public:
  Model(Objects objects, MeshConfig config);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const Objects& objects() const { return objects_; }
  const MeshConfig& config() const { return config_; }

  // By host, and within one host in the order of preference.
  const std::vector<Service>& services() const { return services_; }
  // What a client of `ns` means by `host`: a Kubernetes Service, else its own namespace's
  // ServiceEntry, else the oldest one that it may see. nullptr: none.
  const Service* service(std::string_view host, std::string_view ns) const;
  // One per host.
  std::vector<const Service*> visibleServices(std::string_view ns) const;

  const Rule* rule(std::string_view client_ns, const Service& service) const;

  // Oldest first.
  const std::vector<VirtualService>& virtualServices() const { return virtual_services_; }
  // Gateways, oldest first.
  const std::vector<doc::Value>& gateways() const { return gateways_; }

  PeerPolicies peers(std::string_view ns, const Labels& labels) const;
  // Of a namespace as a whole: clients need not offer mutual TLS where nobody accepts it.
  MutualTls namespaceMode(std::string_view ns) const;
  std::vector<doc::Value> authorizations(std::string_view ns, const Labels& labels) const;

  // The own trust domain first, then its aliases.
  std::vector<std::string> trustDomains() const;
  std::string spiffe(std::string_view ns, std::string_view service_account) const;
  // Missing when the pod is not known.
  doc::Value pod(std::string_view ns, std::string_view name) const;

  // What indexing could not use.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  void indexVirtualServices();
  void finishServices();

  Objects objects_;
  MeshConfig config_;
  std::vector<Service> services_;
  std::map<std::string, std::pair<size_t, size_t>, std::less<>> by_host_;
  Rules rules_;
  std::vector<VirtualService> virtual_services_;
  std::vector<doc::Value> gateways_;
  std::map<std::string, MutualTls, std::less<>> modes_;  // of the namespaces with services
  std::map<std::string, doc::Value, std::less<>> pods_;  // "ns/name"
  std::vector<std::string> warnings_;
};

}  // namespace meshka::mesh
