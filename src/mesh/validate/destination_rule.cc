#include <set>

#include "base/strings.h"
#include "mesh/validate/rules.h"

namespace meshka::mesh {
namespace {

void checkTls(doc::Value tls, ValidationResult& out) {
  if (!tls.exists() || tls["mode"].text() != "MUTUAL") return;
  if (tls["credentialName"].exists()) return;
  if (tls["clientCertificate"].text().empty()) {
    out.errors.emplace_back("client certificate required for mutual tls");
  }
  if (tls["privateKey"].text().empty()) {
    out.errors.emplace_back("private key required for mutual tls");
  }
}

void checkOutlier(doc::Value outlier, ValidationResult& out) {
  if (!outlier.exists()) return;
  checkDuration(outlier["interval"], "interval", out);
  checkDuration(outlier["baseEjectionTime"], "baseEjectionTime", out);
  if (outlier["maxEjectionPercent"].exists()) checkPercent(outlier["maxEjectionPercent"], out);
  if (outlier["minHealthPercent"].exists()) checkPercent(outlier["minHealthPercent"], out);
}

void checkPool(doc::Value pool, ValidationResult& out) {
  if (!pool.exists()) return;
  if (!pool["http"].exists() && !pool["tcp"].exists()) {
    out.errors.emplace_back("connection pool must have at least one field");
  }
  if (pool["tcp"]["maxConnections"].integer() < 0) {
    out.errors.emplace_back("max connections must be non-negative");
  }
  checkDuration(pool["tcp"]["connectTimeout"], "connectTimeout", out);
  const std::pair<const char*, const char*> kCounts[] = {
      {"http1MaxPendingRequests", "http1 max pending requests must be non-negative"},
      {"http2MaxRequests", "http2 max requests must be non-negative"},
      {"maxRequestsPerConnection", "max requests per connection must be non-negative"},
      {"maxRetries", "max retries must be non-negative"}};
  for (const auto& [member, text] : kCounts) {
    if (pool["http"][member].integer() < 0) out.errors.emplace_back(text);
  }
}

void checkBalancer(doc::Value balancer, ValidationResult& out) {
  if (!balancer.exists()) return;
  const doc::Value hash = balancer["consistentHash"];
  if (hash["httpCookie"].exists()) {
    if (hash["httpCookie"]["name"].text().empty()) {
      out.errors.emplace_back("name required for HttpCookie");
    }
    if (!hash["httpCookie"]["ttl"].exists()) {
      out.errors.emplace_back("ttl required for HttpCookie");
    }
  }
  const doc::Value locality = balancer["localityLbSetting"];
  if (locality["distribute"].size() > 0 && locality["failover"].size() > 0) {
    out.errors.emplace_back("can not simultaneously specify 'distribute' and 'failover'");
  }
  for (const doc::Value failover : locality["failover"].elements()) {
    if (failover["from"].text() == failover["to"].text()) {
      out.errors.push_back(cat("locality lb failover settings must specify different regions"));
    }
  }
}

void checkPolicy(doc::Value policy, bool ports, ValidationResult& out) {
  if (!policy.exists()) return;
  checkOutlier(policy["outlierDetection"], out);
  checkPool(policy["connectionPool"], out);
  checkBalancer(policy["loadBalancer"], out);
  checkTls(policy["tls"], out);
  if (!ports) return;
  for (const doc::Value port : policy["portLevelSettings"].elements()) {
    if (!port["port"].exists()) {
      out.errors.emplace_back("portLevelSettings must specify a port");
    } else {
      checkPort(port["port"]["number"], out);
    }
    checkPolicy(port, false, out);
  }
}

}  // namespace

void validateDestinationRule(doc::Value spec, ValidationResult& out) {
  checkHost(spec["host"].text(), out);
  checkPolicy(spec["trafficPolicy"], true, out);
  std::set<std::string> names;
  for (const doc::Value subset : spec["subsets"].elements()) {
    const std::string_view name = subset["name"].text();
    checkSubset(name, out);
    if (!names.emplace(name).second) out.errors.push_back(cat("duplicate subset name: ", name));
    checkPolicy(subset["trafficPolicy"], true, out);
  }
  checkExportTo(spec["exportTo"], out);
}

}  // namespace meshka::mesh
