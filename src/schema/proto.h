// Kubernetes' protobuf form of built-in objects: magic "k8s\0", a runtime.Unknown wrapper, and the
// message by the field numbers that the schema carries. Custom resources have no protobuf form.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "doc/doc.h"
#include "schema/schema.h"

namespace meshka::schema {

inline constexpr std::string_view kProtobufContentType = "application/vnd.kubernetes.protobuf";

// What the wrapper says about its content.
struct ProtoEnvelope {
  std::string api_version, kind;
  std::string_view message;  // into the given bytes
};

// Errors: kInvalid (no magic, broken wrapper).
Result<ProtoEnvelope> openEnvelope(std::string_view bytes);
std::string sealEnvelope(std::string_view api_version, std::string_view kind,
                         std::string_view message);

// Message bytes to an object; apiVersion and kind are not set. Unknown field numbers are skipped.
// Errors: kInvalid, kTooLarge (depth).
Result<doc::Doc> decodeMessage(const Schema& schema, std::string_view message);
// Members without a field number (apiVersion, kind, unknown ones) are left out. Errors: kInvalid (a
// value does not fit).
Result<std::string> encodeMessage(const Schema& schema, doc::Value object);

}  // namespace meshka::schema
