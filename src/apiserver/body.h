// Request bodies: JSON, YAML and protobuf into Doc, within limits.h.
#pragma once

#include <string_view>

#include "apiserver/call.h"

namespace meshka::apiserver {

// Errors: kInvalid (syntax), kUnsupported (415), kTooLarge.
Result<Body> parseBody(const api::Kind& kind, std::string_view method,
                       std::string_view content_type, std::string_view bytes);
// Options of delete and deletecollection from query and body, into `call`.
Result<void> readDelete(const Query& query, const Body& body, Call& call);

}  // namespace meshka::apiserver
