// The envelope of a message of the discovery service, read from its bytes without decoding what is
// inside: who passes messages on needs the type and the nonce, and a push can be megabytes.
#pragma once

#include <optional>
#include <string_view>

namespace meshka::xds {

// Views into the message.
struct Envelope {
  std::string_view version;
  std::string_view type_url;
  std::string_view nonce;
  std::string_view error;  // requests: why the proxy refused the response of this nonce
  bool refused = false;    // requests: error_detail is there
};

// nullopt: not a protobuf message.
std::optional<Envelope> peekRequest(std::string_view bytes);   // DiscoveryRequest
std::optional<Envelope> peekResponse(std::string_view bytes);  // DiscoveryResponse

}  // namespace meshka::xds
