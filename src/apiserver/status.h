// Status objects: how errors (and successes without an object) look on the wire.
#pragma once

#include <string_view>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::apiserver {

int httpStatus(const Error& error);
// kind Status, apiVersion v1. `continue_token` goes to metadata.continue (410 of lists).
doc::Doc statusObject(const Error& error, std::string_view continue_token = {});
// {"status":"Success","details":{...}}; `resource` and `uid` may be empty.
doc::Doc successStatus(std::string_view group, std::string_view resource, std::string_view name,
                       std::string_view uid);

// `deployments.apps "x" not found`.
Error notFound(std::string_view group, std::string_view resource, std::string_view name);
Error alreadyExists(std::string_view group, std::string_view resource, std::string_view name);
// `Operation cannot be fulfilled on pods "x": MESSAGE`.
Error conflict(std::string_view group, std::string_view resource, std::string_view name,
               std::string_view message);
Error objectModified(std::string_view group, std::string_view resource, std::string_view name);
// `pods "x" is forbidden: MESSAGE`.
Error forbidden(std::string_view group, std::string_view resource, std::string_view name,
                std::string_view message);
Error unknownResource();  // "the server could not find the requested resource"
Error methodNotAllowed();
Error unsupportedMediaType(std::string_view message);
Error notAcceptable(std::string_view message);

// "deployments.apps", "pods".
std::string qualified(std::string_view group, std::string_view resource);

}  // namespace meshka::apiserver
