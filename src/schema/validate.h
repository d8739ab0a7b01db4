// Checks of an object against its Schema.
//
// Built-in kinds: checkTypes() is the decoding step (400, worded as Go's decoder words it),
// unknownFields() is fieldValidation, and the rest of validation is in api/validation. Custom
// resources: validate() says everything that the openAPIV3Schema says (422 with causes).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"
#include "schema/schema.h"

namespace meshka::schema {

enum class FieldValidation : uint8_t { kIgnore, kWarn, kStrict };
// "Ignore", "Warn", "Strict" ("" is `fallback`). Errors: kInvalid, worded as the API server's.
Result<FieldValidation> parseFieldValidation(std::string_view text, FieldValidation fallback);

// The first value whose JSON type does not fit its field. `kind` is the object's: `Deployment in
// version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct
// field DeploymentSpec.spec.replicas of type int32` (400 BadRequest). A null reads as absent
// everywhere.
Result<void> checkTypes(const Schema& schema, doc::Value object, std::string_view kind,
                        std::string_view version);

// Paths of members that the schema does not have ("spec.foo", "spec.containers[0].foo"), in
// document order. A custom resource's apiVersion, kind and metadata are known at the root and at
// embedded resources.
std::vector<std::string> unknownFields(const Schema& schema, doc::Value object, uint8_t minor = 0);

// The messages of fieldValidation: `unknown field "spec.foo"`, `duplicate field "spec.replicas"`.
std::vector<std::string> fieldMessages(const std::vector<std::string>& unknown,
                                       const std::vector<std::string>& duplicate);
// Strict: 400 BadRequest `Deployment in version "v1" cannot be handled as a Deployment: strict
// decoding error: unknown field "spec.foo", duplicate field "..."`.
Error strictDecodingError(std::string_view kind, std::string_view version,
                          const std::vector<std::string>& messages);

// Types, required members, enum, pattern, bounds, formats, allOf/anyOf/oneOf/not, set and map
// lists. `path` is the prefix of the causes. The walk ends at kMaxCauses. `old`, when it exists,
// ratchets: a value that did not change (compared at the same path, lists by index) is not
// reported.
std::vector<Cause> validate(const Schema& schema, doc::Value object, std::string_view path = {},
                            doc::Value old = {});

}  // namespace meshka::schema
