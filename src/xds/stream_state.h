// One ADS stream as its server sees it, without the stream: what is subscribed, what was sent, what
// was acknowledged or rejected, and what has to be sent next. State of the world, as Envoy speaks
// it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "xds/request.h"
#include "xds/resource.h"

namespace meshka::xds {

struct Subscription {
  std::vector<std::string> names;        // asked for; ignored by types that come whole
  std::map<std::string, Resource> sent;  // by name: what the client has, or has rejected
  std::string nonce_sent;
  std::string nonce_acked;
  std::string version_sent;
  std::string version_acked;
  std::string error;  // of the last response, when it was rejected
  uint64_t acks = 0;
  uint64_t rejections = 0;
  bool answer_next = false;  // the next request is answered even when it asks for nothing new
};

class StreamState {
 public:
  enum class Reaction : uint8_t {
    kAnswer,        // compute and send what is asked for
    kAcknowledged,  // nothing to do
    kRejected,      // the same, and Envoy's error is kept
    kStale,         // answers an older response than the last one: ignored
    kUnsubscribed,
    kTooMany,  // more types than a stream may have: the stream ends
  };
  Reaction onRequest(const DiscoveryRequest& request);

  // What must go out now that `current` is what the client should have: all of it (types that come
  // whole, and answers to requests), or only what changed (endpoints, routes, secrets). nullopt:
  // nothing.
  std::optional<std::vector<Resource>> plan(std::string_view type_url,
                                            const std::vector<Resource>& current,
                                            bool forced) const;
  // Remembers that `current` is what the client gets with this response.
  void onSent(std::string_view type_url, const std::vector<Resource>& current, std::string version,
              std::string nonce);

  // nullptr: not subscribed.
  const Subscription* find(std::string_view type_url) const;
  // In the order in which they are pushed: clusters, endpoints, listeners, routes, secrets, others.
  std::vector<std::string> types() const;

 private:
  std::map<std::string, Subscription, std::less<>> subscriptions_;
};

// Of these only the resources asked for by name are sent, and a response may have some of them.
bool isNamedType(std::string_view type_url);

}  // namespace meshka::xds
