// What an ADS client asks: a DiscoveryRequest, taken apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::xds {

struct DiscoveryRequest {
  std::string type_url;
  std::string version;
  std::string nonce;               // of the response that this answers; empty: a first request
  std::vector<std::string> names;  // sorted, unique
  doc::Doc node;                   // in the first request of a stream
  bool rejected = false;           // the response was not taken
  std::string error;               // Envoy's text
};

// Errors: kInvalid.
Result<DiscoveryRequest> decodeRequest(std::string_view bytes);

// "CDS" for the cluster type; the last part of the name for types without a short one.
std::string shortType(std::string_view type_url);

}  // namespace meshka::xds
