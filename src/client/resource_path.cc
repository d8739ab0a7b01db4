#include "client/resource_path.h"

#include "base/strings.h"

namespace meshka::client {

std::string resourcePath(const Resource& resource, std::string_view ns, std::string_view name,
                         std::string_view subresource) {
  std::string out = resource.group.empty() ? cat("/api/", resource.version)
                                           : cat("/apis/", resource.group, "/", resource.version);
  if (!ns.empty()) out += cat("/namespaces/", urlEncode(ns));
  out += cat("/", resource.name);
  // RBAC names carry colons ("system:node"), which are fine in a path and expected there.
  if (!name.empty()) {
    out += '/';
    for (const std::string_view part : split(name, ':')) {
      if (out.back() != '/') out += ':';
      out += urlEncode(part);
    }
  }
  if (!subresource.empty()) out += cat("/", subresource);
  return out;
}

std::string withQuery(std::string path,
                      const std::vector<std::pair<std::string, std::string>>& parameters) {
  char separator = path.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [key, value] : parameters) {
    if (value.empty()) continue;
    path += cat(separator, key, "=", urlEncode(value));
    separator = '&';
  }
  return path;
}

}  // namespace meshka::client
