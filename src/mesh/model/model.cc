// Builds the index.
#include "mesh/model/model.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/strings.h"
#include "mesh/model/registry.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {
namespace {

std::vector<doc::Value> oldestFirst(const std::vector<doc::Doc>& objects) {
  std::vector<doc::Value> out(objects.begin(), objects.end());
  std::sort(out.begin(), out.end(), olderThan);
  return out;
}

std::string gatewayKey(std::string_view gateway, std::string_view ns) {
  if (gateway == "mesh" || gateway.find('/') != std::string_view::npos) return std::string(gateway);
  return cat(ns, "/", gateway);
}

}  // namespace

bool VirtualService::boundTo(std::string_view gateway) const {
  return std::find(gateways.begin(), gateways.end(), gateway) != gateways.end();
}

Model::Model(Objects objects, MeshConfig config)
    : objects_(std::move(objects)), config_(std::move(config)) {
  const Workloads workloads(objects_, config_);
  pods_ = workloads.pods();
  services_ = kubernetesServices(objects_, config_, workloads);
  for (Service& service : entryServices(objects_, workloads, warnings_)) {
    services_.push_back(std::move(service));
  }
  finishServices();
  for (const doc::Value rule : oldestFirst(objects_.destination_rules)) {
    rules_.add(rule, config_.cluster_domain);
  }
  gateways_ = oldestFirst(objects_.gateways);
  for (const Service& service : services_) {
    const auto [it, fresh] = modes_.try_emplace(service.ns, MutualTls::kPermissive);
    if (fresh) it->second = peers(service.ns, {}).mode();
  }
  indexVirtualServices();
}

void Model::finishServices() {
  allocateAddresses(services_);
  for (Service& service : services_) {
    std::set<std::string> ids(service.identities.begin(), service.identities.end());
    for (const Endpoint& endpoint : service.endpoints) {
      if (endpoint.service_account.empty()) continue;
      for (const std::string& domain : trustDomains()) {
        ids.insert(cat("spiffe://", domain, "/ns/", endpoint.ns, "/sa/", endpoint.service_account));
      }
    }
    service.identities.assign(ids.begin(), ids.end());
    std::sort(service.endpoints.begin(), service.endpoints.end(),
              [](const Endpoint& a, const Endpoint& b) {
                return std::tie(a.address, a.ports, a.weight) <
                       std::tie(b.address, b.ports, b.weight);
              });
  }
  std::sort(services_.begin(), services_.end(), [](const Service& a, const Service& b) {
    return std::tuple(std::string_view(a.host), !a.kubernetes, std::string_view(a.created),
                      std::string_view(a.ns), std::string_view(a.name)) <
           std::tuple(std::string_view(b.host), !b.kubernetes, std::string_view(b.created),
                      std::string_view(b.ns), std::string_view(b.name));
  });
  for (size_t i = 0; i < services_.size(); ++i) {
    auto [it, fresh] = by_host_.try_emplace(services_[i].host, i, i);
    it->second.second = i + 1;
  }
}

void Model::indexVirtualServices() {
  for (const doc::Value object : oldestFirst(objects_.virtual_services)) {
    VirtualService out;
    out.ns = metaNamespace(object);
    out.name = metaName(object);
    out.spec = object["spec"];
    out.export_to = parseExportTo(texts(out.spec["exportTo"]), out.ns);
    for (const std::string& host : texts(out.spec["hosts"])) {
      out.hosts.push_back(fullHost(host, out.ns, config_.cluster_domain));
    }
    for (const std::string& gateway : texts(out.spec["gateways"])) {
      out.gateways.push_back(gatewayKey(gateway, out.ns));
    }
    if (out.gateways.empty()) out.gateways.emplace_back("mesh");
    virtual_services_.push_back(std::move(out));
  }
}

const Service* Model::service(std::string_view host, std::string_view ns) const {
  const auto it = by_host_.find(host);
  if (it == by_host_.end()) return nullptr;
  const Service* first = nullptr;
  for (size_t i = it->second.first; i < it->second.second; ++i) {
    const Service& candidate = services_[i];
    if (!candidate.export_to.sees(ns)) continue;
    if (candidate.kubernetes || candidate.ns == ns) return &candidate;
    if (first == nullptr) first = &candidate;
  }
  return first;
}

std::vector<const Service*> Model::visibleServices(std::string_view ns) const {
  std::vector<const Service*> out;
  for (const auto& [host, range] : by_host_) {
    if (const Service* found = service(host, ns)) out.push_back(found);
  }
  return out;
}

const Rule* Model::rule(std::string_view client_ns, const Service& service) const {
  return rules_.find(client_ns, service, config_.root_namespace);
}

PeerPolicies Model::peers(std::string_view ns, const Labels& labels) const {
  return PeerPolicies(objects_.peer_authentications, ns, labels, config_.root_namespace);
}

MutualTls Model::namespaceMode(std::string_view ns) const {
  const auto it = modes_.find(ns);
  return it == modes_.end() ? peers(ns, {}).mode() : it->second;
}

std::vector<doc::Value> Model::authorizations(std::string_view ns, const Labels& labels) const {
  return authorizationsFor(objects_.authorization_policies, ns, labels, config_.root_namespace);
}

std::vector<std::string> Model::trustDomains() const {
  std::vector<std::string> out{config_.trust_domain};
  out.insert(out.end(), config_.trust_domain_aliases.begin(), config_.trust_domain_aliases.end());
  return out;
}

std::string Model::spiffe(std::string_view ns, std::string_view service_account) const {
  return cat("spiffe://", config_.trust_domain, "/ns/", ns, "/sa/", service_account);
}

doc::Value Model::pod(std::string_view ns, std::string_view name) const {
  const auto it = pods_.find(cat(ns, "/", name));
  return it == pods_.end() ? doc::Value() : it->second;
}

std::shared_ptr<const Model> makeModel(Objects objects, MeshConfig config) {
  return std::make_shared<const Model>(std::move(objects), std::move(config));
}

}  // namespace meshka::mesh
