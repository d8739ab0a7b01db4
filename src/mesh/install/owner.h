// Who an installed object belongs to: the labels by which later runs find, prune and remove it.
#pragma once

#include <string>
#include <vector>

#include "client/api_client.h"
#include "mesh/install/operator.h"

namespace meshka::mesh {

inline constexpr std::string_view kOwningResource = "install.operator.istio.io/owning-resource";
inline constexpr std::string_view kOwningNamespace =
    "install.operator.istio.io/owning-resource-namespace";
inline constexpr std::string_view kOwnerComponent = "operator.istio.io/component";
inline constexpr std::string_view kRevisionLabel = "istio.io/rev";

doc::Doc withOwner(const doc::Doc& object, std::string_view component,
                   const Installation& installation);

// A label selector for what this installation's name and revision own.
std::string ownerSelector(const Installation& installation);

// Of an object of an installation; asserts that its kind is one of them.
client::Resource resourceOf(doc::Value object);

struct OwnedKind {
  std::string_view kind;
  client::Resource resource;
  bool namespaced;
};
// Every kind that an installation has or had, in the order of removal; without the CRDs.
std::vector<OwnedKind> ownedKinds();

}  // namespace meshka::mesh
