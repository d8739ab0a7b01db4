// Names of clusters, matches of hosts and labels, addresses.
#include "mesh/model/names.h"

#include <tuple>

#include "base/strings.h"

namespace meshka::mesh {
namespace {

template <class Get>
bool selectsBy(doc::Value selector, Get get) {
  for (auto [key, value] : selector.members()) {
    if (!get(key, value.text())) return false;
  }
  return true;
}

}  // namespace

std::string outboundName(int port, std::string_view subset, std::string_view host) {
  return cat("outbound|", port, "|", subset, "|", host);
}

std::string dnatName(int port, std::string_view subset, std::string_view host) {
  return cat("outbound_.", port, "_.", subset, "_.", host);
}

std::string inboundName(int port) {
  return cat("inbound|", port, "||");
}

std::optional<ClusterName> parseClusterName(std::string_view name) {
  const bool dnat = name.starts_with("outbound_.");
  if (!dnat && !name.starts_with("outbound|")) return std::nullopt;
  const std::string_view separator = dnat ? "_." : "|";
  std::string_view rest = name.substr(name.find(separator) + separator.size());
  const size_t first = rest.find(separator);
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = rest.find(separator, first + separator.size());
  if (second == std::string_view::npos) return std::nullopt;
  const auto port = parseInt(rest.substr(0, first));
  if (!port) return std::nullopt;
  ClusterName out;
  out.dnat = dnat;
  out.port = static_cast<int>(*port);
  out.subset = rest.substr(first + separator.size(), second - first - separator.size());
  out.host = rest.substr(second + separator.size());
  return out;
}

bool hostInside(std::string_view host, std::string_view pattern) {
  if (pattern == "*" || host == pattern) return true;
  if (!pattern.starts_with("*")) return false;
  const std::string_view suffix = pattern.substr(1);
  if (host.starts_with("*")) host.remove_prefix(1);
  return host.size() >= suffix.size() && host.ends_with(suffix) && host != suffix.substr(1);
}

std::optional<std::string> hostOverlap(std::string_view a, std::string_view b) {
  if (hostInside(a, b)) return std::string(a);
  if (hostInside(b, a)) return std::string(b);
  return std::nullopt;
}

std::string fullHost(std::string_view host, std::string_view ns, std::string_view cluster_domain) {
  if (host.find('.') != std::string_view::npos || host == "*") return std::string(host);
  return cat(host, ".", ns, ".svc.", cluster_domain);
}

bool selects(doc::Value selector, doc::Value labels) {
  return selectsBy(selector, [&](std::string_view key, std::string_view value) {
    return labels[key].isString() && labels[key].text() == value;
  });
}

bool selects(doc::Value selector, const Labels& labels) {
  return selectsBy(selector, [&](std::string_view key, std::string_view value) {
    const auto it = labels.find(std::string(key));
    return it != labels.end() && it->second == value;
  });
}

std::optional<uint32_t> parseIpv4(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  uint32_t address = 0;
  for (const std::string_view part : parts) {
    const auto number = parseInt(part);
    if (!number || *number < 0 || *number > 255 || part.size() > 3) return std::nullopt;
    address = address << 8 | static_cast<uint32_t>(*number);
  }
  return address;
}

std::string ipv4Text(uint32_t address) {
  return cat(address >> 24, ".", address >> 16 & 255, ".", address >> 8 & 255, ".", address & 255);
}

bool isIpv6(std::string_view text) {
  if (text.find(':') == std::string_view::npos) return false;
  return text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

std::optional<Range> parseRange(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const bool v4 = parseIpv4(address).has_value();
  if (!v4 && !isIpv6(address)) return std::nullopt;
  const int all = v4 ? 32 : 128;
  if (slash == std::string_view::npos) return Range{std::string(address), all};
  const auto bits = parseInt(text.substr(slash + 1));
  if (!bits || *bits < 0 || *bits > all) return std::nullopt;
  return Range{std::string(address), static_cast<int>(*bits)};
}

std::string_view metaName(doc::Value object) {
  return object["metadata"]["name"].text();
}

std::string_view metaNamespace(doc::Value object) {
  return object["metadata"]["namespace"].text();
}

std::string objectKey(doc::Value object) {
  return cat(metaNamespace(object), "/", metaName(object));
}

bool olderThan(doc::Value a, doc::Value b) {
  const auto key = [](doc::Value o) {
    return std::tuple(o["metadata"]["creationTimestamp"].text(), metaNamespace(o), metaName(o));
  };
  return key(a) < key(b);
}

std::vector<std::string> texts(doc::Value array) {
  std::vector<std::string> out;
  for (doc::Value element : array.elements()) out.emplace_back(element.text());
  return out;
}

}  // namespace meshka::mesh
