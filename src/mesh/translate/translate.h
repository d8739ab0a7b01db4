// From the objects of a cluster to the configuration of a proxy, as plain functions: the same model
// and the same kind of proxy give the same documents, so what is pushed can be compared by content.
// Documents are Envoy's messages in protobuf JSON (xds/codec.h). docs/design/xds.md
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doc/doc.h"
#include "mesh/model/mesh_config.h"
#include "mesh/model/objects.h"

namespace meshka::mesh {

// The indexed, immutable view of Objects and MeshConfig that the translation reads.
class Model;
std::shared_ptr<const Model> makeModel(Objects objects, MeshConfig config);

// Who asks. Two proxies that are equal here get equal resources.
struct ProxyIdentity {
  bool router = false;  // a gateway
  std::string ns;
  std::string service_account;
  std::string ip;          // picks the services of a sidecar's own pod
  std::string pod;         // "web-v1-abc"
  std::string dns_domain;  // "shop.svc.cluster.local"
  std::string cluster_id;
  std::string network;
  std::map<std::string, std::string> labels;
  std::string locality_region;  // "" : the cluster's id
  bool dns_capture = false;
  bool dns_auto_allocate = false;
  bool operator==(const ProxyIdentity&) const = default;
};

struct NamedResource {
  std::string name;
  doc::Doc config;
};

std::vector<NamedResource> clustersOf(const Model& model, const ProxyIdentity& proxy);
std::vector<NamedResource> listenersOf(const Model& model, const ProxyIdentity& proxy);
// Always one answer per name: an empty ClusterLoadAssignment for an unknown cluster, so that
// Envoy's warming ends.
NamedResource endpointsOf(const Model& model, const ProxyIdentity& proxy,
                          const std::string& cluster_name);
// An unknown name gives an empty RouteConfiguration.
NamedResource routesOf(const Model& model, const ProxyIdentity& proxy,
                       const std::string& route_name);
// istio.networking.nds.v1.NameTable; nullopt for routers and without DNS capture.
std::optional<doc::Doc> nameTableOf(const Model& model, const ProxyIdentity& proxy);

// Whether a change of endpoints alone (pods, EndpointSlices) reaches beyond endpoints and names: the
// accounts that clients accept, or the pods of a headless service. Then clusters and listeners are
// to be computed anew.
bool reachesBeyondEndpoints(const Model& before, const Model& after);

// Objects that are stored and have no (full) effect, for istiod's log and analyze:
// "EnvoyFilter istio-system/x: patches are not supported yet".
std::vector<std::string> warningsOf(const Model& model);

}  // namespace meshka::mesh
