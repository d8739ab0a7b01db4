// One table: where in spec, and which members are read there. What is below a member that has no
// line of its own is read as a whole.
#include "mesh/translate/known_fields.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::mesh {
namespace {

struct Shape {
  std::string_view kind;
  std::string_view path;     // "http[].match[]"; "@policy" stands for the places of a policy
  std::string_view members;  // separated by spaces
};

constexpr Shape kShapes[] = {
    {"VirtualService", "", "hosts gateways exportTo http tcp tls"},
    {"VirtualService", "http[]",
     "name match route redirect directResponse rewrite timeout retries fault mirror "
     "mirrorPercentage mirrorPercent corsPolicy headers"},
    {"VirtualService", "http[].match[]",
     "name uri scheme method authority headers port sourceLabels gateways queryParams "
     "ignoreUriCase withoutHeaders sourceNamespace"},
    {"VirtualService", "http[].route[]", "destination weight headers"},
    {"VirtualService", "http[].redirect", "uri authority port scheme redirectCode"},
    {"VirtualService", "http[].rewrite", "uri authority"},
    {"VirtualService", "http[].retries", "attempts perTryTimeout retryOn"},
    {"VirtualService", "http[].fault", "delay abort"},
    {"VirtualService", "http[].fault.delay", "fixedDelay percentage percent"},
    {"VirtualService", "http[].fault.abort", "httpStatus percentage"},
    {"VirtualService", "http[].corsPolicy",
     "allowOrigins allowOrigin allowMethods allowHeaders exposeHeaders maxAge allowCredentials"},
    {"VirtualService", "tcp[]", "match route"},
    {"VirtualService", "tcp[].match[]", "port sourceLabels gateways sourceNamespace"},
    {"VirtualService", "tls[]", "match route"},
    {"VirtualService", "tls[].match[]", "sniHosts port sourceLabels gateways sourceNamespace"},
    {"DestinationRule", "", "host trafficPolicy subsets exportTo"},
    {"DestinationRule", "subsets[]", "name labels trafficPolicy"},
    {"DestinationRule", "@policy",
     "port loadBalancer connectionPool outlierDetection tls portLevelSettings"},
    {"DestinationRule", "@policy.loadBalancer", "simple consistentHash localityLbSetting"},
    {"DestinationRule", "@policy.loadBalancer.consistentHash",
     "httpHeaderName httpCookie useSourceIp httpQueryParameterName minimumRingSize"},
    {"DestinationRule", "@policy.loadBalancer.localityLbSetting", "enabled failover distribute"},
    {"DestinationRule", "@policy.connectionPool.tcp", "maxConnections connectTimeout tcpKeepalive"},
    {"DestinationRule", "@policy.connectionPool.http",
     "http1MaxPendingRequests http2MaxRequests maxRequestsPerConnection maxRetries idleTimeout "
     "h2UpgradePolicy useClientProtocol"},
    {"DestinationRule", "@policy.outlierDetection",
     "consecutive5xxErrors consecutiveErrors consecutiveGatewayErrors interval baseEjectionTime "
     "maxEjectionPercent minHealthPercent splitExternalLocalOriginErrors "
     "consecutiveLocalOriginFailures"},
    {"DestinationRule", "@policy.tls",
     "mode clientCertificate privateKey caCertificates credentialName subjectAltNames sni"},
    {"ServiceEntry", "",
     "hosts addresses ports location resolution endpoints workloadSelector exportTo "
     "subjectAltNames"},
    {"ServiceEntry", "endpoints[]", "address ports labels locality weight serviceAccount"},
    {"WorkloadEntry", "", "address ports labels locality weight serviceAccount"},
    {"Gateway", "", "selector servers"},
    {"Gateway", "servers[]", "port hosts tls name"},
    {"Gateway", "servers[].tls",
     "httpsRedirect mode serverCertificate privateKey caCertificates credentialName "
     "subjectAltNames minProtocolVersion maxProtocolVersion cipherSuites"},
    {"Sidecar", "", "workloadSelector egress outboundTrafficPolicy"},
    {"Sidecar", "egress[]", "hosts"},
    {"Sidecar", "outboundTrafficPolicy", "mode"},
    {"PeerAuthentication", "", "selector mtls portLevelMtls"},
};

constexpr std::string_view kPolicyPlaces[] = {"trafficPolicy", "trafficPolicy.portLevelSettings[]",
                                              "subsets[].trafficPolicy",
                                              "subsets[].trafficPolicy.portLevelSettings[]"};

void check(const Shape& shape, doc::Value at, const std::string& path,
           std::vector<std::string>& out) {
  const auto known = split(shape.members, ' ');
  for (auto [member, value] : at.members()) {
    if (value.isNull() || std::find(known.begin(), known.end(), member) != known.end()) continue;
    out.push_back(path.empty() ? std::string(member) : cat(path, ".", member));
  }
}

void walk(const Shape& shape, std::string_view rest, doc::Value at, const std::string& path,
          std::vector<std::string>& out) {
  if (rest.empty()) return check(shape, at, path, out);
  const size_t dot = rest.find('.');
  std::string_view step = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  const bool list = step.ends_with("[]");
  if (list) step.remove_suffix(2);
  const std::string below = path.empty() ? std::string(step) : cat(path, ".", step);
  if (!list) return walk(shape, rest, at[step], below, out);
  size_t index = 0;
  for (doc::Value element : at[step].elements()) {
    walk(shape, rest, element, cat(below, "[", index++, "]"), out);
  }
}

}  // namespace

std::vector<std::string> unreadFields(std::string_view kind, doc::Value spec) {
  constexpr std::string_view kPolicy = "@policy";
  std::vector<std::string> out;
  for (const Shape& shape : kShapes) {
    if (shape.kind != kind) continue;
    if (!shape.path.starts_with(kPolicy)) {
      walk(shape, shape.path, spec, "", out);
      continue;
    }
    for (const std::string_view place : kPolicyPlaces) {
      walk(shape, cat(place, shape.path.substr(kPolicy.size())), spec, "", out);
    }
  }
  return out;
}

}  // namespace meshka::mesh
