#include "apiserver/negotiate.h"

#include <algorithm>

#include "apiserver/status.h"
#include "base/strings.h"
#include "schema/proto.h"

namespace meshka::apiserver {

namespace {
constexpr size_t kMaxMediaTypes = 32;  // of one Accept header; the rest is not looked at
constexpr std::string_view kKnown =
    "only the following media types are accepted: application/json, application/yaml";

bool jsonLike(std::string_view type) {
  return type == "application/json" || type == "application/*" || type == "*/*" ||
         type == "text/json";
}
}  // namespace

std::string_view MediaType::parameter(std::string_view name) const {
  for (const auto& [k, v] : parameters) {
    if (k == name) return v;
  }
  return {};
}

MediaType parseMediaType(std::string_view text) {
  MediaType out;
  bool first = true;
  for (std::string_view part : split(text, ';')) {
    part = trim(part);
    if (first) {
      out.type = toLower(part);
      first = false;
      continue;
    }
    const size_t eq = part.find('=');
    if (eq == std::string_view::npos) continue;
    std::string_view value = trim(part.substr(eq + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    out.parameters.emplace_back(toLower(trim(part.substr(0, eq))), std::string(value));
  }
  return out;
}

std::vector<MediaType> parseAccept(std::string_view accept) {
  std::vector<std::pair<double, MediaType>> weighted;
  for (std::string_view part : split(accept, ',')) {
    if (trim(part).empty()) continue;
    if (weighted.size() >= kMaxMediaTypes) break;
    MediaType m = parseMediaType(part);
    const std::string_view q = m.parameter("q");
    const double weight = q.empty() ? 1 : parseDouble(q).value_or(0);
    if (weight > 0) weighted.emplace_back(weight, std::move(m));
  }
  std::vector<MediaType> out;
  // Few entries: the best that is left, as often as there are entries, keeps the order among
  // equals.
  while (!weighted.empty()) {
    const auto best =
        std::max_element(weighted.begin(), weighted.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
    out.push_back(std::move(best->second));
    weighted.erase(best);
  }
  return out;
}

Result<Accepted> negotiate(std::string_view accept) {
  if (trim(accept).empty()) return Accepted{};
  for (const MediaType& m : parseAccept(accept)) {
    Accepted out;
    if (m.type == "application/yaml")
      out.yaml = true;
    else if (!jsonLike(m.type))
      continue;
    const std::string_view as = m.parameter("as");
    if (as.empty()) return out;
    const std::string_view version = m.parameter("v");
    if (m.parameter("g") != "meta.k8s.io" || (version != "v1" && version != "v1beta1")) continue;
    out.meta_version = version;
    if (as == "Table")
      out.form = Form::kTable;
    else if (as == "PartialObjectMetadata")
      out.form = Form::kMetadata;
    else if (as == "PartialObjectMetadataList")
      out.form = Form::kMetadataList;
    else
      continue;
    return out;
  }
  return fail(notAcceptable(kKnown));
}

std::string aggregatedDiscoveryVersion(std::string_view accept) {
  for (const MediaType& m : parseAccept(accept)) {
    if (!jsonLike(m.type)) continue;
    const std::string_view as = m.parameter("as");
    if (as.empty()) return {};
    if (as != "APIGroupDiscoveryList" || m.parameter("g") != "apidiscovery.k8s.io") continue;
    const std::string_view version = m.parameter("v");
    if (version == "v2" || version == "v2beta1") return std::string(version);
  }
  return {};
}

Result<BodyFormat> bodyFormat(std::string_view content_type) {
  const MediaType m = parseMediaType(content_type);
  if (m.type.empty() || m.type == "application/json" || m.type == "*/*") return BodyFormat::kJson;
  if (m.type == "application/yaml") return BodyFormat::kYaml;
  if (m.type == schema::kProtobufContentType) return BodyFormat::kProtobuf;
  return fail(
      unsupportedMediaType("the body of the request was in an unknown format - accepted media "
                           "types include: application/json, "
                           "application/yaml"));
}

}  // namespace meshka::apiserver
