// The kind registry of one API server: which kinds it serves in which versions, for an emulated
// Kubernetes version. Built-in kinds come from schemas/ (schema/tables.h), custom kinds are put in
// and taken out at run time; both are found, described and converted in the same way.
//
// A Kind is immutable and shared: a request keeps its KindRef although the CRD goes away meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"
#include "schema/crd.h"
#include "schema/kind.h"

namespace meshka::api {

class Kind;
using KindRef = std::shared_ptr<const Kind>;

// One served (group, version) of one kind.
class Kind {
 public:
  // A built-in kind; `entry` lives as long as the program.
  explicit Kind(const schema::KindEntry& entry) : entry_(entry) {}
  // One version of a custom kind.
  Kind(std::shared_ptr<const schema::CustomKind> custom, size_t version);
  Kind(const Kind&) = delete;
  Kind& operator=(const Kind&) = delete;

  const schema::KindEntry& entry() const { return entry_; }
  const schema::KindEntry* operator->() const { return &entry_; }
  const schema::Schema& schema() const { return *entry_.schema; }
  std::string_view group() const { return entry_.group; }
  std::string_view version() const { return entry_.version; }
  std::string_view kind() const { return entry_.kind; }
  std::string_view plural() const { return entry_.plural; }
  bool namespaced() const { return entry_.namespaced; }
  // "v1", "apps/v1".
  std::string apiVersion() const;
  // "pods", "deployments.apps": how Kubernetes names the resource in errors.
  std::string resourceName() const;
  // Prefix of the objects' keys in the store: "pods", "deployments.apps"; the same for all
  // versions.
  std::string storageName() const;
  bool isHub() const {
    return entry_.version == entry_.storage_version && entry_.group == entry_.storage_group;
  }
  bool allows(std::string_view verb) const;
  // The text of the Warning header when this version is deprecated at `minor`; empty when it is
  // not.
  std::string deprecationWarning(uint8_t minor) const;
  const schema::SubresourceEntry* subresource(std::string_view name) const;

  // Set for custom kinds only.
  const schema::CustomKind* custom() const { return custom_.get(); }
  std::shared_ptr<const schema::CustomKind> customRef() const { return custom_; }
  const schema::CustomVersion* customVersion() const { return custom_version_; }

 private:
  schema::KindEntry entry_;
  std::shared_ptr<const schema::CustomKind> custom_;
  const schema::CustomVersion* custom_version_ = nullptr;
  // What entry_ points to when the kind is custom.
  std::vector<std::string_view> short_names_, categories_;
  std::vector<schema::SubresourceEntry> subresources_;
  std::vector<std::string> texts_;
  std::vector<schema::FieldSelectorEntry> selectors_;
};

// The emulated version. "1.22", "v1.22.5", "1.30+k3s1" are understood; errors kInvalid,
// kUnsupported (not 1.22 to 1.37).
struct Emulation {
  uint8_t minor = 37;
  std::string git_version = "v1.37.0";
};
Result<Emulation> parseEmulation(std::string_view text);

class Registry {
 public:
  // The built-in kinds that `emulation` serves.
  explicit Registry(Emulation emulation);
  // Nothing but `kinds` (tests), and what add() brings.
  Registry(Emulation emulation, std::span<const schema::KindEntry> kinds);
  Registry(Registry&&) noexcept;
  ~Registry();

  const Emulation& emulation() const { return emulation_; }
  // Grows with every change; what is derived from the registry is cached by it.
  uint64_t revision() const { return revision_; }

  // The registration point of built-in kinds: an entry is all that a kind needs. Errors:
  // kAlreadyExists.
  Result<void> add(const schema::KindEntry& entry);
  // All served versions of an established CRD; replaces what had the same CRD name. Errors:
  // kAlreadyExists when a name (plural, kind, short name) of the group is taken by another kind.
  Result<void> putCustom(std::shared_ptr<const schema::CustomKind> custom);
  void removeCustom(std::string_view crd_name);

  // nullptr when not served.
  KindRef find(std::string_view group, std::string_view version, std::string_view plural) const;
  KindRef findKind(std::string_view group, std::string_view version, std::string_view kind) const;
  // In the group's preferred version that has it.
  KindRef preferred(std::string_view group, std::string_view plural) const;
  // The version in which objects of this kind are stored (also when it is not served); never
  // nullptr.
  KindRef hub(const Kind& kind) const;
  // Every served kind, sorted by group, version (best first), plural.
  std::vector<KindRef> all() const;
  // One per stored kind (events and events.k8s.io are one), in hub form: garbage collection,
  // namespace deletion.
  std::vector<KindRef> storedKinds() const;
  // Served versions of a group, best first; empty when the group is not served.
  std::vector<std::string> versions(std::string_view group) const;
  std::vector<std::string> groups() const;  // "" first, then in the order of discovery

  // Documents of discovery.
  doc::Doc apiVersions(std::string_view server_address) const;  // GET /api
  doc::Doc apiGroupList() const;                                // GET /apis
  Result<doc::Doc> apiGroup(std::string_view group) const;      // GET /apis/G
  Result<doc::Doc> apiResourceList(std::string_view group,
                                   std::string_view version) const;  // GET /apis/G/V, /api/V
  // apidiscovery.k8s.io v2 or v2beta1; core: of /api, else of /apis.
  doc::Doc aggregatedDiscovery(bool core, std::string_view discovery_version) const;

 private:
  struct State;
  Emulation emulation_;
  uint64_t revision_ = 1;
  std::unique_ptr<State> state_;
};

}  // namespace meshka::api
