// What distinguishes one API server from another.
#pragma once

#include <cstdint>
#include <string>

#include "io/network.h"

namespace meshka::apiserver {

struct Config {
  std::string cluster;  // the store's cluster id
  std::string service_cidr =
      "10.96.0.0/16";  // ClusterIPs; the first address is the kubernetes Service's
  uint16_t node_port_first = 30000;
  uint16_t node_port_last = 32767;
  // Where clients inside the cluster reach this server: the kubernetes Service's endpoint. Port 0:
  // none is published.
  io::Endpoint advertise;
  std::string cluster_domain = "cluster.local";
  std::string ca_pem;  // shown in kube-root-ca.crt and cluster-info
  // Webhook URLs on loopback and link-local addresses are refused unless allowed (SSRF,
  // docs/security).
  bool allow_local_webhook_urls = false;
  // False where RemoteAdmission gives Services their addresses: what an object carries is taken as it is.
  bool allocate_service_addresses = true;
  std::string kubernetes_service_ip;  // of default/kubernetes; empty: the first of service_cidr
  // Every new namespace is labelled with this pod security level (enforce and warn); empty: none.
  std::string pod_security_default;
};

}  // namespace meshka::apiserver
