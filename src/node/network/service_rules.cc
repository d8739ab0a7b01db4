#include "node/network/service_rules.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "node/network/address.h"

namespace meshka::node {
namespace {

constexpr int64_t kDefaultAffinitySeconds = 10800;

struct Backend {
  std::string address;
  uint16_t port = 0;
  auto operator<=>(const Backend&) const = default;
};

struct ServicePort {
  std::string chain;     // svc/default/web/tcp/80
  std::string protocol;  // tcp, udp
  uint16_t port = 0;
  uint16_t node_port = 0;
  std::vector<Backend> backends;  // ordered, unique
};

using SliceIndex = std::multimap<std::string, doc::Value>;  // "ns/service"

// Ready endpoints; when there are none, those that still serve while they terminate.
std::vector<Backend> backendsOf(const SliceIndex& slices, const std::string& service,
                                doc::Value port, std::string_view only_node) {
  std::set<Backend> ready, serving;
  const auto [begin, end] = slices.equal_range(service);
  for (auto at = begin; at != end; ++at) {
    const doc::Value slice = at->second;
    if (slice["addressType"].text("IPv4") != "IPv4") continue;
    int64_t number = 0;
    for (const doc::Value p : slice["ports"].elements()) {
      if (p["name"].text() == port["name"].text() &&
          p["protocol"].text("TCP") == port["protocol"].text("TCP")) {
        number = p["port"].integer();
      }
    }
    if (number <= 0 || number > 65535) continue;
    for (const doc::Value e : slice["endpoints"].elements()) {
      if (!only_node.empty() && e["nodeName"].text() != only_node) continue;
      const doc::Value c = e["conditions"];
      const auto address = parseIpv4(e["addresses"][size_t{0}].text());
      if (!address) continue;
      const Backend backend{ipv4Text(*address), static_cast<uint16_t>(number)};
      if (c["ready"].boolean(true))
        ready.insert(backend);
      else if (c["serving"].boolean() && c["terminating"].boolean())
        serving.insert(backend);
    }
  }
  const auto& chosen = ready.empty() ? serving : ready;
  return {chosen.begin(), chosen.end()};
}

std::string protoName(std::string_view protocol) {
  return protocol == "UDP" ? "udp" : protocol == "TCP" ? "tcp" : "";
}

std::string dnatRule(const ServicePort& p, const std::vector<Backend>& backends) {
  if (backends.size() == 1) {
    return cat("meta l4proto ", p.protocol, " dnat to ", backends[0].address, ":",
               backends[0].port);
  }
  std::vector<std::string> choices;
  for (size_t i = 0; i < backends.size(); ++i) {
    choices.push_back(cat(i, " : ", backends[i].address, " . ", backends[i].port));
  }
  return cat("meta l4proto ", p.protocol, " dnat to numgen random mod ", backends.size(), " map { ",
             join(choices, ", "), " }");
}

// Sticky clients: a set per endpoint remembers who went there.
void addStickyChains(RuleSet& rules, const ServicePort& p, int64_t timeout_s) {
  RuleSet::Chain& chain = rules.chains[p.chain];
  std::vector<std::string> choices;
  for (size_t i = 0; i < p.backends.size(); ++i) {
    const Backend& b = p.backends[i];
    const std::string suffix = cat(p.chain.substr(4), "/", b.address, "/", b.port);
    // The time-out is part of the name: a set's definition cannot be changed.
    const std::string set = cat("aff/", suffix, "/", timeout_s),
                      endpoint = cat("ep/", suffix, "/", timeout_s);
    rules.sets[set] = {.definition = cat("type ipv4_addr; flags dynamic,timeout; timeout ",
                                         timeout_s, "s; size 65536;"),
                       .elements = {}};
    rules.chains[endpoint].rules = {cat("update @", set, " { ip saddr }"), dnatRule(p, {b})};
    chain.rules.push_back(cat("ip saddr @", set, " goto ", endpoint));
    choices.push_back(cat(i, " : goto ", endpoint));
  }
  chain.rules.push_back(
      cat("numgen random mod ", p.backends.size(), " vmap { ", join(choices, ", "), " }"));
}

void addBaseChains(RuleSet& rules, const NetworkConfig& config) {
  auto& chains = rules.chains;
  rules.sets["services"] = {.definition = "type ipv4_addr . inet_proto . inet_service : verdict;",
                            .is_map = true};
  rules.sets["nodeports"] = {.definition = "type inet_proto . inet_service : verdict;",
                             .is_map = true};
  rules.sets["node-ips"] = {.definition = "type ipv4_addr;"};
  rules.sets["hairpin"] = {.definition = "type ipv4_addr . ipv4_addr;"};
  for (const std::string& ip : config.node_ips) rules.sets["node-ips"].elements[ip] = "";
  chains["services"].rules = {"ip daddr . meta l4proto . th dport vmap @services",
                              "ip daddr @node-ips meta l4proto . th dport vmap @nodeports"};
  chains["nat-prerouting"] = {"type nat hook prerouting priority dstnat; policy accept;",
                              {"jump services"}};
  chains["nat-output"] = {"type nat hook output priority -100; policy accept;", {"jump services"}};
  // A pod that reaches itself through a Service must see another source, or it answers itself
  // directly.
  chains["nat-postrouting"] = {"type nat hook postrouting priority srcnat; policy accept;",
                               {"ct status dnat ip saddr . ip daddr @hairpin masquerade"}};
  // What is still addressed to a service here has no endpoint: refuse it at once, just behind the
  // translation.
  std::vector<std::string> ranges{config.service_cidr};
  if (!config.lb_cidr.empty()) ranges.push_back(config.lb_cidr);
  const std::string to = cat("ip daddr { ", join(ranges, ", "), " } ");
  const std::vector<std::string> reject{to + "meta l4proto tcp reject with tcp reset",
                                        to + "reject with icmp type port-unreachable"};
  chains["refuse-prerouting"] = {"type filter hook prerouting priority -90; policy accept;",
                                 reject};
  chains["refuse-output"] = {"type filter hook output priority -90; policy accept;", reject};
}

std::string sourceRanges(doc::Value spec) {
  std::vector<std::string> ranges;
  for (const doc::Value r : spec["loadBalancerSourceRanges"].elements()) {
    if (const auto cidr = parseCidr(trim(r.text()))) ranges.push_back(toString(*cidr));
  }
  return join(ranges, ", ");
}

void addFrontends(RuleSet& rules, const NetworkConfig& config, doc::Value service,
                  const ServicePort& p) {
  const doc::Value spec = service["spec"];
  const std::string key = cat(" . ", p.protocol, " . ", p.port), verdict = cat("goto ", p.chain);
  auto& services = rules.sets["services"].elements;
  if (const auto ip = parseIpv4(spec["clusterIP"].text())) services[ipv4Text(*ip) + key] = verdict;
  std::string lb_verdict = verdict;
  if (const std::string ranges = sourceRanges(spec); !ranges.empty()) {
    const std::string chain = cat("lb/", p.chain.substr(4));
    rules.chains[chain].rules = {cat("ip saddr != { ", ranges, " } drop"), verdict};
    lb_verdict = cat("goto ", chain);
  }
  if (spec["type"].text() == "LoadBalancer") {
    for (const doc::Value ingress : service["status"]["loadBalancer"]["ingress"].elements()) {
      const auto ip = parseIpv4(ingress["ip"].text());
      if (ip && addressInCidr(ingress["ip"].text(), config.lb_cidr))
        services[ipv4Text(*ip) + key] = lb_verdict;
    }
  }
  if (p.node_port != 0)
    rules.sets["nodeports"].elements[cat(p.protocol, " . ", p.node_port)] = verdict;
}

}  // namespace

bool addressInCidr(std::string_view address, std::string_view cidr) {
  const auto ip = parseIpv4(address);
  const auto range = parseCidr(cidr);
  return ip && range && !cidr.empty() && range->contains(*ip);
}

void addServiceRules(RuleSet& rules, const NetworkConfig& config,
                     const std::vector<doc::Doc>& services, const std::vector<doc::Doc>& slices) {
  addBaseChains(rules, config);
  SliceIndex by_service;
  for (const doc::Doc& slice : slices) {
    const doc::Value meta = slice["metadata"];
    by_service.emplace(
        cat(meta["namespace"].text(), "/", meta["labels"]["kubernetes.io/service-name"].text()),
        slice);
  }
  for (const doc::Doc& service : services) {
    const doc::Value meta = service["metadata"], spec = service["spec"];
    if (spec["type"].text() == "ExternalName" || !parseIpv4(spec["clusterIP"].text())) continue;
    const std::string key = cat(meta["namespace"].text(), "/", meta["name"].text());
    const bool sticky = spec["sessionAffinity"].text() == "ClientIP";
    const int64_t timeout_s = spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"].integer(
        kDefaultAffinitySeconds);
    const bool local = spec["internalTrafficPolicy"].text() == "Local" ||
                       spec["externalTrafficPolicy"].text() == "Local";
    for (const doc::Value port : spec["ports"].elements()) {
      ServicePort p;
      p.protocol = protoName(port["protocol"].text("TCP"));
      if (p.protocol.empty()) continue;  // SCTP
      p.port = static_cast<uint16_t>(port["port"].integer());
      p.node_port = static_cast<uint16_t>(port["nodePort"].integer());
      p.chain = cat("svc/", key, "/", p.protocol, "/", p.port);
      p.backends = backendsOf(by_service, key, port,
                              local ? std::string_view(config.node_name) : std::string_view());
      if (p.backends.empty()) continue;  // refused behind the translation
      for (const Backend& b : p.backends) {
        if (addressInCidr(b.address, config.pod_cidr)) {
          rules.sets["hairpin"].elements[cat(b.address, " . ", b.address)] = "";
        }
      }
      if (sticky)
        addStickyChains(rules, p, timeout_s);
      else
        rules.chains[p.chain].rules = {dnatRule(p, p.backends)};
      addFrontends(rules, config, service, p);
    }
  }
}

