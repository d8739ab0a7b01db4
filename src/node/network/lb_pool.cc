#include "node/network/lb_pool.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::node {
namespace {

bool wantsAddress(doc::Value service) {
  return service["spec"]["type"].text() == "LoadBalancer" &&
         !service["metadata"]["deletionTimestamp"].exists() &&
         service["spec"]["loadBalancerClass"].text().empty();
}

std::string current(doc::Value service) {
  return std::string(service["status"]["loadBalancer"]["ingress"][size_t{0}]["ip"].text());
}

// The range's first and last address and the first host stay unused: networks, broadcasts and
// gateways by custom.
constexpr uint32_t kFirst = 2;

}  // namespace

std::vector<LbAssignment> assignLoadBalancers(const Cidr& pool, const std::vector<doc::Doc>& all) {
  std::vector<doc::Value> services(all.begin(), all.end());
  std::ranges::sort(services, [](doc::Value a, doc::Value b) {
    const auto key = [](doc::Value v) {
      const doc::Value m = v["metadata"];
      return std::tuple(m["creationTimestamp"].text(), m["namespace"].text(), m["name"].text());
    };
    return key(a) < key(b);
  });
  const auto usable = [&](uint32_t a) {
    return pool.contains(a) && a - pool.base >= kFirst && a - pool.base + 1 < pool.size();
  };
  std::set<uint32_t> taken;
  std::vector<LbAssignment> out;
  std::vector<doc::Value> waiting;
  for (const doc::Value s : services) {
    const doc::Value meta = s["metadata"];
    const std::string ip = current(s);
    if (!wantsAddress(s)) {
      const bool ours = s["spec"]["type"].text() != "LoadBalancer" && !ip.empty();
      if (ours)
        out.push_back(
            {std::string(meta["namespace"].text()), std::string(meta["name"].text()), "", ""});
      continue;
    }
    const auto address = parseIpv4(ip);
    const std::string_view asked = s["spec"]["loadBalancerIP"].text();
    const bool as_asked = asked.empty() || asked == ip;
    if (!address || !usable(*address) || !as_asked || !taken.insert(*address).second)
      waiting.push_back(s);
  }
  uint32_t next = kFirst;
  for (const doc::Value s : waiting) {
    const doc::Value meta = s["metadata"];
    LbAssignment a{std::string(meta["namespace"].text()), std::string(meta["name"].text()), "", ""};
    if (const std::string_view asked = s["spec"]["loadBalancerIP"].text(); !asked.empty()) {
      const auto ip = parseIpv4(asked);
      if (!ip || !usable(*ip)) {
        a.problem = cat("spec.loadBalancerIP ", asked, " is not in the pool ", toString(pool));
      } else if (!taken.insert(*ip).second) {
        a.problem = cat("spec.loadBalancerIP ", asked, " is in use by another service");
      } else {
        a.address = ipv4Text(*ip);
      }
    } else {
      while (next + 1 < pool.size() && taken.contains(pool.base + next)) ++next;
      if (next + 1 < pool.size()) {
        taken.insert(pool.base + next);
        a.address = ipv4Text(pool.base + next);
      } else {
        a.problem = cat("no free address in the pool ", toString(pool));
      }
    }
    if (!a.address.empty() || !current(s).empty() || !a.problem.empty())
      out.push_back(std::move(a));
  }
  return out;
}

}  // namespace meshka::node
