#include "mgmt/lifecycle/relay_secrets.h"

#include "base/strings.h"
#include "mgmt/chart/chart.h"
#include "mgmt/lifecycle/apply.h"
#include "mgmt/lifecycle/limits.h"
#include "mgmt/lifecycle/resources.h"
#include "net/pki.h"

namespace meshka::mgmt {

using doc::Doc;
using doc::Draft;
using io::Task;

namespace {

// Certificates begin a little earlier: clocks of clusters differ.
constexpr Duration kBackdate = minutes(5);

Doc secret(std::string_view ns, std::string_view name, std::string_view type,
           std::vector<std::pair<std::string, std::string>> data) {
  Draft out = Draft::object({{"apiVersion", "v1"}, {"kind", "Secret"}, {"type", type}});
  out["metadata"] =
      Draft::object({{"name", name},
                     {"namespace", ns},
                     {"labels", Draft::object({{std::string(kManagedByLabel), kManagedBy}})}});
  for (const auto& [key, value] : data) out["data"][key] = base64Encode(value);
  return out.finish();
}

Doc tlsSecret(std::string_view ns, std::string_view name, const std::string& ca,
              const std::string& certificate, const std::string& key) {
  return secret(ns, name, "kubernetes.io/tls",
                {{"ca.crt", ca}, {"tls.crt", certificate}, {"tls.key", key}});
}

std::string decoded(doc::Value object, std::string_view key) {
  return base64Decode(object["data"][key].text()).value_or(std::string());
}

// What is there, or a missing Doc. Errors: all but kNotFound.
Task<Result<Doc>> find(io::World& world, client::ApiClient& api, std::string ns,
                       std::string_view name) {
  auto found = co_await api.get(resources::secrets(), ns, std::string(name),
                                world.clock().now() + kObjectTimeout);
  if (!found && found.error().code() == Code::kNotFound) co_return Doc();
  co_return found;
}

struct Present {
  Doc root, server, signing, token;
};

Result<net::Authority> rootOf(io::World& world, const Present& present, std::string_view ns,
                              std::vector<Doc>& make) {
  if (!present.root.exists()) {
    const WallTime now = world.clock().wall();
    MESHKA_TRY(net::Authority root,
               net::Authority::create("gloo-mesh relay root", {"gloo-mesh"}, now - kBackdate,
                                      now + kRelayRootLife, world.rng));
    make.push_back(
        tlsSecret(ns, kRootTlsSecret, root.certificatePem(), root.certificatePem(), root.keyPem()));
    return root;
  }
  const std::string key = decoded(present.root, "tls.key");
  if (key.empty()) {
    return fail(Code::kInvalid,
                cat("secret \"", kRootTlsSecret, "\" in namespace ", ns,
                    " has no tls.key, so the relay's other certificates cannot be signed; create ",
                    kServerTlsSecret, " and ", kSigningTlsSecret, " yourself"));
  }
  const std::string certificate = decoded(present.root, "tls.crt");
  return net::Authority::fromPem(
      certificate.empty() ? decoded(present.root, "ca.crt") : certificate, key);
}

Result<void> signMissing(io::World& world, const Present& present, const std::string& ns,
                         std::vector<Doc>& make) {
  if (present.server.exists() && present.signing.exists() && present.root.exists()) return {};
  MESHKA_TRY(const net::Authority root, rootOf(world, present, ns, make));
  const WallTime now = world.clock().wall();
  if (!present.server.exists()) {
    const std::string service = cat(kServerName, ".", ns);
    net::LeafSpec leaf;
    leaf.common_name = service;
    leaf.organizations = {"gloo-mesh"};
    leaf.sans.dns = {service, cat("*.", ns), cat(service, ".svc"),
                     cat(service, ".svc.cluster.local")};
    leaf.server = true;
    leaf.not_before = now - kBackdate;
    leaf.not_after = now + kRelayServerLife;
    MESHKA_TRY(const net::KeyPair pair, root.issueWithNewKey(leaf, world.rng));
    make.push_back(
        tlsSecret(ns, kServerTlsSecret, root.certificatePem(), pair.certificate_pem, pair.key_pem));
  }
  if (!present.signing.exists()) {
    MESHKA_TRY(const net::Authority signing,
               root.createIntermediate("gloo-mesh relay signing", now - kBackdate,
                                       now + kRelaySigningLife, world.rng));
    make.push_back(tlsSecret(ns, kSigningTlsSecret, root.certificatePem(), signing.certificatePem(),
                             signing.keyPem()));
  }
  return {};
}

}  // namespace

Task<Result<size_t>> ensureRelaySecrets(io::World& world, client::ApiClient& api, std::string ns) {
  Present present;
  MESHKA_CO_TRY(present.root, co_await find(world, api, ns, kRootTlsSecret));
  MESHKA_CO_TRY(present.server, co_await find(world, api, ns, kServerTlsSecret));
  MESHKA_CO_TRY(present.signing, co_await find(world, api, ns, kSigningTlsSecret));
  MESHKA_CO_TRY(present.token, co_await find(world, api, ns, kTokenSecret));
  std::vector<Doc> make;
  MESHKA_CO_CHECK(signMissing(world, present, ns, make));
  if (!present.token.exists()) {
    make.push_back(
        secret(ns, kTokenSecret, "Opaque", {{"token", toHex(world.rng.bytes(kTokenBytes))}}));
  }
  MESHKA_CO_TRY(const WriteCount applied,
                co_await applyAll(world, api, std::move(make), Existing::kKeep));
  co_return applied.created;
}

Task<Result<CopiedSecrets>> copyRelaySecrets(io::World& world, client::ApiClient& mgmt,
                                             client::ApiClient& remote, std::string ns) {
  MESHKA_CO_TRY(const Doc root, co_await find(world, mgmt, ns, kRootTlsSecret));
  MESHKA_CO_TRY(const Doc token, co_await find(world, mgmt, ns, kTokenSecret));
  for (const auto& [object, name] :
       {std::pair(root, kRootTlsSecret), std::pair(token, kTokenSecret)}) {
    if (object.exists()) continue;
    co_return fail(Code::kNotFound, cat("secret \"", name, "\" is missing in namespace ", ns,
                                        " of the management cluster; run meshctl install again"));
  }
  std::string ca = decoded(root, "ca.crt");
  if (ca.empty()) ca = decoded(root, "tls.crt");
  MESHKA_CO_TRY(const Doc there, co_await find(world, remote, ns, kRootTlsSecret));
  if (there.exists() && trim(decoded(there, "ca.crt")) != trim(ca)) {
    co_return fail(Code::kConflict,
                   cat("secret \"", kRootTlsSecret, "\" in namespace ", ns,
                       " of the workload cluster holds another root than the management cluster's; "
                       "to trust this one, delete it and secret \"",
                       kClientTlsSecret, "\" there and register again"));
  }
  CopiedSecrets out;
  std::vector<Doc> make = {secret(ns, kRootTlsSecret, "Opaque", {{"ca.crt", ca}})};
  MESHKA_CO_TRY(const WriteCount roots,
                co_await applyAll(world, remote, std::move(make), Existing::kKeep));
  out.root_created = roots.created == 1;
  make = {secret(ns, kTokenSecret, "Opaque", {{"token", decoded(token, "token")}})};
  MESHKA_CO_TRY(const WriteCount tokens,
                co_await applyAll(world, remote, std::move(make), Existing::kKeep));
  out.token_created = tokens.created == 1;
  co_return out;
}

}  // namespace meshka::mgmt
