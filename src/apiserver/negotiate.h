// Content negotiation: which form of an answer the Accept header asks for, and what a request body
// is written in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace meshka::apiserver {

struct MediaType {
  std::string type;  // "application/json", lower case
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string_view parameter(std::string_view name) const;
};
// In order of preference (q, then position); entries with q=0 are dropped.
std::vector<MediaType> parseAccept(std::string_view accept);
MediaType parseMediaType(std::string_view text);

enum class Form : uint8_t {
  kObject,
  kTable,         // meta.k8s.io Table
  kMetadata,      // PartialObjectMetadata
  kMetadataList,  // PartialObjectMetadataList, for a list
};

struct Accepted {
  Form form = Form::kObject;
  std::string meta_version = "v1";  // of kTable and kMetadata
  bool yaml = false;
  std::string_view contentType() const { return yaml ? "application/yaml" : "application/json"; }
};
// For API objects. No header, or none of the wishes can be met with a wild card: JSON. Errors: 406.
Result<Accepted> negotiate(std::string_view accept);
// "v2" or "v2beta1" when the header prefers aggregated discovery, else "".
std::string aggregatedDiscoveryVersion(std::string_view accept);

enum class BodyFormat : uint8_t { kJson, kYaml, kProtobuf };
// Of create and update. Errors: 415.
Result<BodyFormat> bodyFormat(std::string_view content_type);

}  // namespace meshka::apiserver
