// ApiServer: one Kubernetes API over one Store, as a net::Handler. It can be served by
// net::HttpServer, called in process as HTTP (net/in_process.h), or without any text through
// LocalClient (local_client.h).
//
// pipeline: canonical path -> identity -> impersonation -> authorization -> kind -> body -> verb ->
// form of the answer.
#pragma once

#include <memory>
#include <string>

#include "api/registry.h"
#include "apiserver/admission.h"
#include "apiserver/auth_interfaces.h"
#include "apiserver/config.h"
#include "apiserver/encode.h"
#include "apiserver/engine.h"
#include "apiserver/node_connector.h"
#include "apiserver/remote_admission.h"
#include "client/api_client.h"
#include "io/async.h"
#include "io/loop.h"
#include "net/http.h"
#include "store/store.h"

namespace meshka::api {
class OpenApiCache;
}

namespace meshka::apiserver {

class CrdController;     // crd.h
class ServiceAddresses;  // admission/service_addresses.h
class Tokens;            // auth/tokens.h
class WebhookTransport;  // admission/webhook_transport.h

// What whoever builds a server brings; everything outlives the server. Authenticator and Authorizer
// are never null; a null part means that its requests answer "not supported yet".
struct Parts {
  Authenticator* authenticator = nullptr;
  Authorizer* authorizer = nullptr;
  Reviews* reviewer = nullptr;
  EscalationCheck* escalation = nullptr;
  NodeConnector* nodes = nullptr;
  WebhookTransport* webhooks = nullptr;  // null: webhook configurations are refused
  const Tokens* tokens = nullptr;        // its OpenID documents are served; null: they are not there
  RemoteAdmission* remote = nullptr;     // null: nothing is asked elsewhere
};

struct Metrics;

class ApiServer final : public net::Handler {
 public:
  // `registry` belongs to this server from now on: CRDs are put into it. The store's Stamp must be
  // stampRevision (objects.h).
  ApiServer(io::World world, store::Store& store, api::Registry& registry, Config config,
            Parts parts);
  ~ApiServer() override;

  // Takes up the CRDs of the store and writes what a fresh cluster has (bootstrap.h). Requests are
  // answered with 503 before it has ended. Errors: those of the store.
  io::Task<Result<void>> start();
  bool ready() const { return ready_; }

  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override;

  const Engine& engine() const { return engine_; }
  Engine& engine() { return engine_; }
  // A client that calls this server as `user`, authorization included. The server outlives it.
  std::unique_ptr<client::ApiClient> localClient(User user);

 private:
  struct Exchange;  // one HTTP request

  io::Task<Result<void>> answer(Exchange& x);
  Result<User> identify(const net::ServerRequest& request) const;
  io::Task<Result<void>> serveResource(Exchange& x);
  io::Task<Result<void>> serveWatch(Exchange& x, Call& call);
  io::Task<Result<void>> serveConnect(Exchange& x, Call& call);
  // paths.cc: everything that is no resource: discovery, OpenAPI, version, health, metrics.
  struct PathAnswer;
  Result<void> servePath(Exchange& x);
  Result<PathAnswer> answerPath(const RequestInfo& info, const Query& query,
                                std::string_view accept);
  Result<PathAnswer> answerDiscovery(const std::vector<std::string>& segments,
                                     std::string_view accept);
  Result<PathAnswer> answerOpenApi(const std::vector<std::string>& segments,
                                   std::string_view accept);
  PathAnswer answerHealth(const std::vector<std::string>& segments, const Query& query) const;

  io::World world_;
  Config config_;
  Parts parts_;
  api::Registry& registry_;
  Objects objects_;
  std::unique_ptr<ServiceAddresses> addresses_;
  std::unique_ptr<Webhooks> webhooks_;
  Engine engine_;
  Encoder encoder_;
  std::unique_ptr<api::OpenApiCache> openapi_;
  std::unique_ptr<CrdController> crds_;
  std::unique_ptr<Metrics> metrics_;
  size_t watches_ = 0;
  bool ready_ = false;
};

}  // namespace meshka::apiserver
