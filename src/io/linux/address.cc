#include "io/linux/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "base/strings.h"

namespace meshka::io {

Result<Address> toAddress(const Endpoint& endpoint) {
  Address out;
  if (endpoint.unix_socket) {
    auto& un = reinterpret_cast<sockaddr_un&>(out.storage);
    if (endpoint.host.empty() || endpoint.host.size() >= sizeof un.sun_path) {
      return fail(Code::kInvalid,
                  cat("\"", endpoint.host, "\" is no path for a Unix socket (at most ",
                      sizeof un.sun_path - 1, " bytes)"));
    }
    un.sun_family = AF_UNIX;
    std::memcpy(un.sun_path, endpoint.host.data(), endpoint.host.size());
    out.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + endpoint.host.size() + 1);
    return out;
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(out.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out.storage);
  if (::inet_pton(AF_INET, endpoint.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    out.length = sizeof v4;
    return out;
  }
  if (::inet_pton(AF_INET6, endpoint.host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    out.length = sizeof v6;
    return out;
  }
  return fail(Code::kInvalid, cat("\"", endpoint.host, "\" is not a numeric address"));
}

Endpoint toEndpoint(const Address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  switch (address.family()) {
    case AF_INET: {
      const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
      ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
      return {.host = text, .port = ntohs(v4.sin_port)};
    }
    case AF_INET6: {
      const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
      return {.host = text, .port = ntohs(v6.sin6_port)};
    }
    case AF_UNIX: {
      const auto& un = reinterpret_cast<const sockaddr_un&>(address.storage);
      const size_t header = offsetof(sockaddr_un, sun_path);
      const size_t size = address.length > header ? address.length - header : 0;
      return {.host = std::string(un.sun_path, ::strnlen(un.sun_path, size)), .unix_socket = true};
    }
    default:
      return {};
  }
}

Endpoint localEndpoint(int fd) {
  Address a;
  if (::getsockname(fd, a.raw(), &a.length) != 0) return {};
  return toEndpoint(a);
}

Endpoint peerEndpoint(int fd) {
  Address a;
  if (::getpeername(fd, a.raw(), &a.length) != 0) return {};
  return toEndpoint(a);
}

}  // namespace meshka::io
