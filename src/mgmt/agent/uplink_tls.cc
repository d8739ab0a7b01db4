// The certificate by which the server knows the agent: kept in a Secret, asked for with the token
// the first time and with the old certificate afterwards.
#include "base/strings.h"
#include "io/disk.h"
#include "mgmt/agent/uplink.h"
#include "mgmt/limits.h"
#include "mgmt/relay/identity.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

const client::Resource kSecrets{"", "v1", "secrets"};

std::string decoded(Value data, std::string_view key) {
  return base64Decode(data[key].text()).value_or("");
}

// When to ask for the next one; nothing: this one is of no use.
std::optional<WallTime> usable(const net::TlsClientOptions& options, std::string_view cluster,
                               WallTime now) {
  const auto chain = net::parseCertificatesPem(options.certificate_pem);
  if (!chain || chain->empty() || !net::PrivateKey::parsePem(options.key_pem)) return std::nullopt;
  const net::Certificate& leaf = chain->front();
  const std::string wanted = agentIdentity(cluster);
  bool ours = false;
  for (const std::string& uri : leaf.sans.uris) ours = ours || uri == wanted;
  if (!ours || leaf.not_after <= now) return std::nullopt;
  const Duration life = leaf.not_after - leaf.not_before;
  return leaf.not_before + life / 100 * kRenewAtPercent;
}

}  // namespace

Task<Result<net::TlsClientOptions>> Uplink::credentials() {
  auto root = co_await world_.disk.readFile(config_.root_ca_path, kMaxPemFile);
  if (!root) co_return fail(root.error().with("root certificate of the relay"));
  const Instant deadline = world_.clock().now() + kCallTimeout;
  auto secret = co_await client_.get(kSecrets, config_.ns, config_.client_secret, deadline);
  if (!secret && secret.error().code() != Code::kNotFound) {
    co_return fail(secret.error().with(cat("secret ", config_.client_secret)));
  }
  net::TlsClientOptions kept{.ca_pem = *root};
  if (secret) {
    kept.certificate_pem = decoded((*secret)["data"], "tls.crt");
    kept.key_pem = decoded((*secret)["data"], "tls.key");
    const WallTime now = world_.clock().wall();
    const auto renew = usable(kept, config_.cluster, now);
    if (renew && *renew > now) {
      renew_at_ = *renew;
      co_return kept;
    }
    if (!renew) kept = {.ca_pem = *root};
  }
  MESHKA_CO_TRY(net::TlsClientOptions fresh, co_await bootstrap(*root, std::move(kept)));
  renew_at_ = usable(fresh, config_.cluster, world_.clock().wall()).value_or(WallTime{});
  co_return fresh;
}

Task<Result<net::TlsClientOptions>> Uplink::bootstrap(std::string root_pem,
                                                      net::TlsClientOptions renew_with) {
  BootstrapRequest request{.cluster = config_.cluster};
  if (renew_with.certificate_pem.empty()) {
    auto token = co_await world_.disk.readFile(config_.token_path, kMaxTokenBytes);
    if (!token) co_return fail(token.error().with("token of the relay"));
    request.token = trim(*token);
  }
  MESHKA_CO_TRY(const net::PrivateKey key, net::PrivateKey::generateP256());
  net::SubjectAltNames sans;
  sans.uris = {agentIdentity(config_.cluster)};
  MESHKA_CO_TRY(request.csr_pem, net::createRequestPem(key, config_.cluster, {}, sans));
  MESHKA_CO_TRY(auto tls, net::TlsClientConfig::create(world_.loop, std::move(renew_with)));
  const auto line = channel(std::move(tls));
  auto bytes = co_await line->unary(std::string(kBootstrapMethod), encode(request),
                                    world_.clock().now() + kBootstrapTimeout);
  if (!bytes) co_return fail(bytes.error().with("bootstrap"));
  MESHKA_CO_TRY(BootstrapReply reply, decodeBootstrapReply(*bytes));
  net::TlsClientOptions out{.ca_pem = std::move(root_pem),
                            .certificate_pem = std::move(reply.certificate_pem),
                            .key_pem = key.pem()};
  MESHKA_CO_CHECK(co_await keepCertificate(out));
  world_.log.info("relay: got a client certificate", {{"cluster", config_.cluster}});
  co_return out;
}

Task<Result<void>> Uplink::keepCertificate(const net::TlsClientOptions& options) {
  Draft secret =
      Draft::object({{"apiVersion", "v1"}, {"kind", "Secret"}, {"type", "kubernetes.io/tls"}});
  secret["metadata"] = Draft::object({{"name", config_.client_secret}, {"namespace", config_.ns}});
  secret["data"] = Draft::object({{"ca.crt", base64Encode(options.ca_pem)},
                                  {"tls.crt", base64Encode(options.certificate_pem)},
                                  {"tls.key", base64Encode(options.key_pem)}});
  const Instant deadline = world_.clock().now() + kCallTimeout;
  const doc::Doc object = secret.finish();
  auto made = co_await client_.create(kSecrets, config_.ns, object, deadline);
  if (!made && made.error().code() == Code::kAlreadyExists) {
    Draft data = Draft::object({{"data", Draft(object["data"])}});
    made = co_await client_.patch(kSecrets, config_.ns, config_.client_secret,
                                  client::PatchType::kMerge, data.finish(), deadline);
  }
  if (!made) co_return fail(made.error().with(cat("secret ", config_.client_secret)));
  co_return Result<void>();
}

}  // namespace meshka::mgmt
