#include "apiserver/admission/webhook_transport.h"

#include "apiserver/limits.h"
#include "base/digest.h"
#include "base/strings.h"
#include "io/async.h"
#include "net/client.h"

namespace meshka::apiserver {

namespace {
constexpr size_t kMaxClients = 64;  // kept alive: the first by key goes
}

Result<std::shared_ptr<net::HttpClient>> NetWebhookTransport::clientFor(
    const WebhookTarget& target) {
  const std::string key =
      cat(target.endpoint.toString(), "|", target.server_name, "|", sha256Hex(target.ca_pem));
  if (const auto it = clients_.find(key); it != clients_.end()) return it->second;
  net::TlsClientOptions tls;
  tls.ca_pem = target.ca_pem;
  net::ClientOptions options;
  MESHKA_TRY(options.tls, net::TlsClientConfig::create(loop_, std::move(tls)));
  options.endpoint = target.endpoint;
  options.server_name = target.server_name;
  options.authority = cat(target.server_name, ":", target.endpoint.port);
  std::shared_ptr<net::HttpClient> client = net::newHttpClient(loop_, network_, std::move(options));
  if (clients_.size() >= kMaxClients) clients_.erase(clients_.begin());
  clients_[key] = client;
  return client;
}

io::Task<Result<std::string>> NetWebhookTransport::post(WebhookTarget target, std::string body,
                                                        Instant deadline) {
  MESHKA_CO_TRY(const std::shared_ptr<net::HttpClient> client, clientFor(target));
  net::ClientRequest request;
  request.method = "POST";
  request.target = target.path;
  request.headers.add("Content-Type", "application/json");
  request.headers.add("Accept", "application/json");
  request.body = std::move(body);
  MESHKA_CO_TRY(net::ClientResponse response, co_await client->send(std::move(request), deadline));
  if (response.status != 200)
    co_return fail(Code::kUnavailable, cat("the webhook answered with status ", response.status));
  co_return co_await io::withDeadline(loop_, deadline,
                                      net::readAll(*response.body, kMaxWebhookAnswerBytes),
                                      "the webhook's answer");
}

}  // namespace meshka::apiserver
