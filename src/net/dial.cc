#include "net/dial.h"

#include <algorithm>

#include "base/strings.h"
#include "net/resolver.h"
#include "net/tls_context.h"

namespace meshka::net {
namespace {

io::Task<Result<std::vector<io::Endpoint>>> addresses(const ClientOptions& o, Instant deadline) {
  std::vector<io::Endpoint> out;
  if (o.host.empty()) {
    out.push_back(o.endpoint);
  } else if (isIpLiteral(o.host)) {
    out.push_back({o.host, o.endpoint.port});
  } else if (equalsIgnoreCase(o.host, "localhost")) {
    out.push_back({"127.0.0.1", o.endpoint.port});
    out.push_back({"::1", o.endpoint.port});
  } else if (o.resolver == nullptr) {
    co_return fail(Code::kNotFound, cat("lookup ", o.host, ": no resolver is configured"));
  } else {
    MESHKA_CO_TRY(auto found, co_await o.resolver->resolve(o.host, deadline));
    for (std::string& address : found) out.push_back({std::move(address), o.endpoint.port});
  }
  co_return out;
}

}  // namespace

std::string authorityOf(const ClientOptions& o) {
  if (!o.authority.empty()) return o.authority;
  if (o.endpoint.unix_socket) return "localhost";
  const std::string& host = o.host.empty() ? o.endpoint.host : o.host;
  const bool v6 = host.find(':') != std::string::npos;
  const std::string name = v6 ? cat("[", host, "]") : host;
  if (o.endpoint.port == (o.tls ? 443 : 80)) return name;
  return cat(name, ":", o.endpoint.port);
}

io::Task<Result<Dialed>> dial(io::Loop& loop, io::Network& network, const ClientOptions& options,
                              bool http1, Instant deadline) {
  (void)loop;
  MESHKA_CO_TRY(const auto endpoints, co_await addresses(options, deadline));
  Result<std::unique_ptr<io::Stream>> raw = fail(Code::kUnavailable, "no address to connect to");
  for (const io::Endpoint& endpoint : endpoints) {
    raw = co_await network.connect(endpoint, deadline);
    if (raw) break;
  }
  if (!raw) co_return fail(raw.error());
  if (!options.tls) co_return Dialed{std::move(*raw), !http1 && options.http2_prior_knowledge};

  std::string name = options.server_name;
  if (name.empty()) name = options.host.empty() ? options.endpoint.host : options.host;
  std::vector<std::string> alpn;
  if (http1) alpn = {"http/1.1"};
  if (options.http2_prior_knowledge) alpn = {"h2"};
  auto tls = options.tls->connect(std::move(*raw), name, alpn);
  MESHKA_CO_CHECK(co_await tls->handshake(deadline));
  const bool http2 = tls->alpn() == "h2" || (!http1 && options.http2_prior_knowledge);
  co_return Dialed{std::move(tls), http2};
}

Result<Url> parseUrl(std::string_view text) {
  Url url;
  const auto bad = [&](std::string_view why) {
    return fail(Code::kInvalid, cat("url \"", text, "\": ", why));
  };
  if (text.starts_with("unix:")) {
    url.unix_socket = true;
    std::string_view path = text.substr(5);
    if (path.starts_with("//")) path.remove_prefix(2);
    if (!path.starts_with('/')) return bad("a Unix socket needs an absolute path");
    url.host = path;
    return url;
  }
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return bad("scheme must be http, https or unix");
  }
  const size_t slash = rest.find_first_of("/?#");
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) {
    url.path = rest.substr(slash, rest.find('#') - slash);
    if (url.path.starts_with('?')) url.path.insert(0, "/");
  }
  if (authority.find('@') != std::string_view::npos)
    return bad("user information is not supported");
  url.port = url.tls ? 443 : 80;
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad("missing ]");
    url.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (!port.empty() && port[0] != ':') return bad("malformed host");
    if (!port.empty()) port.remove_prefix(1);
    if (!isIpLiteral(url.host)) return bad("malformed IPv6 address");
  } else {
    const size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  }
  if (url.host.empty()) return bad("missing host");
  for (char c : url.host) {
    if (c <= ' ' || c == 0x7f || c == '\\' || c == '%') return bad("malformed host");
  }
  if (!port.empty()) {
    const auto n = parseInt(port);
    if (!n || *n < 1 || *n > 65535) return bad("malformed port");
    url.port = static_cast<uint16_t>(*n);
  }
  return url;
}

void setTarget(ClientOptions& options, const Url& url) {
  options.endpoint = {};
  options.host.clear();
  options.endpoint.port = url.port;
  if (url.unix_socket) {
    options.endpoint = {url.host, 0, true};
  } else if (isIpLiteral(url.host)) {
    options.endpoint.host = url.host;
  } else {
    options.host = url.host;
  }
}

}  // namespace meshka::net
