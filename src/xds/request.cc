#include "xds/request.h"

#include <algorithm>

#include "base/strings.h"
#include "xds/codec.h"
#include "xds/limits.h"
#include "xds/types.h"

namespace meshka::xds {

Result<DiscoveryRequest> decodeRequest(std::string_view bytes) {
  MESHKA_TRY(const doc::Doc request, decode("envoy.service.discovery.v3.DiscoveryRequest", bytes));
  DiscoveryRequest out;
  out.type_url = request["type_url"].text();
  out.version = request["version_info"].text();
  out.nonce = request["response_nonce"].text();
  if (request["resource_names"].size() > kMaxResourceNames) {
    return fail(Code::kInvalid, cat("more than ", kMaxResourceNames, " resource names"));
  }
  for (const doc::Value name : request["resource_names"].elements()) {
    out.names.emplace_back(name.text());
  }
  std::ranges::sort(out.names);
  out.names.erase(std::ranges::unique(out.names).begin(), out.names.end());
  if (request["node"].exists()) out.node = request["node"].doc();
  const doc::Value error = request["error_detail"];
  out.rejected = error.exists();
  out.error = error["message"].text().substr(0, kMaxErrorText);
  if (out.type_url.empty()) return fail(Code::kInvalid, "request without a type URL");
  return out;
}

std::string shortType(std::string_view type_url) {
  if (type_url == kCluster) return "CDS";
  if (type_url == kEndpoints) return "EDS";
  if (type_url == kListener) return "LDS";
  if (type_url == kRoute) return "RDS";
  if (type_url == kSecret) return "SDS";
  if (type_url == kNameTable) return "NDS";
  if (type_url == kProxyConfig) return "PCDS";
  const std::string_view message = messageOf(type_url);
  return std::string(message.substr(message.rfind('.') + 1));
}

}  // namespace meshka::xds
