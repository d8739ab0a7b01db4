#include "mesh/agent/identity.h"

#include <algorithm>

#include "base/strings.h"
#include "mesh/agent/limits.h"
#include "xds/codec.h"

namespace meshka::mesh::agent {
namespace {

constexpr std::string_view kMethod = "/istio.v1.auth.IstioCertificateService/CreateCertificate";

// The CA takes identity from the token; what the request says is for people who read it.
Result<std::string> requestBytes(const net::PrivateKey& key, const AgentConfig& config) {
  MESHKA_TRY(const std::string csr,
             net::createRequestPem(key, "", {}, {.uris = {config.spiffe()}}));
  doc::Draft out = doc::Draft::object();
  out["csr"] = csr;
  out["validity_duration"] = kCertificateLife.ns / 1'000'000'000;
  return xds::encode("istio.v1.auth.IstioCertificateRequest", out.finish());
}

bool selfSigned(const net::Certificate& c) {
  return c.subject == c.issuer && c.is_ca;
}

// Until the control plane announces roots: those of the pod's file, by which its CA was known, and
// the one that this CA sent along.
std::vector<std::string> initialRoots(const std::string& file,
                                      const std::vector<std::string>& chain) {
  std::vector<std::string> out;
  const auto add = [&out](const std::string& pems) {
    const auto all = net::parseCertificatesPem(pems);
    if (!all) return;
    for (const net::Certificate& certificate : *all)
      if (selfSigned(certificate)) out.push_back(net::certificatePem(certificate.der));
  };
  add(file);
  if (!chain.empty()) add(chain.back());
  return out;
}

}  // namespace

Identity::Identity(io::World world, const AgentConfig& config, Upstream& upstream, Secrets& secrets,
                   SdsServer& sds)
    : world_(world),
      config_(config),
      upstream_(upstream),
      secrets_(secrets),
      sds_(sds),
      renew_(world.loop) {}

io::Task<void> Identity::keep() {
  Backoff backoff(world_.rng);
  std::string failure;
  for (;;) {
    const auto done = co_await ask();
    renew_.reset();
    if (!done) {
      // Said again only when there is something new to say.
      if (failure != done.error().message())
        world_.log.warn("no certificate",
                        {{"ca", config_.ca_address}, {"error", done.error().message()}});
      failure = done.error().message();
      co_await io::sleepFor(world_.loop, backoff.next());
      continue;
    }
    failure.clear();
    if (!endsInSigningRoot()) {
      // The CA is about to change: the announcement came before its new signer.
      world_.log.info("certificate does not end in the announced root yet");
      co_await io::sleepFor(world_.loop, backoff.next());
      continue;
    }
    backoff.reset();
    // Half of what was left when it came: a CA dates certificates back for clocks that are behind.
    const Duration half = (not_after_ - world_.clock().wall()) / 2;
    const Instant due = world_.clock().now() + std::max(half, kShortestRenewal);
    (void)co_await renew_.wait(due);
    renew_.reset();
  }
}

io::Task<Result<void>> Identity::ask() {
  MESHKA_CO_TRY(const net::PrivateKey key, net::PrivateKey::generateP256());
  MESHKA_CO_TRY(std::string request, requestBytes(key, config_));
  MESHKA_CO_TRY(const Connection to, co_await upstream_.open(config_.ca_address));
  MESHKA_CO_TRY(const std::string answer,
                co_await to.channel->unary(std::string(kMethod), std::move(request),
                                           world_.clock().now() + kSignTimeout, to.metadata));
  MESHKA_CO_TRY(const doc::Doc response,
                xds::decode("istio.v1.auth.IstioCertificateResponse", answer));
  std::vector<std::string> chain;
  for (const doc::Value pem : response["cert_chain"].elements()) chain.emplace_back(pem.text());
  if (announced_.empty()) {
    const auto file = co_await upstream_.rootFile();
    if (announced_.empty()) secrets_.setRoots(initialRoots(file.value_or(""), chain));
  }
  co_return install(chain, key.pem());
}

Result<void> Identity::install(const std::vector<std::string>& chain, std::string key_pem) {
  std::vector<net::Certificate> all;
  for (const std::string& pem : chain) {
    MESHKA_TRY(std::vector<net::Certificate> some, net::parseCertificatesPem(pem));
    for (net::Certificate& certificate : some) all.push_back(std::move(certificate));
  }
  if (all.empty()) return fail(Code::kInvalid, "the CA sent no certificate");
  MESHKA_TRY(const net::PrivateKey key, net::PrivateKey::parsePem(key_pem));
  if (all.front().public_key_der != key.publicKeyDer())
    return fail(Code::kInvalid, "the CA signed another key than ours");
  if (all.size() > 1 && selfSigned(all.back())) all.pop_back();
  chain_.clear();
  std::string pems;
  for (const net::Certificate& certificate : all) {
    chain_.push_back(certificate.der);
    pems += net::certificatePem(certificate.der);
  }
  not_after_ = all.front().not_after;
  ++issued_;
  secrets_.setIdentity(std::move(pems), std::move(key_pem));
  world_.log.info("certificate issued", {{"expires", toRfc3339(not_after_)}});
  return {};
}

bool Identity::endsInSigningRoot() const {
  if (announced_.empty() || chain_.empty()) return true;
  return net::verifyChain(chain_, announced_.front(), net::Usage::kAny, "", world_.clock().wall())
      .has_value();
}

io::Task<void> Identity::takeRoots(std::vector<std::string> pems) {
  if (pems.empty()) co_return;
  announced_ = pems;
  secrets_.setRoots(pems);
  if (!co_await sds_.rootsTaken(world_.clock().now() + kRootsTakenTimeout))
    world_.log.warn("Envoy has not taken the new roots");
  if (!endsInSigningRoot()) renew_.set();
}

}  // namespace meshka::mesh::agent
