// What a user can say about a virtual cluster: values files in the form of the vcluster 0.7-0.9
// chart, and flags. Nothing is taken in silence: keys that mean nothing, and known keys that do
// nothing yet, come back as warnings with their path.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"

namespace meshka::vcluster {

struct SyncerOptions {
  bool sync_nodes = false;      // --fake-nodes=false: the host's real nodes appear inside
  bool sync_all_nodes = false;  // all of them, not only those that run a pod of this cluster
  std::string cluster_domain = "cluster.local";
  std::vector<std::string> tls_sans;
};

struct Values {
  bool isolation = false;
  bool network_policy = false;
  bool resource_quota = false;
  bool limit_range = false;
  std::string pod_security_standard;  // "", privileged, baseline, restricted
  bool cluster_role = false;
  std::string service_type = "ClusterIP";
  std::string image;                        // as typed: vcluster.image
  std::string kubernetes_version = "1.22";  // "1.22.5" from the image's tag
  int64_t run_as_user = 0;                  // 0: as the image says
  SyncerOptions syncer;
  std::string resource_requests_cpu = "200m";
  std::string resource_requests_memory = "256Mi";
};

struct ParsedValues {
  Values values;
  std::vector<std::string> warnings;
};

// `typed` is the merge of all files. Errors: kInvalid naming the path and what is allowed there.
Result<ParsedValues> parseValues(doc::Value typed);

// "rancher/k3s:v1.22.5-k3s1" -> "1.22.5". Errors: kInvalid when the tag starts with no version.
Result<std::string> versionOfImage(std::string_view image);

}  // namespace meshka::vcluster
