#include "mgmt/trust/cert_agent.h"

#include "base/strings.h"
#include "mgmt/agent/watched.h"
#include "mgmt/limits.h"
#include "mgmt/objects/applier.h"
#include "mgmt/server/brain.h"
#include "mgmt/trust/names.h"

namespace meshka::mgmt {

using client::ObjectKey;
using doc::Doc;
using doc::Draft;
using doc::Value;
using io::Task;

namespace {

const client::Resource kSecretResource{"", "v1", "secrets"};
const client::Resource kRequestResource{"internal.gloo.solo.io", "v2", "certificaterequests"};

bool isOurs(Value object) {
  return object["metadata"]["labels"][kReconcilerLabel].text() == kCertAgentReconciler;
}

std::string decoded(Value map, std::string_view key) {
  return base64Decode(map[key].text()).value_or("");
}

WallTime dueAt(const net::Certificate& c) {
  return c.not_before + (c.not_after - c.not_before) / 100 * kRenewAtPercent;
}

// The public key of the authority in this Secret if it is to be replaced; else "".
std::string staleKey(Value secret, WallTime now) {
  const auto chain = net::parseCertificatesPem(decoded(secret["data"], "ca-cert.pem"));
  if (!chain || chain->empty() || dueAt(chain->front()) > now) return {};
  return chain->front().public_key_der;
}

}  // namespace

// cacerts of one namespace, alone.
struct CertAgent::Secrets final : client::CollectionHandler {
  explicit Secrets(CertAgent& o) : owner(o) {}
  ~Secrets() override { collection->removeHandler(*this); }
  void onChange(const ObjectKey& key, const Doc&, const Doc& after) override {
    owner.view_.tell("secrets", key, after.exists() ? toldSecret(after) : Doc());
    owner.onSynced();
  }
  void onSynced() override { owner.onSynced(); }
  CertAgent& owner;
  std::unique_ptr<client::Collection> collection;
};

CertAgent::CertAgent(io::World world, client::ApiClient& client, LiveKinds& kinds,
                     ClusterView& view, StatusWriter& statuses, std::string cluster)
    : world_(world),
      client_(client),
      kinds_(kinds),
      view_(view),
      statuses_(statuses),
      cluster_(std::move(cluster)),
      queue_(world.loop, world.rng, world.log, {.name = "certificates", .workers = 1},
             [this](std::string key) { return work(std::move(key)); }) {
  kinds_.addHandler(*this);
}

CertAgent::~CertAgent() = default;

void CertAgent::onObject(const LiveKind& kind, const ObjectKey& key, const Doc&, const Doc& after) {
  if (kind.name != kIssuedCertificates && kind.name != kCertificateRequests) return;
  // One that goes may come back at once: nothing is thrown away before that is clear.
  if (kind.name == kIssuedCertificates && !after.exists())
    queue_.addAfter(key.toString(), kTrustCleanUpDelay);
  else
    queue_.add(key.toString());
}

// Everything again: something that is not per certificate changed.
void CertAgent::onSynced() {
  for (const std::string_view kind : {kIssuedCertificates, kCertificateRequests}) {
    for (const Doc& object : kinds_.list(kind)) queue_.add(ObjectKey::of(object).toString());
  }
}

client::Collection& CertAgent::secretsOf(const std::string& ns) {
  std::unique_ptr<Secrets>& out = secrets_[ns];
  if (out == nullptr) {
    out = std::make_unique<Secrets>(*this);
    out->collection =
        client::makeCollection(world_.loop, world_.rng, world_.log, client_, kSecretResource,
                               {.ns = ns, .field_selector = cat("metadata.name=", kMeshSecret)});
    out->collection->addHandler(*out);
  }
  return *out->collection;
}

Task<Result<void>> CertAgent::work(std::string text) {
  if (!kinds_.hasSynced()) co_return Result<void>();
  const ObjectKey key = ObjectKey::parse(text);
  const Doc* issued = kinds_.get(kIssuedCertificates, key);
  if (!secretsOf(key.ns).hasSynced()) co_return Result<void>();  // comes back then
  if (issued == nullptr) co_return co_await cleanUp(key);
  co_return co_await advance(key, *issued);
}

Task<Result<void>> CertAgent::advance(ObjectKey key, Doc issued) {
  const Doc* present = secretsOf(key.ns).get(key.ns, kMeshSecret);
  if (present != nullptr && !isOurs(*present) &&
      present->value()["metadata"]["annotations"][kAdoptAnnotation].text() != "true") {
    state(key, issued, "INVALID",
          cat("secret ", key.ns, "/", kMeshSecret,
              " was not made by the management plane and is "
              "left alone, so this mesh keeps its own root: delete it, or annotate it with ",
              kAdoptAnnotation, "=true to have it replaced"));
    co_return Result<void>();
  }
  const WallTime now = world_.clock().wall();
  const std::string stale =
      present != nullptr && isOurs(*present) ? staleKey(*present, now) : std::string();
  MESHKA_CO_TRY(const net::PrivateKey private_key, co_await keyOf(key, stale));
  const Doc* request = kinds_.get(kCertificateRequests, key);
  const auto csr = net::parseRequestPem(
      request == nullptr ? "" : decoded(request->value()["spec"], "certificateSigningRequest"));
  if (!csr || csr->public_key_der != private_key.publicKeyDer()) {
    state(key, issued, "REQUESTED", "");
    co_return co_await writeRequest(key, issued, private_key);
  }
  const Value status = request->value()["status"];
  if (status["state"].text() == "FAILED") {
    state(key, issued, "FAILED", cat("not signed: ", status["message"].text()));
    co_return Result<void>();
  }
  const auto chain = net::parseCertificatesPem(decoded(status, "signedCertificate"));
  if (!chain || chain->empty() || chain->front().public_key_der != private_key.publicKeyDer()) {
    state(key, issued, "REQUESTED", "waiting for the management server's signature");
    co_return Result<void>();
  }
  const Doc kept = status.doc();
  MESHKA_CO_CHECK(co_await writeMeshSecret(key, kept, private_key));
  state(key, issued, "ISSUED",
        cat("serial ", chain->front().serial_hex, ", valid until ",
            toRfc3339(chain->front().not_after)));
  const WallTime next = dueAt(chain->front());
  if (next > now) queue_.addAfter(key.toString(), next - now);
  co_return Result<void>();
}

Task<Result<net::PrivateKey>> CertAgent::keyOf(ObjectKey key, std::string stale) {
  const Instant deadline = world_.clock().now() + kCallTimeout;
  auto found = co_await client_.get(kSecretResource, key.ns, key.name, deadline);
  if (!found && found.error().code() != Code::kNotFound) co_return fail(found.error());
  if (found && !isOurs(*found)) {
    co_return fail(Code::kAlreadyExists, cat("secret ", key.toString(),
                                             " exists and was not made by the agent: delete it"));
  }
  if (found) {
    auto known = net::PrivateKey::parsePem(decoded((*found)["data"], "private-key"));
    if (known && known->publicKeyDer() != stale) co_return known;
  }
  MESHKA_CO_TRY(net::PrivateKey fresh, net::PrivateKey::generateP256());
  Draft secret = Draft::object({{"apiVersion", "v1"}, {"kind", "Secret"}});
  secret["metadata"] = metadata(key, key.name);
  secret["type"] = "certificates.mesh.gloo.solo.io/private_key";
  secret["data"] = Draft::object({{"private-key", base64Encode(fresh.pem())}});
  if (found) {
    secret["type"] = Draft((*found)["type"]);
    secret["metadata"]["resourceVersion"] = (*found)["metadata"]["resourceVersion"];
  }
  auto written = found
                     ? co_await client_.update(kSecretResource, key.ns, secret.finish(), deadline)
                     : co_await client_.create(kSecretResource, key.ns, secret.finish(), deadline);
  if (!written) co_return fail(written.error());
  world_.log.info("key of a mesh made", {{"mesh", key.name}});
  co_return fresh;
}

Task<Result<void>> CertAgent::writeRequest(ObjectKey key, Value issued,
                                           const net::PrivateKey& private_key) {
  net::SubjectAltNames sans;
  for (const Value host : issued["spec"]["hosts"].elements()) sans.uris.emplace_back(host.text());
  MESHKA_CO_TRY(
      const std::string csr,
      net::createRequestPem(private_key, "",
                            {std::string(issued["spec"]["certOptions"]["orgName"].text())}, sans));
  Draft request = Draft::object({{"apiVersion", kInternalApi}, {"kind", "CertificateRequest"}});
  request["metadata"] = metadata(key, key.name);
  request["spec"] = Draft::object({{"certificateSigningRequest", base64Encode(csr)}});
  const Instant deadline = world_.clock().now() + kCallTimeout;
  const Doc* present = kinds_.get(kCertificateRequests, key);
  Result<Doc> written = fail(Code::kInternal, "not written");
  if (present == nullptr) {
    written = co_await client_.create(kRequestResource, key.ns, request.finish(), deadline);
  } else {
    request["metadata"]["resourceVersion"] = present->value()["metadata"]["resourceVersion"];
    written = co_await client_.update(kRequestResource, key.ns, request.finish(), deadline);
  }
  if (!written) co_return fail(written.error());
  co_return Result<void>();
}

Task<Result<void>> CertAgent::writeMeshSecret(ObjectKey key, Value status,
                                              const net::PrivateKey& private_key) {
  Draft secret = Draft::object({{"apiVersion", "v1"}, {"kind", "Secret"}});
  secret["metadata"] = metadata(key, kMeshSecret);
  secret["type"] = "certificates.mesh.gloo.solo.io/issued_certificate";
  secret["data"] = Draft::object({{"ca-cert.pem", status["signedCertificate"]},
                                  {"ca-key.pem", base64Encode(private_key.pem())},
                                  {"cert-chain.pem", status["certChain"]},
                                  {"root-cert.pem", status["signingRootCa"]},
                                  {"key.pem", ""}});
  const Doc* present = secretsOf(key.ns).get(key.ns, kMeshSecret);
  const Instant deadline = world_.clock().now() + kCallTimeout;
  if (present == nullptr) {
    auto made = co_await client_.create(kSecretResource, key.ns, secret.finish(), deadline);
    if (!made) co_return fail(made.error());
    world_.log.info("authority of a mesh written", {{"secret", cat(key.ns, "/", kMeshSecret)}});
    co_return Result<void>();
  }
  secret["type"] = Draft(present->value()["type"]);  // cannot change
  const Doc wanted = secret.finish();
  if (present->value()["data"] == wanted["data"] && isOurs(*present)) co_return Result<void>();
  Draft next(wanted);
  next["metadata"]["resourceVersion"] = present->value()["metadata"]["resourceVersion"];
  auto written = co_await client_.update(kSecretResource, key.ns, next.finish(), deadline);
  if (!written) co_return fail(written.error());
  world_.log.info("authority of a mesh replaced", {{"secret", cat(key.ns, "/", kMeshSecret)}});
  co_return Result<void>();
}

Task<Result<void>> CertAgent::cleanUp(ObjectKey key) {
  const Instant deadline = world_.clock().now() + kCallTimeout;
  const Doc* request = kinds_.get(kCertificateRequests, key);
  if (request == nullptr || !isOurs(*request)) co_return Result<void>();
  const Doc* present = secretsOf(key.ns).get(key.ns, kMeshSecret);
  const bool of_this =
      present != nullptr && isOurs(*present) &&
      present->value()["metadata"]["labels"]["gloo.solo.io/parent_name"].text() == key.name;
  if (of_this) {
    auto gone = co_await client_.remove(kSecretResource, key.ns, kMeshSecret, {}, deadline);
    if (!gone && gone.error().code() != Code::kNotFound) co_return fail(gone.error());
  }
  auto gone = co_await client_.remove(kSecretResource, key.ns, key.name, {}, deadline);
  if (!gone && gone.error().code() != Code::kNotFound) co_return fail(gone.error());
  // Last: it is what tells us that there is something to clean up.
  gone = co_await client_.remove(kRequestResource, key.ns, key.name, {}, deadline);
  if (!gone && gone.error().code() != Code::kNotFound) co_return fail(gone.error());
  world_.log.info("authority of a mesh removed", {{"mesh", key.name}});
  co_return Result<void>();
}

Draft CertAgent::metadata(const ObjectKey& key, std::string_view name) const {
  Draft labels = outputLabels(cluster_, key.ns, kCertAgentReconciler);
  labels["gloo.solo.io/parent_cluster"] = cluster_;
  labels["gloo.solo.io/parent_group"] = "internal.gloo.solo.io";
  labels["gloo.solo.io/parent_kind"] = "IssuedCertificate";
  labels["gloo.solo.io/parent_name"] = key.name;
  labels["gloo.solo.io/parent_namespace"] = key.ns;
  labels["gloo.solo.io/parent_version"] = "v2";
  return Draft::object({{"name", name}, {"namespace", key.ns}, {"labels", std::move(labels)}});
}

void CertAgent::state(const ObjectKey& key, Value issued, std::string_view state,
                      std::string message) {
  Draft status =
      Draft::object({{"observedGeneration", issued["metadata"]["generation"]}, {"state", state}});
  if (!message.empty()) status["message"] = message;
  statuses_.set(std::string(kIssuedCertificates), key, status.finish());
}

}  // namespace meshka::mgmt
