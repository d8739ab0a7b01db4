#include "net/resolv_conf.h"

#include <algorithm>

#include "base/strings.h"
#include "net/limits.h"
#include "net/tls_context.h"

namespace meshka::net {

std::vector<std::string_view> configWords(std::string_view line) {
  std::vector<std::string_view> out;
  line = line.substr(0, line.find_first_of("#;"));
  for (size_t at = 0; at < line.size();) {
    const size_t begin = line.find_first_not_of(" \t\r", at);
    if (begin == std::string_view::npos) break;
    at = std::min(line.find_first_of(" \t\r", begin), line.size());
    out.push_back(line.substr(begin, at - begin));
  }
  return out;
}

ResolvConf parseResolvConf(std::string_view text) {
  ResolvConf out;
  for (std::string_view line : split(text, '\n')) {
    const auto w = configWords(line);
    if (w.size() < 2) continue;
    if (w[0] == "nameserver" && out.servers.size() < kMaxNameServers) {
      const std::string server(w[1].substr(0, w[1].find('%')));
      if (isIpLiteral(server)) out.servers.push_back(server);
    }
    if (w[0] == "search" || w[0] == "domain") {
      out.search.assign(w.begin() + 1, w.end());
      if (out.search.size() > kMaxSearchDomains) out.search.resize(kMaxSearchDomains);
    }
    for (std::string_view option : w) {
      if (w[0] != "options" || !option.starts_with("ndots:")) continue;
      out.ndots =
          static_cast<size_t>(std::clamp<int64_t>(parseInt(option.substr(6)).value_or(1), 0, 15));
    }
  }
  return out;
}

}  // namespace meshka::net
