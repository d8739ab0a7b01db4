// How admission webhooks are called: one POST over TLS, no redirects, bounded in time and size.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "io/loop.h"
#include "io/network.h"
#include "io/task.h"
#include "net/http.h"

namespace meshka::apiserver {

struct WebhookTarget {
  io::Endpoint endpoint;    // numeric
  std::string server_name;  // expected in the certificate: SERVICE.NAMESPACE.svc, or the URL's host
  std::string path;         // with query
  std::string ca_pem;       // bundle that the server must be signed by
};

class WebhookTransport {
 public:
  virtual ~WebhookTransport() = default;
  // The body of a 200 answer. Errors: kUnavailable, kTimeout, kUnauthenticated (certificate),
  // kTooLarge; other statuses and redirects are kUnavailable.
  virtual io::Task<Result<std::string>> post(WebhookTarget target, std::string body,
                                             Instant deadline) = 0;
};

// Over a Network, with connections kept alive per target.
class NetWebhookTransport final : public WebhookTransport {
 public:
  NetWebhookTransport(io::Loop& loop, io::Network& network) : loop_(loop), network_(network) {}
  io::Task<Result<std::string>> post(WebhookTarget target, std::string body,
                                     Instant deadline) override;

 private:
  Result<std::shared_ptr<net::HttpClient>> clientFor(const WebhookTarget& target);
  io::Loop& loop_;
  io::Network& network_;
  std::map<std::string, std::shared_ptr<net::HttpClient>> clients_;
};

}  // namespace meshka::apiserver
