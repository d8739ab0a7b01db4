// Envoy's protobuf messages (and the few of Istio's protocols) as documents: the JSON mapping of
// protobuf, with the field names of the .proto files. What the control plane computes is a Doc; it
// becomes bytes once, here. The descriptors are proto/envoy/*.proto and proto/istio/*.proto,
// compiled to one set at build time; no generated classes (docs/design/xds.md).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::xds {

// `message` is the full name, "envoy.config.cluster.v3.Cluster". Members are named as in the .proto
// file (snake_case) or lowerCamelCase; durations "2s", bytes base64, enums by name or number; an
// Any is an object with "@type": "type.googleapis.com/NAME" beside the message's own members.
// Equal documents give equal bytes. Errors: kInvalid naming the path and the unknown field.
Result<std::string> encode(std::string_view message, doc::Value json);

// The inverse; names in snake_case. Unknown fields are skipped; an Any of an unknown type stays as
// {"@type": ..., "value": base64}. Errors: kInvalid.
Result<doc::Doc> decode(std::string_view message, std::string_view bytes);

// Every message the set knows, for tests.
bool knows(std::string_view message);

}  // namespace meshka::xds
