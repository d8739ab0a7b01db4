// Kubernetes Status bodies as Errors and back: one mapping for all clients.
#pragma once

#include "doc/doc.h"

namespace meshka::client {

// From a Status object; `http_status` decides when the reason is unknown.
Error errorFromStatus(doc::Value status, int http_status);
// The code that belongs to a reason ("NotFound") or, when it is unknown, to an HTTP status.
Code codeFor(std::string_view reason, int http_status);

}  // namespace meshka::client
