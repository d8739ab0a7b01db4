// The rules by kind, and what they share. Used by the .cc files of this folder only.
#pragma once

#include <string>
#include <string_view>

#include "doc/doc.h"
#include "mesh/validate/validate.h"

namespace meshka::mesh {

void validateVirtualService(doc::Value spec, ValidationResult& out);
void validateHttpRoute(doc::Value route, ValidationResult& out);
void validateDestinationRule(doc::Value spec, ValidationResult& out);
void validateGateway(doc::Value spec, ValidationResult& out);
void validateServiceEntry(doc::Value spec, ValidationResult& out);
void validateWorkloadEntry(doc::Value spec, ValidationResult& out);
void validateSidecar(doc::Value spec, ValidationResult& out);
void validatePeerAuthentication(doc::Value spec, ValidationResult& out);
void validateAuthorizationPolicy(doc::Value spec, ValidationResult& out);
void validateEnvoyFilter(doc::Value spec, ValidationResult& out);

// What occurs in several kinds.
void checkHost(std::string_view host, ValidationResult& out);  // wildcards allowed
void checkFqdn(std::string_view host, ValidationResult& out);
void checkPort(doc::Value number, ValidationResult& out);
void checkProtocol(std::string_view protocol, ValidationResult& out);
void checkDuration(doc::Value value, std::string_view what, ValidationResult& out);
void checkPercent(doc::Value value, ValidationResult& out);
void checkSubset(std::string_view name, ValidationResult& out);
// exact, prefix or regex; the regex must be one.
void checkStringMatch(doc::Value match, std::string_view what, ValidationResult& out);
void checkExportTo(doc::Value list, ValidationResult& out);

}  // namespace meshka::mesh
