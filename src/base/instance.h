// One place for the names, ports, address ranges and uids of a node. Several instances live beside
// each other on one machine: everything that another program could see carries the instance's name.
// Inside the node (its own network, mount and pid namespaces) names and ranges are the same for
// every instance.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meshka {

// Inside the node: never visible outside, so the same everywhere.
namespace node_net {
constexpr std::string_view kPodRange = "10.244.0.0/16";
constexpr std::string_view kPodGateway = "10.244.0.1";  // node end of every pod link
constexpr std::string_view kServiceRange = "10.96.0.0/16";
constexpr std::string_view kApiServerIp = "10.96.0.1";  // Service default/kubernetes
constexpr std::string_view kDnsIp = "10.96.0.10";       // Service kube-system/kube-dns
constexpr std::string_view kClusterDomain = "cluster.local";
constexpr std::string_view kOuterLink = "up0";  // node end of the veth into the root namespace
constexpr uint16_t kApiPort = 6443;
constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kVirtualDnsPort = 1053;  // a virtual cluster's DNS
constexpr uint16_t kVirtualApiPort = 8443;  // a virtual cluster's API server, in its pod
}  // namespace node_net

// Users inside containers.
namespace uids {
constexpr uint32_t kProxy = 1337;  // Envoy: its own traffic is not captured
constexpr uint32_t kUnprivileged = 10101;
}  // namespace uids

// LoadBalancer addresses are the one range that the user's shell can reach. 198.18.0.0/15 (RFC
// 2544, benchmarking) is cut into 32 ranges of /20; an instance takes the first that nobody routes.
constexpr uint32_t kLoadBalancerBase = 198u << 24 | 18u << 16;
constexpr uint32_t kLoadBalancerPrefix = 20;
constexpr uint32_t kLoadBalancerRanges = 32;
// The veth's addresses: /30s from here on, the first that nobody uses. Not 100.64.0.0: VPNs start
// there.
constexpr uint32_t kLinkBase = 100u << 24 | 64u << 16 | 77u << 8;
constexpr uint32_t kLinkRanges = 64;
// The API server's port on 127.0.0.1: the first free one, unless the user asks for one.
constexpr uint16_t kFirstApiPort = 6443;
constexpr uint16_t kApiPorts = 100;

constexpr std::string_view kDefaultInstance = "meshka";

// The names of one instance.
class Instance {
 public:
  // Lower-case letters, digits and '-', beginning with a letter, at most 12 characters (a link's
  // name has 15). Errors: kInvalid naming the rule.
  static Result<Instance> named(std::string_view name);

  const std::string& name() const { return name_; }
  // Kubernetes node and kubeconfig context: "meshka", "meshka-NAME" for others.
  std::string contextName() const;
  std::string nodeName() const { return contextName(); }

  std::string outerLink() const;  // veth end in the root namespace
  std::string cgroup() const;     // "/meshka-NAME": below it everything of the node
  std::string runDirectory()
      const;  // sockets, containerd's state, the record of what `up` made; gone after `down`
  std::string stateDirectory() const;  // the store, pod volumes and logs, containerd's images
  std::string containerdRoot() const;  // images: kept by `down`, removed by `down --purge`
  std::string dataDirectory() const;   // the API server's store
  std::string podsDirectory() const;   // volumes, logs
  std::string logsDirectory() const;
  std::string recordPath() const;  // what `up` made and what it chose: JSON
  std::string containerdSocket() const;
  std::string lockPath() const;  // held by `up`

 private:
  explicit Instance(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

}  // namespace meshka
