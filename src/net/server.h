// One HTTP server over any Listener: detects HTTP/1.1 or HTTP/2 (ALPN under TLS, else the preface),
// bounded in every direction (limits.h). A handler's task is destroyed when its peer goes away.
#pragma once

#include <memory>
#include <vector>

#include "base/log.h"
#include "io/loop.h"
#include "io/network.h"
#include "net/http.h"
#include "net/limits.h"
#include "net/tls.h"

namespace meshka::net {

struct ServerOptions {
  std::shared_ptr<TlsServerConfig> tls;  // null: clear text
  bool http1 = true;
  bool http2 = true;
  ServerLimits limits;
  Log* log = nullptr;
};

class HttpServer final : private io::AcceptHandler {
 public:
  // `handler` and `loop` outlive the server.
  HttpServer(io::Loop& loop, Handler& handler, ServerOptions options = {});
  ~HttpServer() override;  // cuts all connections
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // May be called for several addresses. Errors: those of Network::listen.
  Result<io::Endpoint> listen(io::Network& network, const io::Endpoint& at);
  // Serves a connection that came another way (a tunnel, an upgraded stream).
  void serve(std::unique_ptr<io::Stream> stream);

  size_t connections() const;
  size_t activeRequests() const;
  // No new connections, no new requests on the old ones; waits for running requests until the
  // deadline, then cuts.
  io::Task<void> stop(Instant deadline);

  struct State;

 private:
  void onAccept(std::unique_ptr<io::Stream> stream) override { serve(std::move(stream)); }
  std::unique_ptr<State> state_;
};

}  // namespace meshka::net