void addHostPorts(RuleSet& rules, const std::vector<doc::Doc>& pods) {
  for (const doc::Doc& pod : pods) {
    const std::string_view phase = pod["status"]["phase"].text();
    const auto ip = parseIpv4(pod["status"]["podIP"].text());
    if (!ip || pod["spec"]["hostNetwork"].boolean() || phase == "Succeeded" || phase == "Failed")
      continue;
    for (const doc::Value c : pod["spec"]["containers"].elements()) {
      for (const doc::Value p : c["ports"].elements()) {
        const std::string protocol = protoName(p["protocol"].text("TCP"));
        const int64_t host_port = p["hostPort"].integer();
        if (host_port <= 0 || protocol.empty()) continue;
        const std::string chain = cat("host/", protocol, "/", host_port);
        const Backend backend{ipv4Text(*ip), static_cast<uint16_t>(p["containerPort"].integer())};
        ServicePort port;
        port.protocol = protocol;
        rules.chains[chain].rules = {dnatRule(port, {backend})};
        rules.sets["nodeports"].elements[cat(protocol, " . ", host_port)] = cat("goto ", chain);
      }
    }
  }
}

namespace {

// Frontends of a UDP chain: "10.96.0.10 . udp . 53".
std::set<std::string> udpFrontends(const RuleSet& rules, const std::string& chain) {
  std::set<std::string> out;
  const auto set = rules.sets.find("services");
  if (set == rules.sets.end()) return out;
  for (const auto& [key, verdict] : set->second.elements) {
    if (verdict == "goto " + chain && key.find(" . udp . ") != std::string::npos) out.insert(key);
  }
  return out;
}

// Addresses that a chain translates to, read back from its own text (and from its endpoint chains
// when sticky).
std::set<std::string> backendAddresses(const RuleSet& rules, const std::string& chain) {
  std::set<std::string> out;
  const auto scan = [&](const std::vector<std::string>& texts) {
    for (const std::string& rule : texts) {
      const size_t at = rule.find("dnat to ");
      if (at == std::string::npos) continue;
      std::string word;
      for (const char c : rule.substr(at) + " ") {
        if ((c >= '0' && c <= '9') || c == '.') {
          word.push_back(c);
        } else {
          if (parseIpv4(word)) out.insert(word);
          word.clear();
        }
      }
    }
  };
  if (const auto at = rules.chains.find(chain); at != rules.chains.end()) scan(at->second.rules);
  const std::string endpoints = cat("ep/", chain.substr(4), "/");
  for (auto at = rules.chains.lower_bound(endpoints);
       at != rules.chains.end() && at->first.starts_with(endpoints); ++at) {
    scan(at->second.rules);
  }
  return out;
}

}  // namespace

std::vector<UdpFlow> staleUdpFlows(const RuleSet& from, const RuleSet& to) {
  std::vector<UdpFlow> out;
  const auto add = [&](const std::string& frontend, const std::string& endpoint) {
    const auto parts = split(frontend, ' ');  // address . udp . port
    out.push_back({std::string(parts[0]), static_cast<uint16_t>(*parseInt(parts[4])), endpoint});
  };
  for (const auto& [name, chain] : from.chains) {
    if (!name.starts_with("svc/") || name.find("/udp/") == std::string::npos) continue;
    const auto now = backendAddresses(to, name);
    for (const std::string& address : backendAddresses(from, name)) {
      if (now.contains(address)) continue;
      for (const std::string& frontend : udpFrontends(from, name)) add(frontend, address);
    }
  }
  for (const auto& [name, chain] : to.chains) {
    if (!name.starts_with("svc/") || name.find("/udp/") == std::string::npos ||
        from.chains.contains(name))
      continue;
    for (const std::string& frontend : udpFrontends(to, name)) add(frontend, "");
  }
  return out;
}

}  // namespace meshka::node
