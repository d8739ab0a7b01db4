// What one proxy agent is told: its flags, the environment that the injector wrote, and the files
// of its pod, put together into one value. Everything else here reads this and asks nobody.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "doc/doc.h"

namespace meshka::mesh::agent {

using Environment = std::map<std::string, std::string, std::less<>>;

// Places and ports: upstream's, unless a test outside of a pod says others.
struct Layout {
  std::string work_directory = "./etc/istio/proxy";  // bootstrap and sockets
  std::string root_cert = "/var/run/secrets/istio/root-cert.pem";
  std::string token = "/var/run/secrets/tokens/istio-token";
  std::string labels = "/etc/istio/pod/labels";
  std::string annotations = "/etc/istio/pod/annotations";
  std::string mesh_file = "/etc/istio/config/mesh";
  std::string resolv_conf = "/etc/resolv.conf";
  std::string hosts = "/etc/hosts";
  std::string envoy = "/usr/local/bin/envoy";
  uint16_t admin_port = 15000;
  uint16_t status_port = 15020;
  uint16_t health_port = 15021;
  uint16_t dns_port = 15053;
  uint16_t prometheus_port = 15090;
};

// The flags of `pilot-agent proxy`.
struct Launch {
  bool router = false;
  std::string domain;  // "ns.svc.cluster.local"
  std::string log_level = "warning";
  std::string component_log_level = "misc:error";
  int concurrency = 0;  // 0: as the configuration says
  std::string service_cluster;
  Layout layout;
};

// Texts of the pod's files; "" where there is none.
struct PodFiles {
  std::string labels;
  std::string annotations;
  std::string mesh;  // MeshConfig, YAML
};

struct AgentConfig {
  Launch launch;
  std::string pod;
  std::string ns;
  std::string ip;
  std::string service_account;
  std::string trust_domain;
  std::string cluster_id;
  std::string node_id;       // "sidecar~10.1.2.3~pod.ns~ns.svc.cluster.local"
  std::string node_cluster;  // "app.ns"
  doc::Doc proxy_config;     // built-in < mesh file < PROXY_CONFIG < annotation
  doc::Doc metadata;         // of the node
  std::string discovery_address;
  std::string ca_address;
  int concurrency = 2;
  Duration termination_drain;
  Duration drain;
  bool dns_capture = false;
  doc::Doc app_probers;               // ISTIO_KUBE_APP_PROBERS
  doc::Doc app_metrics;               // ISTIO_PROMETHEUS_ANNOTATIONS
  std::string spiffe() const;         // "spiffe://td/ns/NS/sa/SA"
  std::vector<std::string> warnings;  // settings that have no effect
};

// Errors: kInvalid naming the variable or file.
Result<AgentConfig> readConfig(Launch launch, const Environment& environment,
                               const PodFiles& files);

// A downward API file: one `key="value"` a line.
std::map<std::string, std::string> parsePodInfo(std::string_view text);

// "host:port", "[::1]:15012". Errors: kInvalid.
struct HostPort {
  std::string host;
  uint16_t port = 0;
};
Result<HostPort> parseHostPort(std::string_view text);

}  // namespace meshka::mesh::agent
