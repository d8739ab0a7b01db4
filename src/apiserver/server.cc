#include "apiserver/server.h"

#include <algorithm>

#include "api/openapi_cache.h"
#include "apiserver/admission/chain.h"
#include "apiserver/admission/service_addresses.h"
#include "apiserver/admission/webhooks.h"
#include "apiserver/body.h"
#include "apiserver/bootstrap.h"
#include "apiserver/crd.h"
#include "apiserver/exchange.h"
#include "apiserver/limits.h"
#include "apiserver/local_client.h"
#include "apiserver/status.h"
#include "base/strings.h"
#include "doc/json.h"
#include "doc/yaml.h"

namespace meshka::apiserver {

net::Headers ApiServer::Exchange::headers(std::string_view content_type) const {
  net::Headers out;
  out.add("Audit-Id", audit_id);
  out.add("Cache-Control", "no-cache, private");
  out.add("Content-Type", std::string(content_type));
  out.add("Vary", "Accept");
  for (const std::string& text : warnings.all()) {
    std::string quoted;
    for (char c : text) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
    out.add("Warning", cat("299 - \"", quoted, "\""));
  }
  return out;
}

void ApiServer::Exchange::send(int code, std::string_view content_type, std::string_view body) {
  status = code;
  net::Headers out = headers(content_type);
  out.add("Content-Length", cat(body.size()));
  response.start(code, std::move(out));
  if (request.method != "HEAD") response.writeNow(body);
}

void ApiServer::Exchange::sendError(const Error& error) {
  const doc::Doc object = statusObject(error, fresh_continue);
  status = httpStatus(error);
  net::Headers out = headers(form.contentType());
  const std::string body = form.yaml ? doc::toYaml(object) : doc::toJson(object) + "\n";
  out.add("Content-Length", cat(body.size()));
  if (error.details() != nullptr && error.details()->retry_after_s > 0) {
    out.add("Retry-After", cat(error.details()->retry_after_s));
  }
  response.start(status, std::move(out));
  if (request.method != "HEAD") response.writeNow(body);
}

ApiServer::ApiServer(io::World world, store::Store& store, api::Registry& registry, Config config,
                     Parts parts)
    : world_(world),
      config_(std::move(config)),
      parts_(parts),
      registry_(registry),
      objects_(store, registry_, config_.cluster),
      addresses_(std::make_unique<ServiceAddresses>(objects_, config_, world.rng)),
      webhooks_(std::make_unique<Webhooks>(world, objects_, config_, parts.webhooks)),
      engine_(world, objects_, config_,
              EngineParts{parts.authorizer, parts.reviewer, parts.escalation, webhooks_.get(), parts.remote},
              defaultAdmission(objects_, config_, *addresses_, world)),
      encoder_(objects_, world_.clock()),
      openapi_(std::make_unique<api::OpenApiCache>(registry_)),
      crds_(std::make_unique<CrdController>(world, objects_, registry_)),
      metrics_(std::make_unique<Metrics>()) {
  MESHKA_ASSERT(parts_.authenticator != nullptr && parts_.authorizer != nullptr);
}

ApiServer::~ApiServer() = default;

io::Task<Result<void>> ApiServer::start() {
  MESHKA_CO_CHECK(crds_->start(localClient(bootstrapUser())));
  MESHKA_CO_CHECK(addresses_->start());
  std::unique_ptr<client::ApiClient> client = localClient(bootstrapUser());
  MESHKA_CO_CHECK(co_await bootstrap(world_, *client, objects_, config_));
  ready_ = true;
  co_return Result<void>();
}

std::unique_ptr<client::ApiClient> ApiServer::localClient(User user) {
  return std::make_unique<LocalClient>(
      engine_, std::move(user),
      [this](const RequestInfo& info, const Query& query) -> Result<doc::Doc> {
        MESHKA_TRY(const PathAnswer answer, answerPath(info, query, "application/json"));
        return doc::parseJson(answer.body);
      });
}

Result<User> ApiServer::identify(const net::ServerRequest& request) const {
  auto user = parts_.authenticator->authenticate(request);
  if (!user) return fail(Error(Code::kUnauthenticated, "Unauthorized").withDetails({}));
  if (!*user) {
    User anonymous;
    anonymous.name = kAnonymousUser;
    anonymous.groups.emplace_back(kGroupUnauthenticated);
    return anonymous;
  }
  return impersonate(engine_, **user, request.headers);
}

namespace {

bool isStreaming(std::string_view subresource) {
  return subresource == "exec" || subresource == "attach" || subresource == "portforward";
}
bool isConnect(std::string_view subresource) {
  return isStreaming(subresource) || subresource == "log" || subresource == "proxy";
}

// GET opens a WebSocket as well as POST opens SPDY: running commands is never a read. The same
// holds for an upgrade through a proxy.
void raiseVerb(RequestInfo& info, const net::ServerRequest& request) {
  const std::string& sub = info.attributes.subresource;
  if (!info.is_resource) return;
  if (isStreaming(sub) || (sub == "proxy" && request.headers.get("Upgrade")))
    info.attributes.verb = "create";
}

}  // namespace

io::Task<void> ApiServer::serve(net::ServerRequest& request, net::ResponseWriter& response) {
  Exchange x(request, response);
  x.audit_id = newUuid(world_.rng);
  auto done = co_await answer(x);
  if (!done) {
    if (!response.started())
      x.sendError(done.error());
    else
      response.abort();
  }
  metrics_->count(x.info, x.status);
}

io::Task<Result<void>> ApiServer::answer(Exchange& x) {
  MESHKA_CO_TRY(x.query, parseQuery(x.request.query));
  MESHKA_CO_TRY(x.info, parseRequest(x.request.method, x.request.path, x.query));
  raiseVerb(x.info, x.request);
  const bool probe = x.info.attributes.path == "/livez" || x.info.attributes.path == "/healthz" ||
                     x.info.attributes.path == "/readyz";
  if (!ready_ && !probe) {
    co_return fail(
        Error(Code::kUnavailable, "the API server is starting").withDetails({.retry_after_s = 1}));
  }
  MESHKA_CO_TRY(x.user, identify(x.request));
  MESHKA_CO_CHECK(engine_.authorize(x.user, x.info.attributes));
  if (!x.info.is_resource) co_return servePath(x);
  co_return co_await serveResource(x);
}

io::Task<Result<void>> ApiServer::serveResource(Exchange& x) {
  Call call;
  call.user = x.user;
  call.attributes = x.info.attributes;
  MESHKA_CO_TRY(call.kind, engine_.route(call.attributes));
  if (isConnect(call.attributes.subresource)) co_return co_await serveConnect(x, call);
  MESHKA_CO_TRY(x.form, negotiate(x.header("accept")));
  MESHKA_CO_TRY(call.options, parseOptions(x.query, x.info));
  x.pretty = call.options.pretty;
  if (x.info.is_watch) co_return co_await serveWatch(x, call);

  Body body;
  const std::string& method = x.request.method;
  if (method != "GET" && method != "HEAD") {
    auto bytes = co_await net::readAll(*x.request.body, kMaxBodyBytes);
    if (!bytes) {
      if (bytes.error().code() != Code::kTooLarge) co_return fail(bytes.error());
      co_return fail(
          Error(Code::kTooLarge, cat("Request entity too large: limit is ", kMaxBodyBytes))
              .withDetails({}));
    }
    MESHKA_CO_TRY(body, parseBody(*call.kind, method, x.header("content-type"), *bytes));
    if (method == "DELETE") MESHKA_CO_CHECK(readDelete(x.query, body, call));
  }
  const Instant deadline = world_.clock().now() + kRequestTimeout;
  auto done = co_await io::withDeadline(world_.loop, deadline,
                                        engine_.handle(call, std::move(body)), "the request");
  x.warnings = call.warnings;
  x.fresh_continue = call.fresh_continue;
  if (!done) co_return fail(done.error());
  std::string text;
  if (done->list)
    text = encoder_.list(*call.kind, x.form, call.options.include_object, *done->list);
  else if (done->is_kind)
    text = encoder_.object(*call.kind, x.form, call.options.include_object, done->object);
  else
    text = encoder_.plain(x.form, done->object, x.pretty);
  x.send(done->code, x.form.contentType(), text);
  co_return Result<void>();
}

io::Task<Result<void>> ApiServer::serveConnect(Exchange& x, Call& call) {
  const Attributes& a = call.attributes;
  if (parts_.nodes == nullptr) {
    co_return fail(Error(Code::kUnsupported, "MethodNotAllowed",
                         cat(a.resource, "/", a.subresource, " is not supported yet"))
                       .withDetails({}));
  }
  auto item = objects_.store().get(objects_.key(*call.kind, a.ns, a.name));
  if (!item) co_return fail(notFound(a.group, a.resource, a.name));
  ConnectRequest what;
  what.resource = a.resource;
  what.subresource = a.subresource;
  what.ns = a.ns;
  what.name = a.name;
  what.rest = x.info.rest;
  what.object = std::move(item->value);
  what.user = x.user;
  x.status = 200;
  co_await parts_.nodes->connect(std::move(what), x.request, x.response);
  co_return Result<void>();
}

}  // namespace meshka::apiserver
