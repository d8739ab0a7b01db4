// OpenAPI documents from KindEntry tables and Schemas: what kubectl asks for to explain, validate
// and compute patches. Plain functions; api/openapi_cache.h builds lazily and keeps the result per
// registry revision.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doc/doc.h"
#include "schema/kind.h"

namespace meshka::schema {

// How clients ask for the protobuf form of v2, and the Content-Type of the answer ('@' is not
// allowed in one: clients that parse it would refuse).
inline constexpr std::string_view kOpenApiV2Protobuf =
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
inline constexpr std::string_view kOpenApiV2ProtobufAnswer =
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

struct OpenApiInfo {
  std::string version;  // "v1.37.0"
};

// "api/v1" or "apis/apps/v1".
std::string openApiPath(std::string_view group, std::string_view version);

// OpenAPI v3 of one group-version: components.schemas of its kinds (and all that they refer to) and
// the paths.
doc::Doc openApiV3(const OpenApiInfo& info, std::string_view group, std::string_view version,
                   std::span<const KindEntry* const> kinds);

// The index at /openapi/v3: {"paths": {"apis/apps/v1": {"serverRelativeURL":
// "/openapi/v3/apis/apps/v1?hash=..."}}}.
struct OpenApiIndexEntry {
  std::string path;  // openApiPath()
  std::string hash;  // upper-case hex
};
doc::Doc openApiV3Index(const std::vector<OpenApiIndexEntry>& entries);

// OpenAPI v2 (swagger 2.0) of all kinds: definitions and paths.
doc::Doc openApiV2(const OpenApiInfo& info, std::span<const KindEntry* const> kinds);
// The same document as the bytes of gnostic's openapi.v2.Document.
std::string openApiV2Protobuf(doc::Value document);

}  // namespace meshka::schema
