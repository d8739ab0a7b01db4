// API objects in the store: keys, ranges, and the forms between the stored (hub) version and the
// served ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/registry.h"
#include "doc/doc.h"
#include "io/loop.h"
#include "store/store.h"

namespace meshka::apiserver {

class Objects {
 public:
  Objects(store::Store& store, const api::Registry& registry, std::string cluster)
      : store_(store), registry_(registry), cluster_(std::move(cluster)) {}

  store::Store& store() const { return store_; }
  const api::Registry& registry() const { return registry_; }
  const std::string& cluster() const { return cluster_; }

  store::Key key(const api::Kind& kind, std::string_view ns, std::string_view name) const;
  store::Range range(const api::Kind& kind, std::string_view ns) const;  // ns "": all
  store::Key key(std::string_view group, std::string_view plural, std::string_view ns,
                 std::string_view name) const;

  // Newest stored form. Missing when absent.
  doc::Doc find(std::string_view group, std::string_view plural, std::string_view ns,
                std::string_view name) const;
  std::vector<doc::Doc> list(std::string_view group, std::string_view plural,
                             std::string_view ns) const;

  // Stored form to the version of `kind`, and back.
  Result<doc::Doc> present(const api::Kind& kind, const doc::Doc& stored) const;
  Result<doc::Doc> toHub(const api::Kind& kind, const doc::Doc& object) const;

 private:
  store::Store& store_;
  const api::Registry& registry_;
  std::string cluster_;
};

// metadata.resourceVersion := revision. The store's Stamp.
doc::Doc stampRevision(doc::Value value, store::Revision revision);
// The revision that a value carries; 0 when none.
store::Revision revisionOf(doc::Value value);

}  // namespace meshka::apiserver
