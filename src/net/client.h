// The HttpClient over a Network: one server, http or https or a Unix socket; HTTP/2 when ALPN gives
// it or when asked for, else HTTP/1.1 with a keep-alive pool. Redirects are never followed: a 3xx
// is an answer like any other.
#pragma once

#include <memory>
#include <string>

#include "io/loop.h"
#include "io/network.h"
#include "net/http.h"
#include "net/limits.h"
#include "net/tls.h"

namespace meshka::net {

class Resolver;  // net/resolver.h

struct ClientOptions {
  io::Endpoint endpoint;  // numeric, or a Unix socket; host "" with `host`
  // A name to resolve at each connect instead of a numeric endpoint.host ("localhost" needs no
  // resolver).
  std::string host;
  std::shared_ptr<Resolver> resolver;
  std::shared_ptr<TlsClientConfig> tls;  // null: clear text
  std::string server_name;  // expected in the certificate; empty: host, else endpoint.host
  std::string authority;    // Host header; empty: host:port
  bool http1_only = false;
  bool http2_prior_knowledge = false;  // HTTP/2 without ALPN (gRPC over a Unix socket)
  ClientLimits limits;
};

std::unique_ptr<HttpClient> newHttpClient(io::Loop& loop, io::Network& network,
                                          ClientOptions options);

// "https://host:port/base", "http://[::1]:80", "unix:/path". Errors: kInvalid.
struct Url {
  bool tls = false;
  bool unix_socket = false;
  std::string host;   // no brackets; the path with unix_socket
  uint16_t port = 0;  // 443 or 80 when not given
  std::string path;   // with leading '/', with query; "" when there is none
};
Result<Url> parseUrl(std::string_view text);
// endpoint or host of ClientOptions from a URL; `tls` is set by the caller.
void setTarget(ClientOptions& options, const Url& url);

}  // namespace meshka::net
