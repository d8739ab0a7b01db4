// Requests that are no resources: discovery, OpenAPI, version, health, metrics and the index.
#include "api/openapi_cache.h"
#include "apiserver/auth/tokens.h"
#include "apiserver/exchange.h"
#include "apiserver/status.h"
#include "base/strings.h"
#include "doc/json.h"
#include "schema/openapi.h"

namespace meshka::apiserver {

namespace {

constexpr std::string_view kChecks[] = {"ping", "log", "store", "poststarthook/bootstrap"};

doc::Doc versionObject(const api::Emulation& emulation) {
  doc::Draft out = doc::Draft::object();
  out["major"] = "1";
  out["minor"] = cat(static_cast<int>(emulation.minor));
  out["gitVersion"] = emulation.git_version;
  out["gitCommit"] = "";
  out["gitTreeState"] = "clean";
  out["buildDate"] = "1970-01-01T00:00:00Z";
  out["goVersion"] = "none";
  out["compiler"] = "clang";
  out["platform"] = "linux/amd64";
  return out.finish();
}

std::string metricLabel(const RequestInfo& info, int code) {
  const Attributes& a = info.attributes;
  return cat("{verb=\"", a.verb, "\",group=\"", a.group, "\",version=\"", a.version,
             "\",resource=\"", a.resource, "\",subresource=\"", a.subresource, "\",code=\"", code,
             "\"}");
}

}  // namespace

void Metrics::count(const RequestInfo& info, int code) {
  constexpr size_t kMaxSeries = 5000;  // further combinations are not counted
  // Names that nobody serves would make a series each: count only what was answered as known.
  const bool known = code != 404 && code != 400;
  RequestInfo shown = info;
  if (!known || !info.is_resource) {
    shown.attributes = Attributes();
    shown.attributes.verb = known ? info.attributes.verb : "other";
  }
  std::string key = metricLabel(shown, code);
  if (requests.size() >= kMaxSeries && !requests.contains(key)) return;
  ++requests[std::move(key)];
}

std::string Metrics::text(size_t watches, size_t cache_hits) const {
  std::string out = "# TYPE apiserver_request_total counter\n";
  for (const auto& [labels, n] : requests)
    out += cat("apiserver_request_total", labels, " ", n, "\n");
  out += cat("# TYPE apiserver_registered_watchers gauge\napiserver_registered_watchers ", watches,
             "\n");
  out += cat(
      "# TYPE apiserver_watch_encode_shared_total counter\napiserver_watch_encode_shared_total ",
      cache_hits, "\n");
  return out;
}

Result<void> ApiServer::servePath(Exchange& x) {
  MESHKA_TRY(const PathAnswer answer, answerPath(x.info, x.query, x.header("accept")));
  if (x.request.method != "GET" && x.request.method != "HEAD") return fail(methodNotAllowed());
  net::Headers headers = x.headers(answer.content_type);
  x.status = answer.status;
  std::string_view body = answer.body;
  if (!answer.etag.empty()) {
    const std::string quoted = cat("\"", answer.etag, "\"");
    headers.add("Etag", quoted);
    if (x.header("if-none-match") == quoted) {
      x.status = 304;
      body = {};
    }
    if (queryValue(x.query, "hash") == answer.etag)
      headers.set("Cache-Control", "public, immutable");
  }
  headers.add("Content-Length", cat(body.size()));
  x.response.start(x.status, std::move(headers));
  if (x.request.method != "HEAD") x.response.writeNow(body);
  return {};
}

Result<ApiServer::PathAnswer> ApiServer::answerPath(const RequestInfo& info, const Query& query,
                                                    std::string_view accept) {
  const std::vector<std::string>& s = info.segments;
  PathAnswer out;
  if (s.empty()) {
    doc::Draft index = doc::Draft::object();
    doc::Draft& paths = index["paths"];
    paths = doc::Draft::array();
    for (std::string_view p : {"/api", "/api/v1", "/apis", "/healthz", "/livez", "/metrics",
                               "/openapi/v2", "/openapi/v3", "/readyz", "/version"}) {
      paths.push(p);
    }
    for (const std::string& group : registry_.groups()) {
      if (!group.empty()) paths.push(cat("/apis/", group));
    }
    out.body = doc::toPrettyJson(index.finish(), 2);
    return out;
  }
  if (s[0] == "api" || s[0] == "apis") return answerDiscovery(s, accept);
  if (s[0] == "openapi") return answerOpenApi(s, accept);
  if (s[0] == "healthz" || s[0] == "livez" || s[0] == "readyz") return answerHealth(s, query);
  if (s.size() == 1 && s[0] == "version") {
    out.body = doc::toPrettyJson(versionObject(registry_.emulation()), 2);
    return out;
  }
  if (s.size() == 1 && s[0] == "metrics") {
    out.content_type = "text/plain; version=0.0.4";
    out.body = metrics_->text(watches_, encoder_.cacheHits());
    return out;
  }
  // OpenID Connect discovery: how others verify service account tokens.
  const bool configuration = s == std::vector<std::string>{".well-known", "openid-configuration"};
  if (parts_.tokens != nullptr &&
      (configuration || s == std::vector<std::string>{"openid", "v1", "jwks"})) {
    if (!configuration) out.content_type = "application/jwk-set+json";
    MESHKA_TRY(const doc::Doc document, configuration ? Result<doc::Doc>(parts_.tokens->discovery())
                                                      : parts_.tokens->keySet());
    out.body = doc::toJson(document);
    return out;
  }
  return fail(unknownResource());
}

Result<ApiServer::PathAnswer> ApiServer::answerDiscovery(const std::vector<std::string>& s,
                                                         std::string_view accept) {
  PathAnswer out;
  doc::Doc object;
  const bool core = s[0] == "api";
  if (s.size() == 1) {
    const std::string aggregated = aggregatedDiscoveryVersion(accept);
    if (!aggregated.empty()) {
      object = registry_.aggregatedDiscovery(core, aggregated);
      out.content_type =
          cat("application/json;g=apidiscovery.k8s.io;v=", aggregated, ";as=APIGroupDiscoveryList");
      out.etag = cat(registry_.revision(), core ? "-core" : "-groups");
    } else {
      object =
          core ? registry_.apiVersions(config_.advertise.port == 0 ? std::string()
                                                                   : config_.advertise.toString())
               : registry_.apiGroupList();
    }
  } else if (core && s.size() == 2) {
    MESHKA_TRY(object, registry_.apiResourceList("", s[1]));
  } else if (!core && s.size() == 2) {
    MESHKA_TRY(object, registry_.apiGroup(s[1]));
  } else if (!core && s.size() == 3) {
    MESHKA_TRY(object, registry_.apiResourceList(s[1], s[2]));
  } else {
    return fail(unknownResource());
  }
  MESHKA_TRY(const Accepted form,
             out.etag.empty() ? negotiate(accept) : Result<Accepted>(Accepted{}));
  if (out.etag.empty()) out.content_type = form.contentType();
  out.body = encoder_.plain(form, object, false);
  return out;
}

Result<ApiServer::PathAnswer> ApiServer::answerOpenApi(const std::vector<std::string>& s,
                                                       std::string_view accept) {
  PathAnswer out;
  api::OpenApiRef document;
  if (s.size() == 2 && s[1] == "v2") {
    document = openapi_->v2Json();
    for (const MediaType& m : parseAccept(accept)) {
      if (m.type == "application/json" || m.type == "*/*" || m.type == "application/*") break;
      if (m.type == schema::kOpenApiV2Protobuf ||
          m.type == schema::kOpenApiV2ProtobufAnswer) {
        document = openapi_->v2Protobuf();
        // Asked for with '@', which is no media type to Go's parser: answered with '.'.
        out.content_type = schema::kOpenApiV2ProtobufAnswer;
        break;
      }
    }
  } else if (s.size() == 2 && s[1] == "v3") {
    document = openapi_->v3Index();
  } else if (s.size() > 2 && s[1] == "v3") {
    std::vector<std::string> rest(s.begin() + 2, s.end());
    MESHKA_TRY(document, openapi_->v3(join(rest, "/")));
  } else {
    return fail(unknownResource());
  }
  out.body = document->bytes;
  out.etag = document->etag;
  return out;
}

ApiServer::PathAnswer ApiServer::answerHealth(const std::vector<std::string>& s,
                                              const Query& query) const {
  PathAnswer out;
  out.content_type = "text/plain; charset=utf-8";
  const bool healthy = ready_ || s[0] == "livez";
  out.status = healthy ? 200 : 500;
  if (s.size() > 1) {
    std::vector<std::string> rest(s.begin() + 1, s.end());
    const std::string name = join(rest, "/");
    bool known = false;
    for (std::string_view check : kChecks) known |= check == name;
    if (!known) out.status = 404;
    out.body = known ? (healthy ? "ok" : "not ready") : cat("no check ", name);
    return out;
  }
  if (healthy && !queryHas(query, "verbose")) {
    out.body = "ok";
    return out;
  }
  for (std::string_view check : kChecks) {
    const bool ok = healthy || check == "ping" || check == "log";
    out.body += cat(ok ? "[+]" : "[-]", check, ok ? " ok\n" : " failed: starting\n");
  }
  out.body += cat(s[0], " check ", healthy ? "passed" : "failed", "\n");
  return out;
}

}  // namespace meshka::apiserver
