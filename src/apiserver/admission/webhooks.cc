#include "apiserver/admission/webhooks.h"

#include <algorithm>

#include "apiserver/limits.h"
#include "apiserver/status.h"
#include "base/strings.h"
#include "client/status_error.h"
#include "doc/json.h"
#include "doc/json_patch.h"

namespace meshka::apiserver {

namespace {

constexpr std::string_view kGroup = "admissionregistration.k8s.io";
constexpr std::string_view kMutating = "mutatingwebhookconfigurations";
constexpr std::string_view kValidating = "validatingwebhookconfigurations";

Error callFailed(std::string_view name, const Error& why) {
  return Error(Code::kInternal, "InternalError",
               cat("Internal error occurred: failed calling webhook \"", name,
                   "\": failed to call webhook: ", why.message()))
      .withDetails({.causes = {{"", "", cat("failed calling webhook \"", name, "\"")}}});
}

Error denied(std::string_view name, doc::Value status) {
  const std::string_view message = status["message"].text();
  const std::string_view reason = status["reason"].text();
  const std::string text =
      !message.empty() ? cat("admission webhook \"", name, "\" denied the request: ", message)
      : !reason.empty()
          ? cat("admission webhook \"", name, "\" denied the request: ", reason)
          : cat("admission webhook \"", name, "\" denied the request without explanation");
  doc::Draft as = doc::Draft(status.isObject() ? doc::Draft(status) : doc::Draft::object());
  const int64_t code = status["code"].integer(403);
  const int http = code >= 400 && code < 600 ? static_cast<int>(code) : 403;
  as["message"] = text;
  as["code"] = http;
  if (reason.empty()) as["reason"] = http == 403 ? "Forbidden" : "";
  return client::errorFromStatus(as.finish(), http);
}

doc::Draft gvk(const api::Kind& kind) {
  doc::Draft out = doc::Draft::object();
  out["group"] = kind.group();
  out["version"] = kind.version();
  out["kind"] = kind.kind();
  return out;
}

doc::Draft gvr(const api::Kind& kind) {
  doc::Draft out = doc::Draft::object();
  out["group"] = kind.group();
  out["version"] = kind.version();
  out["resource"] = kind.plural();
  return out;
}

doc::Draft userInfo(const User& user) {
  doc::Draft out = doc::Draft::object();
  out["username"] = user.name;
  if (!user.uid.empty()) out["uid"] = user.uid;
  if (!user.groups.empty()) out["groups"] = doc::Draft::strings(user.groups);
  for (const auto& [key, values] : user.extra) out["extra"][key] = doc::Draft::strings(values);
  return out;
}

Duration timeoutOf(doc::Value webhook) {
  return seconds(std::clamp(webhook["timeoutSeconds"].integer(kDefaultWebhookSeconds), int64_t{1},
                            kMaxWebhookSeconds));
}

}  // namespace

Result<std::vector<Webhooks::Hook>> Webhooks::matching(const AdmissionRequest& request,
                                                       std::string_view plural) const {
  std::vector<Hook> out;
  if (transport_ == nullptr || request.kind.group() == kGroup)
    return out;  // configurations never guard themselves
  for (const doc::Doc& configuration : objects_.list(kGroup, plural, "")) {
    for (doc::Value webhook : configuration["webhooks"].elements()) {
      api::KindRef kind = matchRules(webhook, request);
      if (!kind) continue;
      MESHKA_TRY(const bool selected, matchSelectors(webhook, request));
      if (!selected) continue;
      const std::string_view side_effects = webhook["sideEffects"].text();
      if (request.dry_run && side_effects != "None" && side_effects != "NoneOnDryRun") {
        return fail(Code::kInvalid, cat("admission webhook \"", webhook["name"].text(),
                                        "\" does not support dry run"));
      }
      if (out.size() >= kMaxWebhooks) {
        return fail(Code::kInternal, cat("more than ", kMaxWebhooks, " webhooks want one request"));
      }
      out.push_back({configuration, webhook, std::move(kind)});
    }
  }
  return out;
}

io::Task<Result<void>> Webhooks::mutate(AdmissionRequest& request) {
  if (!request.object.exists()) co_return Result<void>();
  MESHKA_CO_TRY(const std::vector<Hook> hooks, matching(request, kMutating));
  size_t last_change = 0;  // 1 + index of the last webhook that changed the object
  for (size_t i = 0; i < hooks.size(); ++i) {
    MESHKA_CO_TRY(const Reply reply, co_await call(hooks[i], request, true));
    if (reply.changed) last_change = i + 1;
  }
  // Those that asked for it see once more what later ones made of the object.
  for (size_t i = 0; i + 1 < last_change; ++i) {
    if (hooks[i].webhook["reinvocationPolicy"].text() != "IfNeeded") continue;
    MESHKA_CO_TRY(const Reply reply, co_await call(hooks[i], request, true));
    (void)reply;
  }
  co_return Result<void>();
}

io::Task<Result<void>> Webhooks::validate(AdmissionRequest& request) {
  MESHKA_CO_CHECK(checkConfiguration(request));
  MESHKA_CO_TRY(const std::vector<Hook> hooks, matching(request, kValidating));
  for (const Hook& hook : hooks) {
    MESHKA_CO_TRY(const Reply reply, co_await call(hook, request, false));
    (void)reply;
  }
  co_return Result<void>();
}

Result<doc::Doc> Webhooks::review(const Hook& hook, const AdmissionRequest& request,
                                  std::string_view uid) const {
  doc::Draft out = doc::Draft::object();
  out["apiVersion"] = "admission.k8s.io/v1";
  out["kind"] = "AdmissionReview";
  doc::Draft& r = out["request"];
  r["uid"] = uid;
  r["kind"] = gvk(*hook.kind);
  r["resource"] = gvr(*hook.kind);
  r["requestKind"] = gvk(request.kind);
  r["requestResource"] = gvr(request.kind);
  if (!request.subresource.empty()) {
    r["subResource"] = request.subresource;
    r["requestSubResource"] = request.subresource;
  }
  if (!request.name.empty()) r["name"] = request.name;
  if (!request.ns.empty() && request.kind.namespaced()) r["namespace"] = request.ns;
  r["operation"] = toString(request.operation);
  r["userInfo"] = userInfo(request.user);
  r["dryRun"] = request.dry_run;
  r["options"] = request.options;
  r["object"] = nullptr;
  r["oldObject"] = nullptr;
  if (request.object.exists()) {
    MESHKA_TRY(const doc::Doc object, objects_.present(*hook.kind, request.object));
    r["object"] = object;
  }
  if (request.old_object.exists()) {
    MESHKA_TRY(const doc::Doc object, objects_.present(*hook.kind, request.old_object));
    r["oldObject"] = object;
  }
  return out.finish();
}

io::Task<Result<doc::Doc>> Webhooks::exchange(const Hook& hook, std::string review) {
  MESHKA_CO_TRY(WebhookTarget target, resolve(hook.webhook["clientConfig"]));
  const Duration timeout = timeoutOf(hook.webhook);
  target.path += cat(target.path.find('?') == std::string::npos ? "?" : "&",
                     "timeout=", timeout.ns / 1'000'000'000, "s");
  const Instant deadline = world_.clock().now() + timeout;
  MESHKA_CO_TRY(const std::string answer,
                co_await transport_->post(std::move(target), std::move(review), deadline));
  co_return doc::parseJson(answer,
                           {.max_depth = kMaxBodyDepth, .max_bytes = kMaxWebhookAnswerBytes});
}

io::Task<Result<Webhooks::Reply>> Webhooks::call(const Hook& hook, AdmissionRequest& request,
                                                 bool mutating) {
  const std::string name(hook.webhook["name"].text());
  const bool ignore = hook.webhook["failurePolicy"].text("Fail") == "Ignore";
  const std::string uid = newUuid(world_.rng);
  MESHKA_CO_TRY(const doc::Doc body, review(hook, request, uid));
  auto answer = co_await exchange(hook, doc::toJson(body));
  if (answer && ((*answer)["response"]["uid"].text() != uid ||
                 (*answer)["kind"].text() != "AdmissionReview")) {
    answer = fail(Code::kInvalid, "expected an AdmissionReview response with the request's uid");
  }
  if (!answer) {
    if (!ignore) co_return fail(callFailed(name, answer.error()));
    world_.log.warn("admission webhook failed open",
                    {{"webhook", name}, {"error", answer.error().message()}});
    co_return Reply{};
  }
  const doc::Value response = (*answer)["response"];
  for (doc::Value w : response["warnings"].elements()) request.warnings.add(w.text());
  if (!response["allowed"].boolean()) co_return fail(denied(name, response["status"]));
  if (!mutating || response["patch"].text().empty()) co_return Reply{};
  if (response["patchType"].text() != "JSONPatch") {
    co_return fail(callFailed(
        name,
        Error(Code::kInvalid, cat("unknown patchType \"", response["patchType"].text(), "\""))));
  }
  const auto bytes = base64Decode(response["patch"].text());
  if (!bytes) co_return fail(callFailed(name, Error(Code::kInvalid, "the patch is not base64")));
  auto patch =
      doc::parseJson(*bytes, {.max_depth = kMaxBodyDepth, .max_bytes = kMaxWebhookAnswerBytes});
  if (!patch) co_return fail(callFailed(name, patch.error()));
  auto patched = doc::applyJsonPatch(body["request"]["object"].doc(), *patch);
  if (!patched) co_return fail(callFailed(name, patched.error()));
  MESHKA_CO_TRY(doc::Doc hub, objects_.toHub(*hook.kind, *patched));
  const bool changed = !(hub == request.object);
  request.object = std::move(hub);
  co_return Reply{changed};
}

}  // namespace meshka::apiserver
