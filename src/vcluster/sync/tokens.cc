#include "vcluster/sync/tokens.h"

#include <algorithm>

#include "base/strings.h"
#include "vcluster/lifecycle/resources.h"
#include "vcluster/limits.h"
#include "vcluster/translate/config.h"
#include "vcluster/translate/pod_volumes.h"

namespace meshka::vcluster {

using doc::Draft;
using io::Task;

TranslatedPod tokensOfPod(doc::Value pod, const Tenant& tenant) {
  TranslatedPod out;
  const std::string_view ns = pod["metadata"]["namespace"].text();
  out.token_secret = tokenSecretName(pod, tenant);
  PodContext context;
  context.tenant = tenant;
  Draft spec(pod["spec"]);
  translateVolumes(spec, ns, context, out);
  return out;
}

TokenKeeper::TokenKeeper(SyncContext& context)
    : context_(context),
      queue_(context.world.loop, context.world.rng, context.world.log,
             {.name = "tokens", .workers = kSyncWorkers},
             [this](std::string key) { return renew(std::move(key)); }) {}

Task<Result<TokenKeeper::Minted>> TokenKeeper::mint(doc::Doc pod,
                                                    std::vector<TokenRequest> requests) {
  Minted out;
  out.renew_after = kMaxTokenLife;
  const std::string ns(pod["metadata"]["namespace"].text());
  const std::string account(pod["spec"]["serviceAccountName"].text("default"));
  for (const TokenRequest& request : requests) {
    const int64_t life = std::max(request.expiration_seconds, kMinTokenSeconds);
    Draft body =
        Draft::object({{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "TokenRequest"}});
    body["spec"] =
        Draft::object({{"expirationSeconds", life},
                       {"boundObjectRef", Draft::object({{"apiVersion", "v1"},
                                                         {"kind", "Pod"},
                                                         {"name", pod["metadata"]["name"]},
                                                         {"uid", pod["metadata"]["uid"]}})}});
    if (!request.audience.empty()) body["spec"]["audiences"] = Draft::strings({request.audience});
    MESHKA_CO_TRY(const doc::Doc answer, co_await context_.virt.subresource(
                                             "POST", serviceAccounts(), ns, account, "token",
                                             body.finish(), context_.callDeadline()));
    out.tokens[request.key] = answer["status"]["token"].text();
    const auto expires = parseRfc3339(answer["status"]["expirationTimestamp"].text());
    const Duration given = expires ? *expires - context_.world.clock().wall() : seconds(life);
    out.renew_after = std::min(out.renew_after, given * 4 / 5);
  }
  co_return out;
}

Task<Result<void>> TokenKeeper::prepare(doc::Doc pod, TranslatedPod translated) {
  if (translated.tokens.empty()) co_return Result<void>();
  MESHKA_CO_TRY(const Minted minted, co_await mint(pod, translated.tokens));
  Draft secret(
      tokenSecret(translated.pod, translated.token_secret, minted.tokens, context_.tenant()));
  secret["metadata"]["ownerReferences"] = translated.pod["metadata"]["ownerReferences"];
  const std::string& ns = context_.tenant().host_namespace;
  auto made =
      co_await context_.host.create(secrets(), ns, secret.finish(), context_.callDeadline());
  if (!made && made.error().code() == Code::kAlreadyExists) {
    // Of an earlier pod of this name, or of an attempt that broke off: its tokens are not this
    // pod's.
    Draft patch = Draft::object({{"data", *secret.find("data")}});
    patch["metadata"]["ownerReferences"] = translated.pod["metadata"]["ownerReferences"];
    made = co_await context_.host.patch(secrets(), ns, translated.token_secret,
                                        client::PatchType::kMerge, patch.finish(),
                                        context_.callDeadline());
  }
  if (!made) co_return fail(made.error());
  const client::ObjectKey key = client::ObjectKey::of(pod);
  renew_at_[key.toString()] = context_.world.clock().now() + minted.renew_after;
  queue_.addAfter(key.toString(), minted.renew_after);
  co_return Result<void>();
}

Task<Result<void>> TokenKeeper::adopt(doc::Doc host_pod, std::string secret_name) {
  if (secret_name.empty()) co_return Result<void>();
  const doc::Doc owned = tokenSecret(host_pod, secret_name, {}, context_.tenant());
  Draft patch = Draft::object();
  patch["metadata"]["ownerReferences"] = owned["metadata"]["ownerReferences"];
  co_return settled(co_await context_.host.patch(secrets(), context_.tenant().host_namespace,
                                                 secret_name, client::PatchType::kMerge,
                                                 patch.finish(), context_.callDeadline()));
}

void TokenKeeper::watch(const client::ObjectKey& key) {
  // After a restart the age of the tokens is unknown: renew them at once.
  if (renew_at_.emplace(key.toString(), context_.world.clock().now()).second)
    queue_.add(key.toString());
}

Task<Result<void>> TokenKeeper::renew(std::string text) {
  const client::ObjectKey key = client::ObjectKey::parse(text);
  const doc::Doc* found = context_.virtual_pods.get(key.ns, key.name);
  if (found == nullptr) {
    renew_at_.erase(text);
    co_return Result<void>();
  }
  const doc::Doc pod = *found;
  const TranslatedPod wanted = tokensOfPod(pod, context_.tenant());
  const doc::Doc* host = context_.host_pods.get(context_.tenant().host_namespace,
                                                hostName(key.name, key.ns, context_.tenant()));
  if (wanted.tokens.empty() || host == nullptr) co_return Result<void>();
  const Instant due = renew_at_[text];
  if (context_.world.clock().now() < due) {  // prepare() was faster
    queue_.addAfter(text, due - context_.world.clock().now());
    co_return Result<void>();
  }
  MESHKA_CO_TRY(const Minted minted, co_await mint(pod, wanted.tokens));
  const doc::Doc secret = tokenSecret(*host, wanted.token_secret, minted.tokens, context_.tenant());
  Draft patch = Draft::object({{"data", secret["data"]}});
  auto written = co_await context_.host.patch(secrets(), context_.tenant().host_namespace,
                                              wanted.token_secret, client::PatchType::kMerge,
                                              patch.finish(), context_.callDeadline());
  if (!written) co_return fail(written.error());
  renew_at_[text] = context_.world.clock().now() + minted.renew_after;
  queue_.addAfter(text, minted.renew_after);
  co_return Result<void>();
}

}  // namespace meshka::vcluster
