#include "client/http_api_client.h"

#include <utility>

#include "base/strings.h"
#include "client/http_watch.h"
#include "client/limits.h"
#include "client/resource_path.h"
#include "client/status_error.h"
#include "doc/json.h"
#include "io/async.h"
#include "io/disk.h"
#include "net/client.h"
#include "net/resolver.h"

namespace meshka::client {

using doc::Doc;
using doc::Draft;
using io::Task;

Result<std::unique_ptr<net::HttpClient>> newServerConnection(io::World& world,
                                                             const Credentials& credentials) {
  MESHKA_TRY(const net::Url url, net::parseUrl(credentials.server));
  net::ClientOptions options;
  net::setTarget(options, url);
  if (!options.host.empty()) options.resolver = net::newSystemResolver(world);
  if (url.tls) {
    net::TlsClientOptions tls;
    tls.ca_pem = credentials.ca_pem;
    tls.skip_verify = credentials.insecure;
    tls.certificate_pem = credentials.certificate_pem;
    tls.key_pem = credentials.key_pem;
    MESHKA_TRY(options.tls, net::TlsClientConfig::create(world.loop, std::move(tls)));
    options.server_name = credentials.server_name;
  }
  return net::newHttpClient(world.loop, world.network, std::move(options));
}

TokenSource::TokenSource(io::World& world, const Credentials& credentials)
    : world_(world), token_(credentials.token), file_(credentials.token_file), read_at_(kNever) {}

Task<Result<void>> TokenSource::authorize(net::Headers& headers) {
  const Instant now = world_.clock().now();
  if (!file_.empty() && (read_at_ == kNever || now - read_at_ > kTokenFileAge)) {
    auto text = co_await world_.disk.readFile(file_, kMaxTokenBytes);
    if (!text && token_.empty()) co_return fail(text.error().with("bearer token"));
    if (text) token_ = trim(*text);
    read_at_ = now;
  }
  if (!token_.empty()) headers.set("Authorization", cat("Bearer ", token_));
  co_return Result<void>();
}

namespace {

std::string_view contentType(PatchType type) {
  switch (type) {
    case PatchType::kJson:
      return "application/json-patch+json";
    case PatchType::kMerge:
      return "application/merge-patch+json";
    case PatchType::kStrategic:
      return "application/strategic-merge-patch+json";
  }
  return "application/merge-patch+json";
}

class HttpApiClient final : public ApiClient {
 public:
  HttpApiClient(io::World& world, std::unique_ptr<net::HttpClient> connection,
                const Credentials& credentials)
      : world_(world), connection_(std::move(connection)), tokens_(world, credentials) {}

  Task<Result<Doc>> get(Resource r, std::string ns, std::string name, Instant deadline) override {
    co_return co_await call("GET", resourcePath(r, ns, name), Doc(), "", deadline);
  }

  Task<Result<ObjectList>> list(Resource r, std::string ns, ListOptions options,
                                Instant deadline) override {
    ObjectList out;
    std::string token;
    do {
      const std::string target = withQuery(
          resourcePath(r, ns), {{"labelSelector", options.label_selector},
                                {"fieldSelector", options.field_selector},
                                {"resourceVersion", token.empty() ? options.resource_version : ""},
                                {"limit", options.limit > 0 ? cat(options.limit) : std::string()},
                                {"continue", token}});
      MESHKA_CO_TRY(const Doc page, co_await call("GET", target, Doc(), "", deadline));
      for (const doc::Value item : page["items"].elements()) out.items.push_back(item.doc());
      out.resource_version = page["metadata"]["resourceVersion"].text();
      token = page["metadata"]["continue"].text();
    } while (!token.empty());
    co_return out;
  }

  Task<Result<Doc>> create(Resource r, std::string ns, Doc object, Instant deadline,
                           WriteOptions options) override {
    co_return co_await call("POST", withQuery(resourcePath(r, ns), query(options)),
                            std::move(object), "", deadline);
  }

  Task<Result<Doc>> update(Resource r, std::string ns, Doc object, Instant deadline,
                           WriteOptions options) override {
    const std::string name(object["metadata"]["name"].text());
    co_return co_await call("PUT", withQuery(resourcePath(r, ns, name), query(options)),
                            std::move(object), "", deadline);
  }

  Task<Result<Doc>> patch(Resource r, std::string ns, std::string name, PatchType type, Doc patch,
                          Instant deadline, WriteOptions options) override {
    co_return co_await call("PATCH", withQuery(resourcePath(r, ns, name), query(options)),
                            std::move(patch), contentType(type), deadline);
  }

