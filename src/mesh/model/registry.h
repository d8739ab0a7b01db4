// Services out of objects: Kubernetes' own and those of ServiceEntries. For the .cc files of this
// folder only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mesh/model/mesh_config.h"
#include "mesh/model/objects.h"
#include "mesh/model/service.h"

namespace meshka::mesh {

// Where pods run and what they are called, for endpoints.
class Workloads {
 public:
  Workloads(const Objects& objects, const MeshConfig& config);
  doc::Value pod(std::string_view ns, std::string_view name) const;
  doc::Value podAt(std::string_view ip) const;  // not of the host's network
  // An endpoint without ports.
  Endpoint endpointOf(doc::Value pod) const;
  // Region and zone of a node; a node that says none is in a region named like the cluster.
  Locality localityOf(std::string_view node) const;
  const std::map<std::string, doc::Value, std::less<>>& pods() const { return pods_; }

 private:
  const MeshConfig& config_;
  std::map<std::string, doc::Value, std::less<>> pods_;  // "ns/name"
  std::map<std::string, doc::Value, std::less<>> by_ip_;
  std::map<std::string, Locality, std::less<>> nodes_;
};

std::vector<Service> kubernetesServices(const Objects& objects, const MeshConfig& config,
                                        const Workloads& workloads);
std::vector<Service> entryServices(const Objects& objects, const Workloads& workloads,
                                   std::vector<std::string>& warnings);

// Gives services without address one of 240.240.0.0/16, by their host's hash: the address of a host
// stays when others come and go (unless two hashes meet).
void allocateAddresses(std::vector<Service>& services);

}  // namespace meshka::mesh
