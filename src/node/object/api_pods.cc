#include "node/object/api_pods.h"

#include "base/strings.h"
#include "node/limits.h"

namespace meshka::node {
namespace {

const client::Resource kPods{"", "v1", "pods"};

std::string text(doc::Value v) {
  return std::string(v.text());
}

}  // namespace

io::Task<Result<void>> ApiPods::writeStatus(doc::Doc pod, doc::Doc status) {
  const doc::Value meta = pod["metadata"];
  doc::Draft patch = doc::Draft::object();
  // The uid guards against another pod of the same name.
  patch["metadata"] = doc::Draft::object({{"uid", doc::Draft(meta["uid"])}});
  doc::Draft fields(status);
  // A merge leaves alone what is not said: fields that are no more are said to be null.
  for (const char* field : {"podIP", "podIPs", "reason", "message", "initContainerStatuses"}) {
    if (!fields.contains(field)) fields[field] = nullptr;
  }
  patch["status"] = std::move(fields);
  auto r = co_await api_.subresource("PATCH", kPods, text(meta["namespace"]), text(meta["name"]),
                                     "status", patch.finish(), world_.clock().now() + kApiTimeout);
  if (!r) co_return fail(std::move(r).error());
  co_return Result<void>();
}

io::Task<Result<void>> ApiPods::forget(doc::Doc pod) {
  const doc::Value meta = pod["metadata"];
  client::DeleteOptions options;
  options.grace_seconds = 0;
  options.uid = meta["uid"].text();
  auto r = co_await api_.remove(kPods, text(meta["namespace"]), text(meta["name"]),
                                std::move(options), world_.clock().now() + kApiTimeout);
  if (!r && r.error().code() != Code::kNotFound && r.error().code() != Code::kConflict) co_return r;
  co_return Result<void>();
}

io::Task<Result<ServiceToken>> ApiPods::requestToken(doc::Doc pod, std::string audience,
                                                     int64_t expiration_s) {
  const doc::Value meta = pod["metadata"];
  doc::Draft request = doc::Draft::object();
  request["apiVersion"] = "authentication.k8s.io/v1";
  request["kind"] = "TokenRequest";
  doc::Draft& spec = request["spec"];
  if (!audience.empty()) spec["audiences"] = doc::Draft::strings({audience});
  spec["expirationSeconds"] = expiration_s;
  spec["boundObjectRef"] = doc::Draft::object({{"apiVersion", doc::Draft("v1")},
                                               {"kind", doc::Draft("Pod")},
                                               {"name", doc::Draft(meta["name"])},
                                               {"uid", doc::Draft(meta["uid"])}});
  const client::Resource accounts{"", "v1", "serviceaccounts"};
  const std::string account(pod["spec"]["serviceAccountName"].text("default"));
  MESHKA_CO_TRY(auto answer, co_await api_.subresource("POST", accounts, text(meta["namespace"]),
                                                       account, "token", request.finish(),
                                                       world_.clock().now() + kApiTimeout));
  const doc::Value status = answer["status"];
  ServiceToken out{text(status["token"]), {}};
  if (out.token.empty())
    co_return fail(Code::kInternal,
                   cat("token request for service account ", account, " gave no token"));
  if (const auto expires = parseRfc3339(status["expirationTimestamp"].text()))
    out.expires = *expires;
  else
    out.expires = world_.clock().wall() + seconds(expiration_s);
  co_return out;
}

}  // namespace meshka::node
