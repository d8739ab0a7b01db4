// Making SSL_CTX objects of options, and the stream over them (tls_stream.cc).
#pragma once

#include "net/openssl.h"
#include "net/tls.h"

namespace meshka::net {

struct TlsStreamSetup {
  io::Loop& loop;
  std::shared_ptr<void> context;  // SSL_CTX
  std::unique_ptr<io::Stream> raw;
  bool server = false;
  bool client_certificates = false;  // server: asked for
  std::string server_name;
  bool skip_verify = false;
  std::vector<std::string> alpn;
  SSL_SESSION* resume = nullptr;
  std::shared_ptr<void> keep;  // what the context's callbacks refer to
};
std::unique_ptr<TlsStream> newTlsStream(TlsStreamSetup setup);
// What such a stream's connection was made for: a name or an address.
std::string_view connectedName(const SSL* ssl);

// Length-prefixed list as ALPN wants it.
std::string alpnWire(const std::vector<std::string>& protocols);
bool isIpLiteral(std::string_view text);

}  // namespace meshka::net
