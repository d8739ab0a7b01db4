#include "mesh/ca/ca_keeper.h"

#include <algorithm>

#include "base/strings.h"
#include "doc/json.h"
#include "io/async.h"
#include "mesh/ca/limits.h"
#include "mesh/ca/root_config_maps.h"

namespace meshka::mesh {
namespace {

const client::Resource kSecrets{"", "v1", "secrets"};
const client::Resource kConfigMaps{"", "v1", "configmaps"};
constexpr const char* kCacerts = "cacerts";
constexpr const char* kSelfSigned = "istio-ca-secret";
// Roots that still have living certificates, with the end of each: survives a restart.
constexpr const char* kRetired = "istio-ca-retired-roots";
constexpr const char* kRetiredKey = "roots.json";

}  // namespace

CaKeeper::CaKeeper(io::World& world, client::ApiClient& api, std::string root_namespace)
    : world_(world),
      api_(api),
      root_namespace_(std::move(root_namespace)),
      spread_deadline_(world.loop, [this] { finishSpreading("time is over"); }),
      expiry_(world.loop,
              [this] {
                if (rotation_->expire(world_.clock().wall())) {
                  world_.log.info("a retired root is no longer trusted");
                  tellRoots();
                  saveRetired();
                }
                armExpiry();
              }),
      look_(world.loop,
            [this] {
              if (!spreading()) return;
              const bool all = std::ranges::all_of(
                  listeners_, [](const RootsListener* l) { return l->rootsSettled(); });
              if (all) finishSpreading("everybody trusts it");
            }),
      writes_(world.loop, 4) {}

CaKeeper::~CaKeeper() {
  if (cacerts_) cacerts_->removeHandler(*this);
}

// Missing: an empty document.
io::Task<Result<doc::Doc>> CaKeeper::read(client::Resource resource, std::string name,
                                          Instant deadline) {
  auto found = co_await api_.get(std::move(resource), root_namespace_, std::move(name), deadline);
  if (!found && found.error().code() == Code::kNotFound) co_return doc::Doc();
  co_return found;
}

io::Task<Result<CaMaterial>> CaKeeper::selfSigned(doc::Doc secret, Instant deadline) {
  const WallTime now = world_.clock().wall();
  if (secret.exists()) co_return selfSignedCa(secret, now);
  MESHKA_CO_TRY(CaMaterial made, newSelfSignedCa(trust_domain_, now, world_.rng));
  const auto created = co_await api_.create(kSecrets, root_namespace_,
                                            selfSignedSecret(made, root_namespace_), deadline);
  if (created) {
    world_.log.info("made a self-signed authority", {{"secret", kSelfSigned}});
    co_return made;
  }
  if (created.error().code() != Code::kAlreadyExists) co_return fail(created.error());
  MESHKA_CO_TRY(const doc::Doc other, co_await read(kSecrets, kSelfSigned, deadline));
  co_return selfSignedCa(other, now);
}

io::Task<Result<std::vector<RetiredRoot>>> CaKeeper::readRetired(Instant deadline) {
  MESHKA_CO_TRY(const doc::Doc secret, co_await read(kSecrets, kRetired, deadline));
  std::vector<RetiredRoot> out;
  const auto text = base64Decode(secret["data"][kRetiredKey].text());
  if (!secret.exists() || !text) co_return out;
  const auto list = doc::parseJson(*text);
  if (!list) co_return fail(list.error().with(cat("secret ", kRetired)));
  for (const doc::Value entry : list->value().elements()) {
    const auto until = parseRfc3339(entry["until"].text());
    if (until) out.push_back({std::string(entry["root"].text()), *until});
  }
  co_return out;
}

io::Task<Result<void>> CaKeeper::start(Instant deadline) {
  MESHKA_CO_TRY(const doc::Doc plugged, co_await read(kSecrets, kCacerts, deadline));
  MESHKA_CO_TRY(const doc::Doc own, co_await read(kSecrets, kSelfSigned, deadline));
  MESHKA_CO_TRY(const doc::Doc published, co_await read(kConfigMaps, kRootConfigMap, deadline));
  MESHKA_CO_TRY(std::vector<RetiredRoot> retired, co_await readRetired(deadline));
  const WallTime now = world_.clock().wall();
  const std::string trusted = fingerprintOf(published["data"]["root-cert.pem"].text());
  std::optional<CaMaterial> later;
  std::optional<CaMaterial> current;
  if (plugged.exists()) {
    MESHKA_CO_TRY(CaMaterial material, pluggedInCa(plugged, now));
    // The change came while nobody was here: it starts from what everybody trusts.
    const auto old =
        own.exists() ? selfSignedCa(own, now) : Result<CaMaterial>(fail(Code::kNotFound, "none"));
    if (old && !trusted.empty() && fingerprintOf(old->root_pem) == trusted &&
        fingerprintOf(material.root_pem) != trusted) {
      current = *old;
      later = std::move(material);
    } else {
      current = std::move(material);
    }
  } else {
    MESHKA_CO_TRY(current, co_await selfSigned(own, deadline));
  }
  rotation_.emplace(std::move(*current), std::move(retired), now);
  useSigner();
  tellRoots();
  armExpiry();
  if (later) offer(std::move(*later));
  cacerts_ = client::makeCollection(
      world_.loop, world_.rng, world_.log, api_, kSecrets,
      {.ns = root_namespace_, .field_selector = cat("metadata.name=", kCacerts)});
  cacerts_->addHandler(*this);
  co_return Result<void>();
}

void CaKeeper::onChange(const client::ObjectKey& key, const doc::Doc&, const doc::Doc& after) {
  if (key.name != kCacerts) return;
  if (!after.exists()) {
    world_.log.warn("secret cacerts is gone; its authority signs on until istiod starts again");
    return;
  }
  auto material = pluggedInCa(after, world_.clock().wall());
  if (!material) {
    world_.log.error("secret cacerts cannot be used; the authority stays as it is",
                     {{"error", material.error().message()}});
    return;
  }
  offer(std::move(*material));
}

void CaKeeper::offer(CaMaterial next) {
  const bool was_spreading = spreading();
  const CaMaterial before = rotation_->signer();
  if (!rotation_->offer(std::move(next), world_.clock().wall())) return;
  if (!(rotation_->signer() == before)) {
    world_.log.info("another authority signs now, under the same root");
    useSigner();
  }
  tellRoots();
  if (spreading()) {
    startSpreading();
  } else if (was_spreading) {
    spread_deadline_.cancel();
  }
}

void CaKeeper::startSpreading() {
  world_.log.info("a new root of trust: old and new are trusted, the old one signs");
  spread_deadline_.armAfter(kRootSpreadTimeout);
  poke();
}

void CaKeeper::poke() {
  if (spreading()) look_.armAfter(Duration{});
}

void CaKeeper::finishSpreading(std::string why) {
  spread_deadline_.cancel();
  if (!rotation_->spread(world_.clock().wall())) return;
  world_.log.info("the new root's authority signs now", {{"because", why}});
  useSigner();
  tellRoots();
  armExpiry();
  saveRetired();
}

void CaKeeper::useSigner() {
  auto signer = Signer::create(rotation_->signer());
  if (!signer) {  // the material was looked at when it was read
    world_.log.error("the authority's keys cannot be used", {{"error", signer.error().message()}});
    return;
  }
  signer_.emplace(std::move(*signer));
  for (RootsListener* listener : listeners_) listener->onSigner();
}

void CaKeeper::tellRoots() {
  const std::string bundle = rotation_->bundle();
  for (RootsListener* listener : listeners_) listener->onRoots(bundle);
}

void CaKeeper::onIssued(WallTime not_after) {
  rotation_->noteIssued(not_after);
}

void CaKeeper::armExpiry() {
  const auto next = rotation_->nextExpiry();
  if (next) expiry_.armAfter(std::max(*next - world_.clock().wall(), seconds(1)));
}

void CaKeeper::saveRetired() {
  if (!writes_.spawn(writeRetired())) {
    world_.log.warn("retired roots are not written: too many writes wait");
  }
}

io::Task<void> CaKeeper::writeRetired() {
  using doc::Draft;
  Draft list = Draft::array();
  for (const RetiredRoot& r : rotation_->retired()) {
    list.push(Draft::object({{"root", r.pem}, {"until", toRfc3339(r.until)}}));
  }
  Draft secret = Draft::object();
  secret["apiVersion"] = "v1";
  secret["kind"] = "Secret";
  secret["type"] = "istio.io/ca-root";
  secret["metadata"]["name"] = kRetired;
  secret["metadata"]["namespace"] = root_namespace_;
  secret["data"][kRetiredKey] = base64Encode(doc::toJson(list.finish()));
  const Instant deadline = world_.clock().now() + kSecretCallTimeout;
  const doc::Doc object = secret.finish();
  auto written = co_await api_.update(kSecrets, root_namespace_, object, deadline);
  if (!written && written.error().code() == Code::kNotFound) {
    written = co_await api_.create(kSecrets, root_namespace_, object, deadline);
  }
  if (!written) {
    world_.log.error("retired roots cannot be written; a restart would forget them",
                     {{"error", written.error().message()}});
  }
}

}  // namespace meshka::mesh
