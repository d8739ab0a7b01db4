// AuthorizationPolicies of a workload as Envoy's RBAC filters.
#pragma once

#include <vector>

#include "mesh/model/model.h"
#include "mesh/translate/envoy/draft.h"

namespace meshka::mesh {

enum class RbacKind : uint8_t { kHttp, kTcp };

// DENY first, then ALLOW; empty where no policy holds.
std::vector<Draft> rbacFilters(const Model& model, std::string_view ns, const Labels& labels,
                               RbacKind kind);

// Fields that are not translated, "rules[0].when[1].key request.auth.claims[x]"; the safe side is
// taken: an ALLOW rule then never matches, a DENY rule matches more.
std::vector<std::string> untranslatedFields(doc::Value policy);

}  // namespace meshka::mesh
