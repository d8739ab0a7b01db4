// Names and small matches that model and translation share: clusters, hosts with wildcards, labels,
// addresses.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doc/doc.h"

namespace meshka::mesh {

using Labels = std::map<std::string, std::string>;

// "outbound|8080|v1|alpha.shop.svc.cluster.local"
std::string outboundName(int port, std::string_view subset, std::string_view host);
// "outbound_.8080_.v1_.alpha.shop.svc.cluster.local": the SNI of mutual TLS, and the cluster of an
// east-west gateway.
std::string dnatName(int port, std::string_view subset, std::string_view host);
std::string inboundName(int port);

struct ClusterName {
  bool dnat = false;
  int port = 0;
  std::string subset;
  std::string host;
};
// nullopt for names of neither form.
std::optional<ClusterName> parseClusterName(std::string_view name);

// Whether `host` lies inside `pattern`: "*", "*.x.y" (not "x.y" itself) or equal. A wildcard host
// lies inside the same or a wider pattern.
bool hostInside(std::string_view host, std::string_view pattern);
// The narrower one when one lies inside the other.
std::optional<std::string> hostOverlap(std::string_view a, std::string_view b);
// A name without dots belongs to namespace `ns` of the cluster.
std::string fullHost(std::string_view host, std::string_view ns, std::string_view cluster_domain);

// Every member of `selector` is in `labels` with the same text. An empty selector selects all.
bool selects(doc::Value selector, doc::Value labels);
bool selects(doc::Value selector, const Labels& labels);

std::optional<uint32_t> parseIpv4(std::string_view text);
std::string ipv4Text(uint32_t address);
bool isIpv6(std::string_view text);
// "10.0.0.0/8" or an address alone (bits 32).
struct Range {
  std::string address;
  int bits = 32;
};
std::optional<Range> parseRange(std::string_view text);

std::string_view metaName(doc::Value object);
std::string_view metaNamespace(doc::Value object);
// "shop/alpha", for messages.
std::string objectKey(doc::Value object);
// Order of "oldest first": creation time, then namespace, then name.
bool olderThan(doc::Value a, doc::Value b);
std::vector<std::string> texts(doc::Value array);

}  // namespace meshka::mesh
