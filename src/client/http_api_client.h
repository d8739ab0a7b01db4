// ApiClient over HTTP: what every process uses that is not the API server itself.
#pragma once

#include <memory>

#include "client/api_client.h"
#include "client/kubeconfig.h"
#include "io/loop.h"
#include "net/http.h"

namespace meshka::client {

// The connection alone, for what ApiClient has no call for (streams, probes). Errors: kInvalid
// (URL, PEM).
Result<std::unique_ptr<net::HttpClient>> newServerConnection(io::World& world,
                                                             const Credentials& credentials);

// What authenticates a request besides the connection: the bearer token, read again from its file
// when it may have rotated.
class TokenSource {
 public:
  TokenSource(io::World& world, const Credentials& credentials);
  io::Task<Result<void>> authorize(net::Headers& headers);

 private:
  io::World& world_;
  std::string token_;
  std::string file_;
  Instant read_at_;
};

// Errors: kInvalid (URL, PEM). `world` outlives the client.
Result<std::unique_ptr<ApiClient>> newHttpApiClient(io::World& world, Credentials credentials);
// Over a connection that the caller made (tests, in process).
std::unique_ptr<ApiClient> newHttpApiClient(io::World& world,
                                            std::unique_ptr<net::HttpClient> connection,
                                            Credentials credentials);

}  // namespace meshka::client
