// Objects that are stored and have no, or not their full, effect.
#include <algorithm>

#include "base/strings.h"
#include "mesh/model/model.h"
#include "mesh/translate/gateways/servers.h"
#include "mesh/translate/security/rbac.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {
namespace {

constexpr std::string_view kTelemetryFilters[] = {
    "metadata-exchange-1.", "tcp-metadata-exchange-1.", "stats-filter-1.", "tcp-stats-filter-1."};

class Warnings {
 public:
  explicit Warnings(std::vector<std::string> first) : out_(std::move(first)) {}

  void add(std::string_view kind, doc::Value object, std::string_view what) {
    out_.push_back(cat(kind, " ", objectKey(object), ": ", what));
  }
  void unsupported(std::string_view kind, doc::Value object, std::string_view field) {
    add(kind, object, cat(field, " is not supported yet"));
  }
  // One line per field of `at` that is there.
  void fields(std::string_view kind, doc::Value object, doc::Value at, std::string_view path,
              std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
      const doc::Value value = at[name];
      if (!value.exists() || value.isNull()) continue;
      unsupported(kind, object, path.empty() ? std::string(name) : cat(path, ".", name));
    }
  }
  std::vector<std::string> finish() { return std::move(out_); }

 private:
  std::vector<std::string> out_;
};

bool isTelemetry(doc::Value filter, std::string_view root_ns) {
  if (metaNamespace(filter) != root_ns) return false;
  for (const std::string_view prefix : kTelemetryFilters) {
    const std::string_view name = metaName(filter);
    if (!name.starts_with(prefix)) continue;
    const std::string_view minor = name.substr(prefix.size());
    if (!minor.empty() && minor.find_first_not_of("0123456789") == std::string_view::npos) {
      return true;
    }
  }
  return false;
}

void virtualServices(Warnings& out, const Objects& objects) {
  for (const doc::Doc& vs : objects.virtual_services) {
    size_t index = 0;
    for (doc::Value rule : vs["spec"]["http"].elements()) {
      const std::string at = cat("http[", index++, "]");
      out.fields("VirtualService", vs, rule, at, {"delegate", "mirrors"});
      out.fields("VirtualService", vs, rule["fault"]["delay"], at + ".fault.delay",
                 {"exponentialDelay"});
      out.fields("VirtualService", vs, rule["fault"]["abort"], at + ".fault.abort",
                 {"grpcStatus", "http2Error"});
      out.fields("VirtualService", vs, rule["retries"], at + ".retries", {"retryRemoteLocalities"});
      out.fields("VirtualService", vs, rule["rewrite"], at + ".rewrite", {"uriRegexRewrite"});
    }
    for (const std::string_view kind : {"tcp", "tls"}) {
      for (doc::Value rule : vs["spec"][kind].elements()) {
        for (doc::Value match : rule["match"].elements()) {
          out.fields("VirtualService", vs, match, cat(kind, ".match"),
                     {"destinationSubnets", "sourceSubnet"});
        }
      }
    }
  }
}

void destinationRules(Warnings& out, const Objects& objects) {
  for (const doc::Doc& rule : objects.destination_rules) {
    const doc::Value spec = rule["spec"];
    out.fields("DestinationRule", rule, spec, "", {"workloadSelector"});
    const auto policy = [&](doc::Value at, const std::string& path) {
      out.fields("DestinationRule", rule, at["loadBalancer"], path + ".loadBalancer",
                 {"warmupDurationSecs", "warmup"});
      out.fields("DestinationRule", rule, at["loadBalancer"]["localityLbSetting"],
                 path + ".loadBalancer.localityLbSetting", {"failoverPriority"});
      out.fields("DestinationRule", rule, at["loadBalancer"]["consistentHash"],
                 path + ".loadBalancer.consistentHash", {"maglev", "ringHash"});
      out.fields("DestinationRule", rule, at, path, {"tunnel", "proxyProtocol"});
    };
    policy(spec["trafficPolicy"], "trafficPolicy");
    for (doc::Value port : spec["trafficPolicy"]["portLevelSettings"].elements()) {
      policy(port, "trafficPolicy.portLevelSettings");
    }
    for (doc::Value subset : spec["subsets"].elements()) {
      policy(subset["trafficPolicy"], cat("subsets.", subset["name"].text(), ".trafficPolicy"));
    }
  }
}

void sidecars(Warnings& out, const Objects& objects) {
  for (const doc::Doc& sidecar : objects.sidecars) {
    const doc::Value spec = sidecar["spec"];
    out.fields("Sidecar", sidecar, spec, "", {"ingress", "inboundConnectionPool"});
    out.fields("Sidecar", sidecar, spec["outboundTrafficPolicy"], "outboundTrafficPolicy",
               {"egressProxy"});
    for (doc::Value egress : spec["egress"].elements()) {
      out.fields("Sidecar", sidecar, egress, "egress", {"port", "bind", "captureMode"});
    }
  }
}

void security(Warnings& out, const Objects& objects) {
  for (const doc::Doc& policy : objects.authorization_policies) {
    for (const std::string& field : untranslatedFields(policy)) {
      out.unsupported("AuthorizationPolicy", policy, field);
    }
  }
  for (const doc::Doc& policy : objects.request_authentications) {
    out.add("RequestAuthentication", policy,
            "JSON Web Tokens are not checked yet; rules that ask for a verified principal do not "
            "match");
  }
  for (const doc::Doc& policy : objects.peer_authentications) {
    const doc::Value spec = policy["spec"];
    if (spec["portLevelMtls"].size() > 0 && spec["selector"]["matchLabels"].empty()) {
      out.add("PeerAuthentication", policy, "portLevelMtls has no effect without a selector");
    }
  }
}

}  // namespace

std::vector<std::string> warningsOf(const Model& model) {
  const Objects& objects = model.objects();
  Warnings out(model.warnings());
  for (const doc::Doc& filter : objects.envoy_filters) {
    if (!isTelemetry(filter, model.config().root_namespace)) {
      out.unsupported("EnvoyFilter", filter, "configPatches");
    }
  }
  virtualServices(out, objects);
  destinationRules(out, objects);
  sidecars(out, objects);
  security(out, objects);
  std::vector<std::string> all = out.finish();
  for (std::string& line : gatewayWarnings(model)) all.push_back(std::move(line));
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace meshka::mesh
