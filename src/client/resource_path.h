// Request targets of the Kubernetes API.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/api_client.h"

namespace meshka::client {

// "/api/v1/namespaces/NS/pods/NAME/status"; ns, name and subresource may be empty.
std::string resourcePath(const Resource& resource, std::string_view ns, std::string_view name = {},
                         std::string_view subresource = {});
// Appends "?a=b&c=d" of the pairs whose value is not empty.
std::string withQuery(std::string path,
                      const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace meshka::client
