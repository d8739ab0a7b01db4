// The names of one cluster, as CoreDNS's kubernetes plugin serves them (Kubernetes DNS
// specification 1.1.0), computed from Services and EndpointSlices. A plain value: whoever watches
// the API feeds it, the server asks it.
//
//   web.default.svc.cluster.local            A: the ClusterIP; headless: the endpoints' addresses
//   db-0.db.default.svc.cluster.local        A: endpoint with that hostname (pods with hostname and
//   subdomain) 10-244-0-5.db.default.svc.cluster.local  A: the endpoint with that address
//   _http._tcp.web.default.svc.cluster.local SRV
//   10-244-0-5.default.pod.cluster.local     A: the address that the name spells
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dns/names.h"
#include "doc/doc.h"

namespace meshka::dns {

class Zone final : public Names {
 public:
  // `domain` without dots at its ends: "cluster.local".
  explicit Zone(std::string domain) : domain_(std::move(domain)) {}

  // Objects as stored (v1 Service, discovery.k8s.io/v1 or v1beta1 EndpointSlice).
  void setService(doc::Value service);
  void removeService(std::string_view ns, std::string_view name);
  void setSlice(doc::Value slice);
  void removeSlice(std::string_view ns, std::string_view name);
  // Names outside of the domain that the cluster knows (node names).
  void setHost(std::string name, std::string address);

  // nullopt: the name is none of ours (another zone, a reverse name of a foreign address); ask an
  // upstream.
  std::optional<Answer> resolve(const Question& question) const override;
  const std::string& domain() const { return domain_; }
  size_t services() const { return services_.size(); }

 private:
  struct Port {
    std::string name, protocol;
    uint16_t number = 0;
  };
  struct Endpoint {
    std::string packed;    // address
    std::string hostname;  // as the slice says, else the address with dashes
    bool ready = false;
    std::vector<Port> ports;
  };
  struct Service {
    bool known = false;  // false: only slices were seen so far
    bool headless = false;
    bool publish_not_ready = false;
    std::string external_name;
    std::vector<std::string> addresses;  // packed ClusterIPs
    std::vector<Port> ports;
    std::map<std::string, std::vector<Endpoint>> slices;
  };
  using Key = std::pair<std::string, std::string>;  // namespace, name

  std::string nameOf(const Key& key) const;
  Record soa() const;
  Answer negative(Rcode rcode) const;
  Answer resolveInside(std::string_view rest, const Question& question) const;
  Answer resolveService(const Key& key, const Service& service, const Question& question) const;
  Answer resolveEndpoint(const Service& service, std::string_view host,
                         const Question& question) const;
  Answer resolveSrv(const Key& key, const Service& service, std::string_view port,
                    std::string_view protocol, const Question& question) const;
  Answer resolvePod(std::string_view label, const Question& question) const;
  std::optional<Answer> resolveReverse(const Question& question) const;
  void appendCname(Answer& answer, std::string target, const Question& question) const;
  void dropIfEmpty(const Key& key);
  void indexEndpoints(const Key& key, const std::vector<Endpoint>& endpoints, bool add);

  std::string domain_;
  std::map<Key, Service> services_;
  std::map<std::string, size_t, std::less<>> namespaces_;  // number of entries of services_
  std::map<std::string, Key> slice_owner_;                 // "ns/slice" -> service
  std::map<std::string, Key> by_cluster_ip_;
  std::map<std::string, std::multiset<Key>> by_endpoint_;
  std::map<std::string, std::string, std::less<>> hosts_;
};

}  // namespace meshka::dns
