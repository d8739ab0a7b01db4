#include "xds/stream_state.h"

#include <algorithm>

#include "xds/limits.h"
#include "xds/types.h"

namespace meshka::xds {

bool isNamedType(std::string_view type_url) {
  return type_url == kEndpoints || type_url == kRoute || type_url == kSecret;
}

StreamState::Reaction StreamState::onRequest(const DiscoveryRequest& request) {
  const auto found = subscriptions_.find(request.type_url);
  if (request.rejected) {
    if (found == subscriptions_.end()) return Reaction::kRejected;
    Subscription& s = found->second;
    ++s.rejections;
    s.error = request.error;
    // The names count as in any request: a rejection does not change what is wanted.
    if (request.nonce == s.nonce_sent && !request.names.empty()) s.names = request.names;
    return Reaction::kRejected;
  }
  if (!request.nonce.empty() && request.names.empty() && isNamedType(request.type_url)) {
    if (found != subscriptions_.end()) subscriptions_.erase(found);
    return Reaction::kUnsubscribed;
  }
  if (request.nonce.empty() || found == subscriptions_.end()) {
    // A first request; with a nonce it comes from a client that was connected elsewhere before.
    if (found == subscriptions_.end() && subscriptions_.size() >= kMaxSubscribedTypes) {
      return Reaction::kTooMany;
    }
    Subscription& s = subscriptions_[request.type_url];
    s.names = request.names;
    s.sent.clear();
    return Reaction::kAnswer;
  }
  Subscription& s = found->second;
  if (request.nonce != s.nonce_sent) return Reaction::kStale;
  ++s.acks;
  s.nonce_acked = request.nonce;
  s.version_acked = request.version;
  s.error.clear();
  const bool same = s.names == request.names || !isNamedType(request.type_url);
  if (!same) {
    s.names = request.names;
    // A name that comes back later is a new resource for the client.
    std::erase_if(
        s.sent, [&](const auto& sent) { return !std::ranges::binary_search(s.names, sent.first); });
  }
  const bool answer = !same || s.answer_next;
  s.answer_next = false;
  return answer ? Reaction::kAnswer : Reaction::kAcknowledged;
}

std::optional<std::vector<Resource>> StreamState::plan(std::string_view type_url,
                                                       const std::vector<Resource>& current,
                                                       bool forced) const {
  const Subscription* s = find(type_url);
  if (s == nullptr) return std::nullopt;
  if (forced) return current;
  std::vector<Resource> changed;
  for (const Resource& r : current) {
    const auto sent = s->sent.find(r->name);
    if (sent == s->sent.end() || sent->second != r) changed.push_back(r);
  }
  if (isNamedType(type_url)) {
    if (changed.empty()) return std::nullopt;
    return changed;
  }
  if (changed.empty() && current.size() == s->sent.size()) return std::nullopt;
  return current;
}

void StreamState::onSent(std::string_view type_url, const std::vector<Resource>& current,
                         std::string version, std::string nonce) {
  const auto found = subscriptions_.find(type_url);
  if (found == subscriptions_.end()) return;
  Subscription& s = found->second;
  s.sent.clear();
  for (const Resource& r : current) s.sent.emplace(r->name, r);
  s.version_sent = std::move(version);
  s.nonce_sent = std::move(nonce);
  if (type_url != kCluster) return;
  // A changed cluster warms until it gets its endpoints again, even the same ones.
  if (const auto eds = subscriptions_.find(kEndpoints); eds != subscriptions_.end()) {
    eds->second.answer_next = true;
  }
}

const Subscription* StreamState::find(std::string_view type_url) const {
  const auto found = subscriptions_.find(type_url);
  return found == subscriptions_.end() ? nullptr : &found->second;
}

std::vector<std::string> StreamState::types() const {
  std::vector<std::string> out;
  for (const std::string_view type : kTypeOrder) {
    if (subscriptions_.contains(type)) out.emplace_back(type);
  }
  for (const auto& [type, subscription] : subscriptions_) {
    if (std::ranges::find(kTypeOrder, type) == std::end(kTypeOrder)) out.push_back(type);
  }
  return out;
}

}  // namespace meshka::xds
