// Causes worded as Kubernetes' field errors, and the Status error that carries them. Tools and
// users read these texts, so they follow the API server's observable wording.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::schema {

// "spec" + "ports" = "spec.ports"; "" + "spec" = "spec".
std::string child(std::string_view path, std::string_view name);
// Map keys with dots or slashes stay as they are in brackets: "metadata.labels[a/b]".
std::string keyed(std::string_view path, std::string_view key);
std::string indexed(std::string_view path, size_t index);  // "spec.ports[0]"

// How field errors show a value: text quoted, numbers and booleans plain, containers as JSON.
std::string show(doc::Value value);

Cause requiredValue(std::string path, std::string_view detail = {});
Cause invalidValue(std::string path, doc::Value value, std::string_view detail);
Cause invalidText(std::string path, std::string_view value, std::string_view detail);
Cause wrongType(std::string path, std::string_view shown, std::string_view detail);
Cause duplicateValue(std::string path, std::string_view shown);
Cause forbiddenField(std::string path, std::string_view detail);
// `supported` in the order to be shown: Unsupported value: "x": supported values: "a", "b".
Cause unsupportedValue(std::string path, doc::Value value,
                       const std::vector<std::string>& supported);
Cause tooLong(std::string path, size_t max_bytes);
Cause tooMany(std::string path, size_t actual, size_t max);
Cause notFound(std::string path, std::string_view value);

// "path: message; path: message".
std::string describe(const std::vector<Cause>& causes);

// 422 Invalid: `Deployment.apps "x" is invalid: spec.replicas: Invalid value: ...` with the causes
// as details.
Error invalidObject(std::string_view group, std::string_view kind, std::string_view name,
                    std::vector<Cause> causes);
// 400 BadRequest.
Error badRequest(std::string message);

}  // namespace meshka::schema
