// The OpenAPI documents of a Registry, built when first asked for and kept until the registry
// changes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "api/registry.h"
#include "base/result.h"

namespace meshka::api {

struct OpenApiDocument {
  std::string bytes;
  std::string etag;  // hash of the bytes, upper-case hex
};
using OpenApiRef = std::shared_ptr<const OpenApiDocument>;

class OpenApiCache {
 public:
  explicit OpenApiCache(const Registry& registry) : registry_(registry) {}  // outlives this

  OpenApiRef v2Json();
  OpenApiRef v2Protobuf();
  OpenApiRef v3Index();
  // path "apis/apps/v1" or "api/v1". Errors: kNotFound.
  Result<OpenApiRef> v3(std::string_view path);

 private:
  void refresh();
  const Registry& registry_;
  uint64_t revision_ = 0;
  OpenApiRef v2_json_, v2_protobuf_, v3_index_;
  std::map<std::string, OpenApiRef, std::less<>> v3_;
};

}  // namespace meshka::api
