// Virtual hosts and their domains.
#include "mesh/translate/routes/domains.h"

#include "base/strings.h"
#include "mesh/translate/envoy/blocks.h"

namespace meshka::mesh {

void VirtualHosts::add(const std::string& name, const std::vector<std::string>& domains,
                       std::vector<Draft> routes) {
  if (routes.empty()) return;
  std::vector<std::string> own;
  for (const std::string& domain : domains) {
    if (taken_.insert(domain).second) own.push_back(domain);
  }
  if (own.empty()) return;
  hosts_.push_back(obj("name", name, "domains", Draft::strings(own), "routes",
                       Draft::array(std::move(routes)), "include_request_attempt_count", true));
}

void VirtualHosts::addCatchAll(bool allow_any) {
  Draft match = obj("prefix", "/");
  if (allow_any) {
    add("allow_any", {"*"},
        {obj("name", "allow_any", "match", std::move(match), "route",
             obj("cluster", kPassthrough, "timeout", "0s"))});
  } else {
    add("block_all", {"*"},
        {obj("name", "block_all", "match", std::move(match), "direct_response",
             obj("status", 502))});
  }
}

Draft VirtualHosts::finish(std::string_view name) {
  return obj("name", name, "validate_clusters", false, "ignore_port_in_host_matching", true,
             "virtual_hosts", Draft::array(std::move(hosts_)));
}

std::vector<std::string> shortNames(std::string_view host, std::string_view client_ns,
                                    std::string_view cluster_domain) {
  std::vector<std::string> out;
  const std::string suffix = cat(".svc.", cluster_domain);
  if (!host.ends_with(suffix)) return out;
  const std::string_view name = host.substr(0, host.size() - suffix.size());  // "alpha.shop"
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return out;
  if (name.substr(dot + 1) == client_ns) out.emplace_back(name.substr(0, dot));
  out.emplace_back(name);
  out.push_back(cat(name, ".svc"));
  return out;
}

}  // namespace meshka::mesh
