#include "io/network.h"

#include <arpa/inet.h>

#include "base/strings.h"

namespace meshka::io {
namespace {

bool isNumeric(int family, std::string_view host) {
  char text[INET6_ADDRSTRLEN + 1] = {};
  unsigned char bytes[16];
  if (host.size() >= sizeof text) return false;
  host.copy(text, host.size());
  return inet_pton(family, text, bytes) == 1;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto bad = [&] {
    return fail(
        Code::kInvalid,
        cat("\"", text, "\" is not an address such as 127.0.0.1:80, [::1]:80 or unix:/path"));
  };
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    std::string_view path = text.substr(kUnix.size());
    if (path.starts_with("///")) path.remove_prefix(2);  // the URL form unix:///path
    // sockaddr_un holds 108 bytes with the closing zero.
    if (path.empty() || path.size() > 107 || path.find('\0') != path.npos) return bad();
    return Endpoint{.host = std::string(path), .port = 0, .unix_socket = true};
  }
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return bad();
  std::string_view host = text.substr(0, colon);
  const std::optional<int64_t> port = parseInt(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535 || text[colon + 1] == '-' || text[colon + 1] == '+')
    return bad();
  bool ok = false;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    ok = isNumeric(AF_INET6, host);
  } else {
    ok = isNumeric(AF_INET, host);
  }
  if (!ok) return bad();
  return Endpoint{.host = std::string(host), .port = static_cast<uint16_t>(*port)};
}

std::string Endpoint::toString() const {
  if (unix_socket) return "unix:" + host;
  if (host.find(':') != host.npos) return cat("[", host, "]:", port);
  return cat(host, ":", port);
}

}  // namespace meshka::io
