#include "apiserver/cluster_identity.h"

#include "base/strings.h"
#include "io/disk.h"

namespace meshka::apiserver {

using doc::Draft;
using io::Task;

namespace {

constexpr Duration kAuthorityLife = hours(24 * 3650);
constexpr Duration kLeafLife = hours(24 * 365);
constexpr Duration kClockSkew = minutes(5);  // certificates are valid a little before they are made
constexpr uint64_t kMaxFileBytes = 64 * 1024;

Task<Result<std::string>> readOrEmpty(io::Disk& disk, std::string path) {
  auto text = co_await disk.readFile(path, kMaxFileBytes);
  if (!text && text.error().code() == Code::kNotFound) co_return std::string();
  co_return text;
}

Task<Result<net::Authority>> openAuthority(io::World world, std::string directory) {
  const std::string certificate_path = directory + "/ca.crt";
  const std::string key_path = directory + "/ca.key";
  MESHKA_CO_TRY(const std::string certificate, co_await readOrEmpty(world.disk, certificate_path));
  MESHKA_CO_TRY(const std::string key, co_await readOrEmpty(world.disk, key_path));
  if (!certificate.empty() && !key.empty()) {
    auto parsed = net::Authority::fromPem(certificate, key);
    if (!parsed) co_return fail(parsed.error().with(certificate_path));
    co_return parsed;
  }
  const WallTime now = world.clock().wall();
  MESHKA_CO_TRY(net::Authority made, net::Authority::create("kubernetes", {}, now - kClockSkew,
                                                            now + kAuthorityLife, world.rng));
  // The key first: a certificate without its key would be taken for a damaged directory.
  MESHKA_CO_CHECK(co_await world.disk.writeFileAtomic(key_path, made.keyPem(), 0600));
  MESHKA_CO_CHECK(
      co_await world.disk.writeFileAtomic(certificate_path, made.certificatePem(), 0600));
  co_return made;
}

Task<Result<net::PrivateKey>> openTokenKey(io::World world, std::string path) {
  MESHKA_CO_TRY(const std::string pem, co_await readOrEmpty(world.disk, path));
  if (!pem.empty()) {
    auto parsed = net::PrivateKey::parsePem(pem);
    if (!parsed) co_return fail(parsed.error().with(path));
    co_return parsed;
  }
  MESHKA_CO_TRY(net::PrivateKey made, net::PrivateKey::generateP256());
  MESHKA_CO_CHECK(co_await world.disk.writeFileAtomic(path, made.pem(), 0600));
  co_return made;
}

}  // namespace

Task<Result<ClusterIdentity>> ClusterIdentity::open(io::World world, std::string directory) {
  MESHKA_CO_CHECK(co_await world.disk.makeDirectories(directory, 0700));
  MESHKA_CO_TRY(net::Authority authority, co_await openAuthority(world, directory));
  MESHKA_CO_TRY(net::PrivateKey key, co_await openTokenKey(world, directory + "/sa.key"));
  co_return ClusterIdentity(std::move(authority), std::move(key));
}

Result<net::KeyPair> ClusterIdentity::issueServing(const net::SubjectAltNames& names, WallTime now,
                                                   Rng& rng) const {
  net::LeafSpec spec;
  spec.common_name = "kube-apiserver";
  spec.sans = names;
  spec.server = true;
  spec.not_before = now - kClockSkew;
  spec.not_after = now + kLeafLife;
  return authority_.issueWithNewKey(spec, rng);
}

Result<net::KeyPair> ClusterIdentity::issueClient(const std::string& user,
                                                  const std::vector<std::string>& groups,
                                                  WallTime now, Rng& rng) const {
  net::LeafSpec spec;
  spec.common_name = user;
  spec.organizations = groups;
  spec.client = true;
  spec.not_before = now - kClockSkew;
  spec.not_after = now + kLeafLife;
  return authority_.issueWithNewKey(spec, rng);
}

Result<doc::Doc> ClusterIdentity::adminKubeconfig(const std::string& server,
                                                  const std::string& cluster,
                                                  const std::string& user,
                                                  const std::string& context, WallTime now,
                                                  Rng& rng) const {
  MESHKA_TRY(const net::KeyPair pair,
             issueClient("kubernetes-admin", {"system:masters"}, now, rng));
  Draft config =
      Draft::object({{"apiVersion", "v1"}, {"kind", "Config"}, {"current-context", context}});
  config["clusters"] = Draft::array({Draft::object(
      {{"name", cluster},
       {"cluster", Draft::object({{"server", server},
                                  {"certificate-authority-data", base64Encode(caPem())}})}})});
  config["users"] = Draft::array({Draft::object(
      {{"name", user},
       {"user", Draft::object({{"client-certificate-data", base64Encode(pair.certificate_pem)},
                               {"client-key-data", base64Encode(pair.key_pem)}})}})});
  config["contexts"] = Draft::array({Draft::object(
      {{"name", context}, {"context", Draft::object({{"cluster", cluster}, {"user", user}})}})});
  config["preferences"] = Draft::object();
  return config.finish();
}

net::SubjectAltNames servingNames(const std::string& domain) {
  net::SubjectAltNames names;
  names.dns = {"kubernetes", "kubernetes.default", "kubernetes.default.svc",
               cat("kubernetes.default.svc.", domain), "localhost"};
  names.ips = {"127.0.0.1"};
  return names;
}

}  // namespace meshka::apiserver
