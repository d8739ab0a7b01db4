#include "node/spec/sandbox.h"

#include <algorithm>

#include "base/strings.h"
#include "node/spec/security.h"

namespace meshka::node {
namespace {

constexpr size_t kMaxHostname = 63;

void addUnique(std::vector<std::string>& to, std::string text) {
  if (!text.empty() && std::ranges::find(to, text) == to.end()) to.push_back(std::move(text));
}

std::string optionText(doc::Value option) {
  const doc::Value value = option["value"];
  return value.exists() ? cat(option["name"].text(), ":", value.text())
                        : std::string(option["name"].text());
}

}  // namespace

std::string podHostname(doc::Value pod) {
  std::string_view name = pod["spec"]["hostname"].text();
  if (name.empty()) name = pod["metadata"]["name"].text();
  name = name.substr(0, kMaxHostname);
  while (name.ends_with('-') || name.ends_with('.')) name.remove_suffix(1);
  return std::string(name);
}

std::string podFqdn(const NodeConfig& config, doc::Value pod) {
  const std::string_view subdomain = pod["spec"]["subdomain"].text();
  if (subdomain.empty()) return {};
  return cat(podHostname(pod), ".", subdomain, ".", pod["metadata"]["namespace"].text(), ".svc.",
             config.cluster_domain);
}

cri::DnsConfig dnsConfig(const NodeConfig& config, doc::Value pod) {
  const doc::Value spec = pod["spec"], own = spec["dnsConfig"];
  const std::string_view policy = spec["dnsPolicy"].text("ClusterFirst");
  const bool cluster =
      (policy == "ClusterFirst" && !hostNetwork(pod)) || policy == "ClusterFirstWithHostNet";
  cri::DnsConfig dns;
  if (cluster && !config.cluster_dns.empty()) {
    const std::string_view ns = pod["metadata"]["namespace"].text();
    dns.servers = {config.cluster_dns};
    dns.searches = {cat(ns, ".svc.", config.cluster_domain), cat("svc.", config.cluster_domain),
                    config.cluster_domain};
    for (const std::string& s : config.host_searches) addUnique(dns.searches, s);
    dns.options = {"ndots:5"};
  } else if (policy != "None") {
    dns.servers = config.host_nameservers;
    dns.searches = config.host_searches;
  }
  for (const doc::Value s : own["nameservers"].elements())
    addUnique(dns.servers, std::string(s.text()));
  for (const doc::Value s : own["searches"].elements())
    addUnique(dns.searches, std::string(s.text()));
  for (const doc::Value option : own["options"].elements()) {
    const std::string name(option["name"].text());
    std::erase_if(dns.options,
                  [&](const std::string& o) { return o == name || o.starts_with(name + ":"); });
    dns.options.push_back(optionText(option));
  }
  return dns;
}

std::string hostsFile(const NodeConfig& config, doc::Value pod, std::string_view pod_ip) {
  std::string out =
      "# Written by the node agent of meshka.\n"
      "127.0.0.1\tlocalhost\n"
      "::1\tlocalhost ip6-localhost ip6-loopback\n"
      "fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-"
      "allrouters\n";
  if (hostNetwork(pod)) {
    out += cat(config.host_ip, "\t", config.node_name, "\n");
  } else if (!pod_ip.empty()) {
    const std::string fqdn = podFqdn(config, pod);
    out += cat(pod_ip, "\t", fqdn, fqdn.empty() ? "" : "\t", podHostname(pod), "\n");
  }
  const doc::Value aliases = pod["spec"]["hostAliases"];
  if (!aliases.empty()) out += "\n# Entries added by HostAliases.\n";
  for (const doc::Value alias : aliases.elements()) {
    out += alias["ip"].text();
    for (const doc::Value name : alias["hostnames"].elements()) out += cat("\t", name.text());
    out += '\n';
  }
  return out;
}

std::string podDirectory(const NodeConfig& config, std::string_view uid) {
  return cat(config.data_dir, "/pods/", uid);
}

std::string podLogDirectory(const NodeConfig& config, doc::Value pod) {
  const doc::Value meta = pod["metadata"];
  return cat(config.log_dir, "/", meta["namespace"].text(), "_", meta["name"].text(), "_",
             meta["uid"].text());
}

std::string containerLogPath(std::string_view container, uint32_t attempt) {
  return cat(container, "/", attempt, ".log");
}

std::string podCgroup(const NodeConfig& config, std::string_view uid) {
  return cat(config.cgroup_root, "/pod", uid);
}

cri::SandboxConfig sandboxConfig(const NodeConfig& config, doc::Value pod, uint32_t attempt) {
  const doc::Value meta = pod["metadata"];
  cri::SandboxConfig s;
  s.name = meta["name"].text();
  s.ns = meta["namespace"].text();
  s.uid = meta["uid"].text();
  s.attempt = attempt;
  s.security = sandboxSecurity(pod);
  // The runtime refuses a name without a UTS namespace of the pod's own.
  if (!hostNetwork(pod)) s.hostname = podHostname(pod);
  s.log_directory = podLogDirectory(config, pod);
  s.dns = dnsConfig(config, pod);
  for (const auto [key, value] : meta["labels"].members())
    s.labels[std::string(key)] = value.text();
  s.labels[std::string(cri::kPodNameLabel)] = s.name;
  s.labels[std::string(cri::kPodNamespaceLabel)] = s.ns;
  s.labels[std::string(cri::kPodUidLabel)] = s.uid;
  s.cgroup_parent = podCgroup(config, s.uid);
  for (const doc::Value sysctl : pod["spec"]["securityContext"]["sysctls"].elements()) {
    s.sysctls[std::string(sysctl["name"].text())] = sysctl["value"].text();
  }
  return s;
}

}  // namespace meshka::node
