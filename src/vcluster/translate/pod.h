// A virtual pod as it is created on the host (kubernetes-and-vcluster A10). A plain function:
// everything it needs to know of both clusters is in PodContext.
#pragma once

#include <vector>

#include "doc/doc.h"
#include "vcluster/translate/metadata.h"

namespace meshka::vcluster {

// One environment variable of a service of the pod's namespace.
struct ServiceAddress {
  std::string name;
  std::string cluster_ip;
  doc::Value ports;  // spec.ports
};

struct PodContext {
  Tenant tenant;
  Owner owner;
  std::string kubernetes_ip;   // ClusterIP of the control plane's Service on the host
  std::string dns_ip;          // ClusterIP of the virtual kube-system/kube-dns
  std::string cluster_domain;  // "cluster.local"
  doc::Value namespace_labels;
  std::vector<ServiceAddress> services;  // of the pod's namespace, for service links
};

// One projected service account token, served from a host Secret that the syncer keeps fresh.
struct TokenRequest {
  std::string key;       // in the Secret's data
  std::string audience;  // empty: the API server's own
  int64_t expiration_seconds = 3600;
};

struct TranslatedPod {
  doc::Doc pod;
  std::vector<TokenRequest> tokens;
  std::string token_secret;  // host name of their Secret; empty without tokens
  std::vector<std::string>
      config_maps;  // virtual names in the pod's namespace that must exist on the host first
  std::vector<std::string> secrets;  // the same; an optional reference is listed too
};

// Host name of the Secret that holds a pod's tokens.
std::string tokenSecretName(doc::Value virtual_pod, const Tenant& tenant);

Result<TranslatedPod> translatePod(doc::Value virtual_pod, const PodContext& context);

// What of a running pod may change later: image names, activeDeadlineSeconds, metadata. Returns the
// changed host pod, or a missing Doc when nothing is to be done.
doc::Doc updateHostPod(doc::Value host_pod, doc::Value virtual_pod, const PodContext& context);

}  // namespace meshka::vcluster
