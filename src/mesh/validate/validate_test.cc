// Each line: an object's kind, its spec, and the sentence with which it is refused; "" is accepted.
#include "mesh/validate/validate.h"

#include "base/test/test.h"
#include "doc/yaml.h"
#include "mesh/validate/addresses.h"

namespace meshka::mesh {
namespace {

std::string refusal(std::string_view kind, std::string_view spec) {
  const auto parsed = doc::parseYamlDocument(spec);
  EXPECT_OK(parsed);
  if (!parsed) return "?";
  const ValidationResult result = validateIstioObject(
      doc::Draft::object({{"kind", kind}, {"spec", doc::Draft(*parsed)}}).finish());
  return result.errors.empty() ? "" : joinErrors(result.errors);
}

struct Case {
  const char* kind;
  const char* spec;
  const char* refusal;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(refusal(c.kind, c.spec), c.refusal);
}

TEST(Validate, VirtualService) {
  check({
      {"VirtualService", "{hosts: [web], http: [{route: [{destination: {host: web}}]}]}", ""},
      {"VirtualService",
       "{hosts: ['*'], gateways: [a/b, mesh], http: [{match: [{uri: {regex: '/a.*'}}], timeout: "
       "0s, "
       "fault: {delay: {fixedDelay: 2s, percentage: {value: 100}}}, "
       "route: [{destination: {host: a.b.svc.c_1.global, subset: v1}, weight: 50}, {destination: "
       "{host: w}, weight: 50}]}]}",
       ""},
      {"VirtualService", "{http: [{route: [{destination: {host: web}}]}], gateways: [g]}",
       "virtual service must have at least one host"},
      {"VirtualService", "{hosts: [web]}", "http, tcp or tls must be provided in virtual service"},
      {"VirtualService", "{hosts: ['w!b'], http: [{route: [{destination: {host: web}}]}]}",
       "domain name \"w!b\" invalid"},
      {"VirtualService", "{hosts: [web], http: [{}]}", "HTTP route or redirect is required"},
      {"VirtualService",
       "{hosts: [web], http: [{redirect: {uri: /}, route: [{destination: {host: web}}]}]}",
       "HTTP route cannot contain both route and redirect"},
      {"VirtualService",
       "{hosts: [web], http: [{route: [{destination: {host: a}, weight: 50}, {destination: {host: "
       "b}, weight: 49}]}]}",
       "total destination weight 99 != 100"},
      {"VirtualService",
       "{hosts: [web], http: [{timeout: 1us, route: [{destination: {host: a}}]}]}",
       "duration must be greater than 1ms"},
      {"VirtualService",
       "{hosts: [web], http: [{fault: {abort: {httpStatus: 99}}, route: [{destination: {host: "
       "a}}]}]}",
       "HTTP status 99 is not in range 200-599"},
      {"VirtualService",
       "{hosts: [web], http: [{fault: {delay: {fixedDelay: 1s, percentage: {value: 101}}}, route: "
       "[{destination: {host: a}}]}]}",
       "percentage 101 is not in range 0..100"},
      {"VirtualService",
       "{hosts: [web], http: [{retries: {attempts: -1}, route: [{destination: {host: a}}]}]}",
       "attempts cannot be negative"},
      {"VirtualService", "{hosts: [web], tls: [{route: [{destination: {host: a}}]}]}",
       "TLS match is required"},
  });
  EXPECT_CONTAINS(refusal("VirtualService",
                          "{hosts: [web], http: [{match: [{uri: {regex: '('}}], route: "
                          "[{destination: {host: a}}]}]}"),
                  "uri: ");
  EXPECT_EQ(refusal("VirtualService", "{}"),
            "2 errors occurred:\n\t* virtual service must have at least one host\n"
            "\t* http, tcp or tls must be provided in virtual service\n\n");
}

TEST(Validate, DestinationRule) {
  check({
      {"DestinationRule",
       "{host: web, subsets: [{name: v1, labels: {version: v1}}], trafficPolicy: "
       "{outlierDetection: {interval: 1s, "
       "maxEjectionPercent: 100}, tls: {mode: ISTIO_MUTUAL}}}",
       ""},
      {"DestinationRule", "{host: ''}", "domain name \"\" invalid"},
      {"DestinationRule", "{host: web, subsets: [{name: 'v.1'}]}", "subset name is invalid: v.1"},
      {"DestinationRule", "{host: web, subsets: [{name: v1}, {name: v1}]}",
       "duplicate subset name: v1"},
      {"DestinationRule",
       "{host: web, trafficPolicy: {tls: {mode: MUTUAL, clientCertificate: /c}}}",
       "private key required for mutual tls"},
      {"DestinationRule",
       "{host: web, trafficPolicy: {portLevelSettings: [{port: {number: 70000}}]}}",
       "port number 70000 must be in the range 1..65535"},
  });
}

TEST(Validate, Gateway) {
  check({
      {"Gateway", "{}", "gateway must have at least one server"},
      {"Gateway",
       "{servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: "
       "AUTO_PASSTHROUGH}, hosts: ['*.global']}, "
       "{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*', './a.b', 'ns/*']}]}",
       ""},
      {"Gateway", "{servers: [{port: {number: 80, name: http, protocol: HTTP}}]}",
       "server config must contain at least one host"},
      {"Gateway", "{servers: [{port: {number: 443, name: s, protocol: HTTPS}, hosts: ['*']}]}",
       "server must have TLS settings for HTTPS/TLS protocols"},
      {"Gateway",
       "{servers: [{port: {number: 80, name: a, protocol: HTTP}, hosts: ['*']}, {port: {number: "
       "81, name: a, protocol: HTTP}, hosts: ['*']}]}",
       "port names in servers must be unique: duplicate name a"},
      {"Gateway",
       "{servers: [{port: {number: 443, name: s, protocol: HTTPS}, tls: {mode: SIMPLE, "
       "serverCertificate: /c}, hosts: ['*']}]}",
       "SIMPLE TLS requires a private key"},
      {"Gateway", "{servers: [{port: {number: 80, name: a, protocol: SMTP}, hosts: ['*']}]}",
       "unsupported protocol: SMTP"},
  });
}

TEST(Validate, ServiceEntry) {
  check({
      {"ServiceEntry",
       "{hosts: [web.shop.global], addresses: [250.1.1.1], resolution: STATIC, ports: [{number: "
       "80, name: http, protocol: HTTP}], "
       "endpoints: [{address: 10.0.0.1, ports: {http: 15443}}]}",
       ""},
      {"ServiceEntry",
       "{hosts: [web.shop.global], resolution: STATIC, ports: [{number: 80, name: http}], "
       "workloadSelector: {labels: {a: b}}}",
       ""},
      {"ServiceEntry", "{ports: [{number: 80, name: http}]}",
       "service entry must have at least one host"},
      {"ServiceEntry", "{hosts: [a.b], resolution: STATIC, ports: [{number: 80, name: http}]}",
       "endpoints must be provided if service entry resolution mode is static"},
      {"ServiceEntry",
       "{hosts: [a.b], ports: [{number: 80, name: http}], endpoints: [{address: 10.0.0.1}]}",
       "no endpoints should be provided for resolution type none"},
      {"ServiceEntry",
       "{hosts: [a.b], resolution: DNS, ports: [{number: 80, name: a}, {number: 80, name: b}]}",
       "service entry port 80 already defined"},
      {"ServiceEntry",
       "{hosts: [a.b], resolution: DNS, addresses: [10.0.0.0/8], ports: [{number: 80, name: a}]}",
       "CIDR addresses are allowed only for NONE/STATIC resolution types"},
      {"ServiceEntry",
       "{hosts: [a.b], resolution: STATIC, ports: [{number: 80, name: a}], endpoints: [{address: "
       "web.example}]}",
       "\"web.example\" is not a valid IP address"},
  });
}

TEST(Validate, Others) {
  check({
      {"WorkloadEntry", "{}", "address must be set"},
      {"WorkloadEntry", "{address: 10.0.0.1, ports: {http: 15443}}", ""},
      {"Sidecar", "{egress: [{hosts: ['./*', 'a/b.c', '*/*']}]}", ""},
      {"Sidecar", "{egress: [{hosts: [web]}]}",
       "sidecar: host \"web\" must be of form namespace/dnsName"},
      {"PeerAuthentication", "{mtls: {mode: STRICT}}", ""},
      {"PeerAuthentication", "{portLevelMtls: {'80': {mode: STRICT}}}",
       "mesh/namespace peer authentication cannot have port level mTLS"},
      {"PeerAuthentication",
       "{selector: {matchLabels: {app: a}}, portLevelMtls: {'80': {mode: STRICT}}}", ""},
      {"AuthorizationPolicy", "{}", ""},
      {"AuthorizationPolicy", "{action: DENY}",
       "a deny policy without `rules` is meaningless and has no effect"},
      {"AuthorizationPolicy", "{rules: [{to: [{operation: {ports: ['http']}}]}]}",
       "invalid port: http"},
      {"AuthorizationPolicy", "{rules: [{from: []}]}",
       "`from` cannot be empty, should have at least 1 element"},
      {"EnvoyFilter", "{configPatches: [{applyTo: CLUSTER}]}", "Envoy filter: missing patch"},
      {"Telemetry", "{anything: 1}", ""},
  });
}

TEST(Validate, Addresses) {
  EXPECT_TRUE(isCidr("10.0.0.0/8") && isCidr("fd00::/8"));
  EXPECT_FALSE(isCidr("10.0.0.0/33") || isCidr("10.0.0.0") || isCidr("a/8") ||
               isCidr("10.0.0.0/-1"));
  EXPECT_TRUE(isWildcardDomain("*") && isWildcardDomain("*.a.b") && isWildcardDomain("a"));
  EXPECT_FALSE(isWildcardDomain("a.*") || isWildcardDomain("*a.b") || isWildcardDomain(""));
}

}  // namespace
}  // namespace meshka::mesh
