// Names and addresses as people type them.
#include "base/strings.h"
#include "mgmt/lifecycle/register.h"

namespace meshka::mgmt {

namespace {
constexpr size_t kMaxClusterNameBytes = 63;  // it becomes the value of a label
}

Result<std::string> clusterNameOf(std::string_view typed) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  std::string name = toLower(typed);
  for (char& c : name)
    if (c == '_') c = '-';
  bool good = !name.empty() && name.size() <= kMaxClusterNameBytes && plain(name.front()) &&
              plain(name.back());
  for (const char c : name) good = good && (plain(c) || c == '-' || c == '.');
  if (good) return name;
  std::string fix;
  for (const char c : name) {
    if (plain(c)) fix += c;
    if (!plain(c) && !fix.empty() && fix.back() != '-') fix += '-';
  }
  fix = fix.substr(0, kMaxClusterNameBytes);
  while (fix.ends_with('-')) fix.pop_back();
  return fail(
      Code::kInvalid,
      cat("cluster name \"", typed, "\" is not valid: use at most ", kMaxClusterNameBytes,
          " letters, digits, '-', '_' and '.', such as \"", fix.empty() ? "cluster-1" : fix, "\""));
}

Result<RelayAddress> parseRelayAddress(std::string_view text) {
  const auto bad = [text](std::string_view why) {
    return fail(Code::kInvalid,
                cat("--relay-server-address \"", text, "\" is not HOST:PORT: ", why));
  };
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return bad("the port is missing");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) {
    return bad("the host is missing; has the Service gloo-mesh-mgmt-server an external address?");
  }
  if (host.find_first_of("/ \t") != host.npos) return bad("it must not be a URL");
  const auto port = parseInt(text.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) return bad("the port must be from 1 to 65535");
  return RelayAddress{std::string(host), static_cast<uint16_t>(*port)};
}

}  // namespace meshka::mgmt
