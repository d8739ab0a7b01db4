// What belongs to the pod as a whole: name, DNS, hosts file, directories, sandbox configuration.
#pragma once

#include <string>

#include "doc/doc.h"
#include "node/config.h"
#include "node/cri/cri.h"

namespace meshka::node {

// spec.hostname, else the pod's name cut to 63 characters.
std::string podHostname(doc::Value pod);
// hostname.subdomain.namespace.svc.domain when a subdomain is set.
std::string podFqdn(const NodeConfig& config, doc::Value pod);

cri::DnsConfig dnsConfig(const NodeConfig& config, doc::Value pod);

// Always mounted: without it a container sees the machine's file, and programs that ask for their
// own full name wait for a DNS timeout.
std::string hostsFile(const NodeConfig& config, doc::Value pod, std::string_view pod_ip);

// data_dir/pods/UID
std::string podDirectory(const NodeConfig& config, std::string_view uid);
// log_dir/NAMESPACE_NAME_UID; a container's file is CONTAINER/ATTEMPT.log below it.
std::string podLogDirectory(const NodeConfig& config, doc::Value pod);
std::string containerLogPath(std::string_view container, uint32_t attempt);
std::string podCgroup(const NodeConfig& config, std::string_view uid);

cri::SandboxConfig sandboxConfig(const NodeConfig& config, doc::Value pod, uint32_t attempt);

}  // namespace meshka::node
