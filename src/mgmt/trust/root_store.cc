#include "mgmt/trust/root_store.h"

#include "base/strings.h"
#include "mgmt/limits.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {
const client::Resource kSecrets{"", "v1", "secrets"};
constexpr const char* kRootType = "certificates.mesh.gloo.solo.io/generated_signing_cert";
constexpr const char* kOrganization = "gloo-mesh";

// Under the names that this product, its predecessors and Istio give.
std::string first(Value data, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (data[key].isString()) return base64Decode(data[key].text()).value_or("");
  }
  return {};
}
}  // namespace

RootStore::RootStore(io::World world, client::ApiClient& client, std::string ns, Callback changed)
    : world_(world),
      client_(client),
      namespace_(std::move(ns)),
      changed_(std::move(changed)),
      queue_(world.loop, world.rng, world.log, {.name = "roots of trust", .workers = 1},
             [this](std::string secret) { return load(std::move(secret)); }) {}

const RootStore::Root& RootStore::get(const std::string& secret, bool generate) {
  const auto [at, added] = roots_.try_emplace(secret);
  generated_[secret] = generate;
  if (added) {
    at->second.error = "being looked up";
    queue_.add(secret);
  }
  return at->second;
}

Task<Result<void>> RootStore::load(std::string secret) {
  auto found =
      co_await client_.get(kSecrets, namespace_, secret, world_.clock().now() + kCallTimeout);
  if (!found && found.error().code() == Code::kNotFound && generated_[secret]) {
    co_return co_await generate(std::move(secret));
  }
  auto used = found ? use(secret, (*found)["data"]) : Result<void>(fail(found.error()));
  if (!used) {
    roots_[secret].error = cat("secret ", namespace_, "/", secret, ": ", used.error().message());
    changed_();
  }
  co_return used;  // a failure is tried again: the Secret may come
}

Task<Result<void>> RootStore::generate(std::string secret) {
  const WallTime now = world_.clock().wall();
  MESHKA_CO_TRY(const net::Authority root,
                net::Authority::create(secret, {kOrganization}, now, now + kRootLife, world_.rng));
  Draft object = Draft::object({{"apiVersion", "v1"}, {"kind", "Secret"}, {"type", kRootType}});
  object["metadata"] =
      Draft::object({{"name", secret},
                     {"namespace", namespace_},
                     {"labels", Draft::object({{"agent.gloo.solo.io", "gloo-mesh"},
                                               {"owner.gloo.solo.io/name", "gloo-mesh"}})}});
  object["data"] = Draft::object({{"root-cert.pem", base64Encode(root.certificatePem())},
                                  {"key.pem", base64Encode(root.keyPem())}});
  auto made = co_await client_.create(kSecrets, namespace_, object.finish(),
                                      world_.clock().now() + kCallTimeout);
  // Somebody else was faster: theirs counts, at the next try.
  if (!made) co_return fail(made.error());
  world_.log.info("root of trust made", {{"secret", secret}});
  co_return use(secret, (*made)["data"]);
}

Result<void> RootStore::use(const std::string& secret, Value data) {
  const std::string certificate = first(data, {"root-cert.pem", "tls.crt", "ca-cert.pem"});
  const std::string key = first(data, {"key.pem", "tls.key", "ca-key.pem"});
  if (certificate.empty() || key.empty()) {
    return fail(Code::kInvalid, "it has no root-cert.pem and key.pem");
  }
  MESHKA_TRY(net::Authority authority, net::Authority::fromPem(certificate, key));
  if (authority.certificate().not_after <= world_.clock().wall()) {
    return fail(Code::kInvalid, "its certificate has expired");
  }
  Root& root = roots_[secret];
  root.authority = std::make_shared<net::Authority>(std::move(authority));
  root.error.clear();
  changed_();
  return {};
}

}  // namespace meshka::mgmt
