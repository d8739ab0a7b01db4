// What the node agent is told about its node; all of it by the embedding host, none of it read from
// the machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/network/service_rules.h"

namespace meshka::node {

// Maps image names of pod specs to images that are in the local store under other names
// ("*/pilot:*").
class ImageCatalog {
 public:
  virtual ~ImageCatalog() = default;
  // nullopt: the name is used as it is. A mapped name is told in an event on the pod.
  virtual std::optional<std::string> localImage(std::string_view image) const = 0;
};

struct NodeConfig {
  std::string node_name;
  std::string host_ip;  // of the node inside its network namespace: status.hostIP, InternalIP
  std::string
      data_dir;  // pods' volumes and files below data_dir/pods; same mount namespace as the runtime
  std::string log_dir;                  // container logs
  std::string cgroup_root = "/meshka";  // pods get cgroup_root/pod<uid>
  std::string cgroup_mount = "/sys/fs/cgroup";
  std::string runtime_handler;  // crun, runc; empty: the runtime's default
  std::string cluster_domain = "cluster.local";
  std::string cluster_dns;  // the DNS Service's address, for dnsPolicy ClusterFirst
  std::vector<std::string> host_nameservers, host_searches;  // dnsPolicy Default
  NetworkConfig network;

  int64_t cpus = 1;
  int64_t memory_bytes = 0;
  int64_t max_pods = 250;
  // Offered as allocatable: a workshop's requests exceed a laptop by far, its use does not.
  int64_t cpu_overcommit = 10;
  int64_t memory_overcommit = 4;
  // The lowest oom_score_adj that the kernel lets us set (0 without CAP_SYS_RESOURCE).
  int64_t min_oom_score_adj = 0;

  std::string kubelet_version;  // "v1.37.0": what `kubectl get nodes` shows
  std::string runtime_version;  // "containerd://1.6.20"
  std::string kernel_version, os_image, machine_id, boot_id, architecture = "amd64";

  const ImageCatalog* images = nullptr;
};

}  // namespace meshka::node
