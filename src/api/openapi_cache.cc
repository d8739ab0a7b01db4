#include "api/openapi_cache.h"

#include "base/digest.h"
#include "base/strings.h"
#include "doc/json.h"
#include "schema/openapi.h"

namespace meshka::api {
namespace {

OpenApiRef document(std::string bytes) {
  std::string hash = sha256Hex(bytes);
  for (char& c : hash) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  return std::make_shared<const OpenApiDocument>(
      OpenApiDocument{std::move(bytes), std::move(hash)});
}

}  // namespace

void OpenApiCache::refresh() {
  if (revision_ == registry_.revision()) return;
  revision_ = registry_.revision();
  v2_json_ = v2_protobuf_ = v3_index_ = nullptr;
  v3_.clear();
}

OpenApiRef OpenApiCache::v2Json() {
  refresh();
  if (v2_json_ != nullptr) return v2_json_;
  std::vector<KindRef> kinds = registry_.all();
  std::vector<const schema::KindEntry*> entries;
  for (const KindRef& kind : kinds) entries.push_back(&kind->entry());
  v2_json_ = document(doc::toJson(schema::openApiV2({registry_.emulation().git_version}, entries)));
  return v2_json_;
}

OpenApiRef OpenApiCache::v2Protobuf() {
  refresh();
  if (v2_protobuf_ != nullptr) return v2_protobuf_;
  std::vector<KindRef> kinds = registry_.all();
  std::vector<const schema::KindEntry*> entries;
  for (const KindRef& kind : kinds) entries.push_back(&kind->entry());
  v2_protobuf_ = document(
      schema::openApiV2Protobuf(schema::openApiV2({registry_.emulation().git_version}, entries)));
  return v2_protobuf_;
}

Result<OpenApiRef> OpenApiCache::v3(std::string_view path) {
  refresh();
  if (auto found = v3_.find(path); found != v3_.end()) return found->second;
  for (const std::string& group : registry_.groups()) {
    for (const std::string& version : registry_.versions(group)) {
      if (schema::openApiPath(group, version) != path) continue;
      std::vector<KindRef> kinds = registry_.all();
      std::vector<const schema::KindEntry*> entries;
      for (const KindRef& kind : kinds) entries.push_back(&kind->entry());
      OpenApiRef made = document(doc::toJson(
          schema::openApiV3({registry_.emulation().git_version}, group, version, entries)));
      return v3_.emplace(std::string(path), std::move(made)).first->second;
    }
  }
  return fail(Code::kNotFound, cat("no openapi document for \"", path, "\""));
}

OpenApiRef OpenApiCache::v3Index() {
  refresh();
  if (v3_index_ != nullptr) return v3_index_;
  // The hash names the content without building it: the registry's kinds of that version decide
  // what it is.
  std::map<std::string, std::string> texts;
  for (const KindRef& kind : registry_.all()) {
    std::string& text = texts[schema::openApiPath(kind->group(), kind->version())];
    text += cat(registry_.emulation().git_version, " ", kind->plural(), " ", kind->kind(), "\n");
    if (kind->customVersion() != nullptr) text += doc::toJson(kind->customVersion()->openapi);
  }
  std::vector<schema::OpenApiIndexEntry> entries;
  for (const auto& [path, text] : texts) entries.push_back({path, document(text)->etag});
  v3_index_ = document(doc::toJson(schema::openApiV3Index(entries)));
  return v3_index_;
}

}  // namespace meshka::api
