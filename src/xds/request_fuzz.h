// What both the fuzzer and its short run among the unit tests do with bytes.
#pragma once

#include <string_view>

#include "xds/request.h"
#include "xds/stream_state.h"

namespace meshka::xds {

// Any bytes: decoded or refused; what is decoded drives a stream's state without harm.
inline void fuzzRequest(std::string_view bytes) {
  StreamState state;
  for (size_t at = 0; at < bytes.size();) {
    const size_t size =
        std::min<size_t>(static_cast<unsigned char>(bytes[at]), bytes.size() - at - 1);
    const auto request = decodeRequest(bytes.substr(at + 1, size));
    at += 1 + size;
    if (!request) continue;
    (void)state.onRequest(*request);
    state.onSent(request->type_url, {}, "v", "n");
  }
}

}  // namespace meshka::xds