  Task<Result<void>> remove(Resource r, std::string ns, std::string name, DeleteOptions options,
                            Instant deadline) override {
    Draft body = Draft::object({{"kind", "DeleteOptions"}, {"apiVersion", "v1"}});
    if (options.grace_seconds) body["gracePeriodSeconds"] = *options.grace_seconds;
    if (!options.uid.empty()) body["preconditions"]["uid"] = options.uid;
    if (!options.resource_version.empty()) {
      body["preconditions"]["resourceVersion"] = options.resource_version;
    }
    if (!options.propagation.empty()) body["propagationPolicy"] = options.propagation;
    auto answer = co_await call("DELETE", resourcePath(r, ns, name), body.finish(), "", deadline);
    if (!answer) co_return fail(answer.error());
    co_return Result<void>();
  }

  Task<Result<Doc>> subresource(std::string method, Resource r, std::string ns, std::string name,
                                std::string subresource, Doc body, Instant deadline) override {
    const std::string_view type = method == "PATCH" ? contentType(PatchType::kMerge) : "";
    co_return co_await call(std::move(method), resourcePath(r, ns, name, subresource),
                            std::move(body), type, deadline);
  }

  Task<Result<std::unique_ptr<WatchStream>>> watch(Resource r, std::string ns, ListOptions options,
                                                   Instant deadline) override {
    net::ClientRequest request;
    request.target =
        withQuery(resourcePath(r, ns), {{"watch", "true"},
                                        {"allowWatchBookmarks", "true"},
                                        {"labelSelector", options.label_selector},
                                        {"fieldSelector", options.field_selector},
                                        {"resourceVersion", options.resource_version}});
    MESHKA_CO_TRY(net::ClientResponse response, co_await send(std::move(request), deadline));
    if (response.status != 200) co_return fail(co_await errorOf(response));
    std::unique_ptr<WatchStream> stream = std::make_unique<HttpWatch>(std::move(response.body));
    co_return stream;
  }

  Task<Result<Doc>> raw(std::string method, std::string target, Doc body,
                        Instant deadline) override {
    co_return co_await call(std::move(method), std::move(target), std::move(body), "", deadline);
  }

 private:
  static std::vector<std::pair<std::string, std::string>> query(const WriteOptions& options) {
    return {{"dryRun", options.dry_run ? "All" : ""}, {"fieldManager", options.field_manager}};
  }

  Task<Result<net::ClientResponse>> send(net::ClientRequest request, Instant deadline) {
    request.headers.set("Accept", "application/json");
    request.headers.set("User-Agent", "meshka");
    MESHKA_CO_CHECK(co_await tokens_.authorize(request.headers));
    co_return co_await connection_->send(std::move(request), deadline);
  }

  Task<Error> errorOf(net::ClientResponse& response) {
    auto text = co_await net::readAll(*response.body, kMaxResponseBytes);
    if (!text) co_return text.error();
    auto status = doc::parseJson(*text);
    if (status && (*status)["kind"].text() == "Status") {
      co_return errorFromStatus(*status, response.status);
    }
    co_return Error(codeFor("", response.status),
                    cat("the server answered with status ", response.status));
  }

  Task<Result<Doc>> call(std::string method, std::string target, Doc body, std::string_view type,
                         Instant deadline) {
    net::ClientRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    if (body.exists()) {
      request.body = doc::toJson(body);
      request.headers.set("Content-Type", std::string(type.empty() ? "application/json" : type));
    }
    MESHKA_CO_TRY(net::ClientResponse response, co_await send(std::move(request), deadline));
    if (response.status >= 300) co_return fail(co_await errorOf(response));
    MESHKA_CO_TRY(const std::string text,
                  co_await io::withDeadline(world_.loop, deadline,
                                            net::readAll(*response.body, kMaxResponseBytes),
                                            "answer of the API server"));
    doc::ParseOptions options;
    options.max_depth = kMaxAnswerDepth;
    options.max_bytes = kMaxResponseBytes;
    co_return doc::parseJson(text, options);
  }

  io::World& world_;
  std::unique_ptr<net::HttpClient> connection_;
  TokenSource tokens_;
};

}  // namespace

Result<std::unique_ptr<ApiClient>> newHttpApiClient(io::World& world, Credentials credentials) {
  MESHKA_TRY(auto connection, newServerConnection(world, credentials));
  return newHttpApiClient(world, std::move(connection), std::move(credentials));
}

std::unique_ptr<ApiClient> newHttpApiClient(io::World& world,
                                            std::unique_ptr<net::HttpClient> connection,
                                            Credentials credentials) {
  return std::make_unique<HttpApiClient>(world, std::move(connection), credentials);
}

}  // namespace meshka::client
