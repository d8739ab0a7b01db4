// KindEntry: one served (group, version) of one kind, as data. Built-in entries are generated from
// schemas/kubernetes/kinds.txt; a CRD's versions get entries of the same form at run time
// (schema/crd.h).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "schema/schema.h"

namespace meshka::schema {

using Names = std::span<const std::string_view>;

struct SubresourceEntry {
  std::string_view name;                  // "status"
  std::string_view group, version, kind;  // of its body ("autoscaling", "v1", "Scale")
  Names verbs;                            // sorted
  uint8_t since = 0, until = 0;           // emulated minor versions that serve it; 0: no bound

  bool servedBy(uint8_t minor) const { return since <= minor && (until == 0 || minor <= until); }
};

struct FieldSelectorEntry {
  std::string_view label;  // "spec.nodeName"
  std::string_view
      path;  // "/spec/nodeName" (RFC 6901), where the value is found in the hub version
};

struct KindEntry {
  std::string_view group, version, kind, list_kind, plural, singular;
  Names short_names, categories;
  Names verbs;  // sorted
  std::span<const SubresourceEntry> subresources;
  const Schema* schema = nullptr;
  const Schema* list_schema = nullptr;  // nullptr: derived
  // Where objects are kept: versions and aliases of one kind share (storage_group, storage_version,
  // storage_plural).
  std::string_view storage_group, storage_version, storage_plural;
  uint8_t since = 0, until = 0;  // emulated minor versions that serve it; 0: no bound
  bool namespaced = false;
  bool stored = true;       // false: reviews and other calls that leave nothing behind
  bool has_status = false;  // status is written by the status subresource only
  bool counts_generation =
      false;  // metadata.generation grows when the object changes outside metadata and status
  bool graceful_delete = false;
  bool unconditional_update = true;  // PUT without resourceVersion is allowed
  bool create_on_update = false;     // PUT of an absent object creates it
  bool deprecated = false;           // of a custom kind; a built-in one says since when:
  uint8_t deprecated_since = 0;      // minor version; 0: not deprecated
  std::string_view replacement;      // "policy/v1 PodDisruptionBudget"; empty: there is none
  std::string_view
      name_rule;  // "dns-subdomain" (default, empty), "dns-label", "dns1035-label", "path-segment"
  std::string_view table;  // key of the table columns; by default the plural
  std::span<const FieldSelectorEntry>
      field_selectors;  // besides metadata.name and metadata.namespace
  Names immutable;      // pointers of fields that an update may not change: "/spec/selector"

  bool servedBy(uint8_t minor) const { return since <= minor && (until == 0 || minor <= until); }
};

}  // namespace meshka::schema
