// A resource as it travels, and the cache that makes it: bytes once per distinct content, whoever
// asks. docs/design/xds.md
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::xds {

struct NamedConfig {
  std::string name;
  doc::Doc config;  // the type's message in protobuf JSON
};

struct Encoded {
  std::string name;
  std::string hash;       // of type, name and content
  std::string any;        // the bytes of a google.protobuf.Any
  size_t message_at = 0;  // in `any`: the message's own bytes, to the end
};
// Equal content is the same pointer as long as anybody holds it.
using Resource = std::shared_ptr<const Encoded>;

// Keyed by type, name and content, never by proxy: a thousand proxies that see one cluster share
// its bytes. An entry lives as long as some stream remembers having sent it.
class ResourceCache {
 public:
  // Errors: those of encode().
  Result<Resource> encode(std::string_view type_url, const NamedConfig& config);
  size_t size() const { return entries_.size(); }
  size_t encodings() const { return encodings_; }  // that were really made
  // Forgets entries that nobody holds.
  void sweep();

 private:
  std::map<std::string, std::weak_ptr<const Encoded>, std::less<>> entries_;  // by hash
  size_t encodings_ = 0;
  size_t sweep_at_ = 1024;
};

// A DiscoveryResponse. `resources` are put in as they are.
std::string encodeResponse(std::string_view type_url, std::string_view version,
                           std::string_view nonce, const std::vector<Resource>& resources,
                           std::string_view control_plane);

}  // namespace meshka::xds
