#include "api/registry.h"

#include <algorithm>
#include <set>

#include "api/registry_state.h"
#include "base/strings.h"
#include "schema/tables.h"

namespace meshka::api {
namespace {

constexpr uint8_t kOldestMinor = 22;
constexpr uint8_t kNewestMinor = 37;

// The order of built-in groups in discovery; others follow by name.
constexpr std::string_view kGroupOrder[] = {"",
                                            "apiregistration.k8s.io",
                                            "apps",
                                            "events.k8s.io",
                                            "authentication.k8s.io",
                                            "authorization.k8s.io",
                                            "autoscaling",
                                            "batch",
                                            "certificates.k8s.io",
                                            "networking.k8s.io",
                                            "policy",
                                            "rbac.authorization.k8s.io",
                                            "storage.k8s.io",
                                            "admissionregistration.k8s.io",
                                            "apiextensions.k8s.io",
                                            "scheduling.k8s.io",
                                            "coordination.k8s.io",
                                            "node.k8s.io",
                                            "discovery.k8s.io",
                                            "flowcontrol.apiserver.k8s.io"};

size_t groupRank(std::string_view group) {
  return static_cast<size_t>(std::ranges::find(kGroupOrder, group) - std::begin(kGroupOrder));
}

}  // namespace

bool GroupOrder::operator()(std::string_view a, std::string_view b) const {
  size_t ra = groupRank(a), rb = groupRank(b);
  return ra != rb ? ra < rb : a < b;
}

bool VersionOrder::operator()(std::string_view a, std::string_view b) const {
  return schema::versionBefore(a, b);
}

Result<Emulation> parseEmulation(std::string_view text) {
  std::string_view rest = text.starts_with('v') ? text.substr(1) : text;
  size_t end = rest.find_first_of("+-");
  std::vector<std::string_view> parts = split(rest.substr(0, end), '.');
  std::optional<int64_t> major = parseInt(parts[0]);
  std::optional<int64_t> minor = parts.size() > 1 ? parseInt(parts[1]) : std::nullopt;
  if (!major || !minor || parts.size() > 3 || *minor < 0) {
    return fail(Code::kInvalid,
                cat("kubernetes version \"", text, "\" is not of the form v1.N or v1.N.P"));
  }
  if (*major != 1 || *minor < kOldestMinor || *minor > kNewestMinor) {
    return fail(Code::kUnsupported,
                cat("kubernetes version \"", text, "\" is not supported: 1.", int{kOldestMinor},
                    " to 1.", int{kNewestMinor}, " can be emulated"));
  }
  Emulation emulation{.minor = static_cast<uint8_t>(*minor),
                      .git_version = cat("v1.", *minor, ".0")};
  if (parts.size() == 3) emulation.git_version = cat("v", rest);
  return emulation;
}

Registry::Registry(Emulation emulation) : Registry(std::move(emulation), schema::builtinKinds()) {}

Registry::Registry(Emulation emulation, std::span<const schema::KindEntry> kinds)
    : emulation_(std::move(emulation)), state_(std::make_unique<State>()) {
  for (const schema::KindEntry& entry : kinds) (void)add(entry);
}

Registry::~Registry() = default;
Registry::Registry(Registry&&) noexcept = default;

Result<void> Registry::add(const schema::KindEntry& entry) {
  auto kind = std::make_shared<const Kind>(entry);
  if (entry.version == entry.storage_version && entry.group == entry.storage_group) {
    state_->hubs[kind->storageName()] = kind;
  }
  if (!entry.servedBy(emulation_.minor)) return {};
  auto& kinds = state_->groups[std::string(entry.group)][std::string(entry.version)];
  if (!kinds.emplace(std::string(entry.plural), kind).second) {
    return fail(Code::kAlreadyExists,
                cat(kind->resourceName(), " is registered already in version ", entry.version));
  }
  revision_++;
  return {};
}

Result<void> Registry::putCustom(std::shared_ptr<const schema::CustomKind> custom) {
  auto group = state_->groups.find(custom->group);
  if (group != state_->groups.end()) {
    for (const auto& [version, kinds] : group->second) {
      for (const auto& [plural, kind] : kinds) {
        if (kind->custom() != nullptr && kind->custom()->name == custom->name) continue;
        if (plural == custom->plural || kind->kind() == custom->kind ||
            kind->kind() == custom->list_kind) {
          return fail(Code::kAlreadyExists,
                      cat("\"", custom->name, "\" is in conflict with ", kind->resourceName()));
        }
      }
    }
  }
  removeCustom(custom->name);
  for (size_t i = 0; i < custom->versions.size(); i++) {
    auto kind = std::make_shared<const Kind>(custom, i);
    if (custom->versions[i].storage) state_->hubs[kind->storageName()] = kind;
    if (custom->versions[i].served)
      state_->groups[custom->group][custom->versions[i].name][custom->plural] = kind;
  }
  revision_++;
  return {};
}

void Registry::removeCustom(std::string_view crd_name) {
  auto hub = state_->hubs.find(crd_name);
  if (hub == state_->hubs.end() || hub->second->custom() == nullptr) return;
  std::string group_name(hub->second->group()), plural(hub->second->plural());
  state_->hubs.erase(hub);
  revision_++;
  auto group = state_->groups.find(group_name);
  if (group == state_->groups.end()) return;
  for (auto version = group->second.begin(); version != group->second.end();) {
    version->second.erase(plural);
    version = version->second.empty() ? group->second.erase(version) : std::next(version);
  }
  if (group->second.empty()) state_->groups.erase(group);
}

KindRef Registry::find(std::string_view group, std::string_view version,
                       std::string_view plural) const {
  auto g = state_->groups.find(group);
  if (g == state_->groups.end()) return nullptr;
  auto v = g->second.find(version);
  if (v == g->second.end()) return nullptr;
  auto k = v->second.find(plural);
  return k == v->second.end() ? nullptr : k->second;
}

KindRef Registry::findKind(std::string_view group, std::string_view version,
                           std::string_view kind) const {
  auto g = state_->groups.find(group);
  if (g == state_->groups.end()) return nullptr;
  auto v = g->second.find(version);
  if (v == g->second.end()) return nullptr;
  for (const auto& [plural, found] : v->second) {
    if (found->kind() == kind) return found;
  }
  return nullptr;
}

KindRef Registry::preferred(std::string_view group, std::string_view plural) const {
  auto g = state_->groups.find(group);
  if (g == state_->groups.end()) return nullptr;
  for (const auto& [version, kinds] : g->second) {
    if (auto k = kinds.find(plural); k != kinds.end()) return k->second;
  }
  return nullptr;
}

KindRef Registry::hub(const Kind& kind) const {
  auto found = state_->hubs.find(kind.storageName());
  if (found != state_->hubs.end()) return found->second;
  // A custom kind that is gone, or a kind that nothing stores: its own form.
  if (kind.custom() == nullptr) return std::make_shared<const Kind>(kind.entry());
  for (size_t i = 0; i < kind.custom()->versions.size(); i++) {
    if (!kind.custom()->versions[i].storage) continue;
    std::shared_ptr<const schema::CustomKind> custom = kind.customRef();
    return std::make_shared<const Kind>(std::move(custom), i);
  }
  return nullptr;
}

std::vector<KindRef> Registry::all() const {
  std::vector<KindRef> out;
  for (const auto& [group, versions] : state_->groups) {
    for (const auto& [version, kinds] : versions) {
      for (const auto& [plural, kind] : kinds) out.push_back(kind);
    }
  }
  return out;
}

std::vector<KindRef> Registry::storedKinds() const {
  std::vector<KindRef> out;
  std::set<std::string> seen;
  for (const KindRef& kind : all()) {
    if (kind->entry().stored && seen.insert(kind->storageName()).second) out.push_back(hub(*kind));
  }
  return out;
}

std::vector<std::string> Registry::versions(std::string_view group) const {
  std::vector<std::string> out;
  auto g = state_->groups.find(group);
  if (g == state_->groups.end()) return out;
  for (const auto& [version, kinds] : g->second) out.push_back(version);
  return out;
}

std::vector<std::string> Registry::groups() const {
  std::vector<std::string> out;
  for (const auto& [group, versions] : state_->groups) out.push_back(group);
  return out;
}

}  // namespace meshka::api
