// The body of the codec's fuzzer, run on a few seeds by the unit test, too.
#pragma once

#include <string_view>

#include "base/assert.h"
#include "xds/codec.h"

namespace meshka::xds {

// What decodes must encode, and decode to the same again.
inline void fuzzCodec(std::string_view bytes) {
  constexpr std::string_view kTypes[] = {
      "envoy.service.discovery.v3.DiscoveryRequest", "envoy.service.discovery.v3.DiscoveryResponse",
      "envoy.config.listener.v3.Listener", "istio.networking.nds.v1.NameTable",
      "google.protobuf.Value"};
  for (const std::string_view type : kTypes) {
    const auto decoded = decode(type, bytes);
    if (!decoded) continue;
    const auto encoded = encode(type, *decoded);
    if (!encoded) continue;  // two members of a oneof on the wire; a depth that only just decoded
    const auto same = decode(type, *encoded);
    MESHKA_ASSERT(same && *same == *decoded);
  }
}

}  // namespace meshka::xds
