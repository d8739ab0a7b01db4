#include "mesh/agent/capture_rules.h"

#include <algorithm>

#include "base/strings.h"
#include "dns/message.h"

namespace meshka::mesh::agent {
namespace {

constexpr std::string_view kAll = "*";
// Envoy's connections to the pod's own applications come from here and pass untouched.
constexpr std::string_view kInboundSource = "127.0.0.6";

Result<std::vector<std::string>> words(std::string_view flag, std::string_view list,
                                       bool (*valid)(std::string_view)) {
  std::vector<std::string> out;
  for (std::string_view word : split(list, ',')) {
    word = trim(word);
    if (word.empty()) continue;
    if (!valid(word)) return fail(Code::kInvalid, cat(flag, ": \"", word, "\" is not valid"));
    out.emplace_back(word);
  }
  return out;
}

bool isPort(std::string_view word) {
  const size_t dash = word.find('-');
  const auto one = [](std::string_view text) {
    const auto n = parseInt(text);
    return n && *n >= 0 && *n <= 65535 && text.find_first_not_of("0123456789") == text.npos;
  };
  return dash == word.npos ? one(word) : one(word.substr(0, dash)) && one(word.substr(dash + 1));
}

bool isCidr(std::string_view word) {
  const size_t slash = word.find('/');
  const auto address = dns::packAddress(word.substr(0, slash));
  if (!address || address->size() != 4) return false;
  if (slash == word.npos) return true;
  const auto bits = parseInt(word.substr(slash + 1));
  return bits && *bits >= 0 && *bits <= 32;
}

// A name of an interface, and nothing that nft would read as more than one.
bool isInterface(std::string_view word) {
  return word.size() < 16 && std::ranges::all_of(
                                 word,
                                 [](unsigned char c) {
                                   return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '/';
                                 });
}

bool isId(std::string_view word) {
  const auto n = parseInt(word);
  return n && *n >= 0 && word.find_first_not_of("0123456789") == word.npos;
}

std::string set(const std::vector<std::string>& words) {
  return words.size() == 1 ? words[0] : cat("{ ", join(words, ", "), " }");
}

std::string quoted(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(cat("\"", name, "\""));
  return set(out);
}

struct Lists {
  std::vector<std::string> cidrs, cidrs_excluded, ports, ports_excluded, inbound, inbound_excluded,
      virtual_interfaces, interfaces_excluded, ids, nameservers;
};

Result<Lists> read(const CaptureSpec& s) {
  if (s.mode != "REDIRECT") {
    return fail(Code::kUnsupported,
                cat("-m ", s.mode, ": interception mode is not supported yet; use REDIRECT"));
  }
  Lists out;
  if (s.outbound_cidrs != kAll) {
    MESHKA_TRY(out.cidrs, words("-i", s.outbound_cidrs, isCidr));
  }
  if (s.inbound_ports != kAll) {
    MESHKA_TRY(out.inbound, words("-b", s.inbound_ports, isPort));
  }
  if (s.outbound_ports != kAll) {
    MESHKA_TRY(out.ports, words("-q", s.outbound_ports, isPort));
  }
  MESHKA_TRY(out.cidrs_excluded, words("-x", s.outbound_cidrs_excluded, isCidr));
  MESHKA_TRY(out.ports_excluded, words("-o", s.outbound_ports_excluded, isPort));
  MESHKA_TRY(out.inbound_excluded, words("-d", s.inbound_ports_excluded, isPort));
  MESHKA_TRY(out.virtual_interfaces, words("-k", s.virtual_interfaces, isInterface));
  MESHKA_TRY(out.interfaces_excluded, words("-c", s.interfaces_excluded, isInterface));
  MESHKA_TRY(const auto uids, words("-u", s.proxy_uid, isId));
  MESHKA_TRY(const auto gids, words("-g", s.proxy_gid, isId));
  for (const std::string& uid : uids) out.ids.push_back(cat("meta skuid ", uid));
  for (const std::string& gid : gids) out.ids.push_back(cat("meta skgid ", gid));
  for (const std::string& server : s.nameservers)
    if (isCidr(server)) out.nameservers.push_back(server);
  return out;
}

// What leaves for the proxy: excluded addresses pass, then the rest, or what is listed.
void outboundTail(std::string& out, const CaptureSpec& s, const Lists& l, std::string_view from) {
  if (!l.cidrs_excluded.empty())
    out += cat("  ", from, "ip daddr ", set(l.cidrs_excluded), " return\n");
  if (s.outbound_cidrs == kAll || s.outbound_ports == kAll) {
    out += cat("  ", from, "meta l4proto tcp redirect to :", s.proxy_port, "\n");
    return;
  }
  if (!l.ports.empty())
    out += cat("  ", from, "tcp dport ", set(l.ports), " redirect to :", s.proxy_port, "\n");
  if (!l.cidrs.empty()) {
    out += cat("  ", from, "ip daddr ", set(l.cidrs),
               " meta l4proto tcp redirect to :", s.proxy_port, "\n");
  }
}

std::string prerouting(const CaptureSpec& s, const Lists& l) {
  std::string out =
      " chain prerouting {\n  type nat hook prerouting priority -100; policy accept;\n";
  if (!l.interfaces_excluded.empty())
    out += cat("  iifname ", quoted(l.interfaces_excluded), " return\n");
  if (!l.virtual_interfaces.empty()) {
    const std::string from = cat("iifname ", quoted(l.virtual_interfaces), " ");
    outboundTail(out, s, l, from);
    out += cat("  ", from, "return\n");
  }
  std::vector<std::string> untouched;
  if (s.inbound_ports == kAll) untouched.push_back("22");
  untouched.push_back(cat(s.tunnel_port));
  untouched.insert(untouched.end(), l.inbound_excluded.begin(), l.inbound_excluded.end());
  if (s.inbound_ports == kAll) {
    out += cat("  tcp dport ", set(untouched), " return\n");
    out += cat("  meta l4proto tcp redirect to :", s.inbound_port, "\n");
  } else if (!l.inbound.empty()) {
    out += cat("  tcp dport ", set(l.inbound), " redirect to :", s.inbound_port, "\n");
  }
  return out + " }\n";
}

// The order is upstream's. `lo` twice over: the proxy's call of its own pod's Service comes back in
// through the inbound port, everybody else's talk on loopback is nobody's business.
std::string output(const CaptureSpec& s, const Lists& l) {
  const bool dns = s.dns && !l.nameservers.empty();
  std::string out = " chain output {\n  type nat hook output priority -100; policy accept;\n";
  if (dns) {
    for (const std::string& id : l.ids) out += cat("  udp dport 53 ", id, " return\n");
    out += cat("  udp dport 53 ip daddr ", set(l.nameservers), " redirect to :", s.dns_port, "\n");
  }
  out += "  meta l4proto != tcp return\n";
  if (!l.interfaces_excluded.empty())
    out += cat("  oifname ", quoted(l.interfaces_excluded), " return\n");
  if (!l.ports_excluded.empty()) out += cat("  tcp dport ", set(l.ports_excluded), " return\n");
  out += cat("  oifname \"lo\" ip saddr ", kInboundSource, " return\n");
  const std::string not_dns = dns ? cat("{ 53, ", s.tunnel_port, " }") : cat(s.tunnel_port);
  for (const std::string& id : l.ids) {
    const size_t space = id.rfind(' ');
    const std::string others = cat(id.substr(0, space), " !=", id.substr(space));
    out += cat("  oifname \"lo\" ip daddr != 127.0.0.1 tcp dport != ", not_dns, " ", id,
               " redirect to :", s.inbound_port, "\n");
    out += cat("  oifname \"lo\" ", dns ? "tcp dport != 53 " : "", others, " return\n");
    out += cat("  ", id, " return\n");
  }
  if (dns)
    out += cat("  tcp dport 53 ip daddr ", set(l.nameservers), " redirect to :", s.dns_port, "\n");
  out += "  ip daddr 127.0.0.1 return\n";
  outboundTail(out, s, l, "");
  return out + " }\n";
}

// Two conversations with one name server, the application's (redirected) and the agent's (not), may
// use the same port one after the other: each gets a zone of connection tracking of its own.
std::string zones(const CaptureSpec& s, const Lists& l) {
  if (!s.dns || l.nameservers.empty()) return "";
  std::string out =
      " chain zones_output {\n  type filter hook output priority -300; policy accept;\n";
  for (const std::string& id : l.ids) {
    out += cat("  udp dport 53 ", id, " ct zone set 1 return\n");
    out += cat("  udp sport ", s.dns_port, " ", id, " ct zone set 2 return\n");
  }
  out += cat("  udp dport 53 ip daddr ", set(l.nameservers), " ct zone set 2\n }\n");
  out += " chain zones_prerouting {\n  type filter hook prerouting priority -300; policy accept;\n";
  return out + cat("  udp sport 53 ip saddr ", set(l.nameservers), " ct zone set 1\n }\n");
}

}  // namespace

Result<std::string> captureScript(const CaptureSpec& spec) {
  MESHKA_TRY(const Lists lists, read(spec));
  return cat(captureRemoval(), "table ip istio {\n", zones(spec, lists), prerouting(spec, lists),
             output(spec, lists), "}\n");
}

// Declared first, so that deleting it is never an error.
std::string captureRemoval() {
  return "table ip istio\ndelete table ip istio\n";
}

}  // namespace meshka::mesh::agent
