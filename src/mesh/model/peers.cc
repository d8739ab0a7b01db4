// Which security policies hold for a workload.
#include "mesh/model/peers.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"

namespace meshka::mesh {
namespace {

std::optional<MutualTls> modeOf(doc::Value mtls) {
  const std::string_view mode = mtls["mode"].text();
  if (mode == "STRICT") return MutualTls::kStrict;
  if (mode == "PERMISSIVE") return MutualTls::kPermissive;
  if (mode == "DISABLE") return MutualTls::kDisable;
  return std::nullopt;
}

bool selectsPods(doc::Value policy) {
  return !policy["spec"]["selector"]["matchLabels"].empty();
}

}  // namespace

PeerPolicies::PeerPolicies(const std::vector<doc::Doc>& policies, std::string_view ns,
                           const Labels& labels, std::string_view root_ns) {
  std::vector<doc::Value> in_ns, in_mesh;
  for (const doc::Doc& policy : policies) {
    const std::string_view its_ns = metaNamespace(policy);
    if (selectsPods(policy)) {
      const bool fits = its_ns == ns && selects(policy["spec"]["selector"]["matchLabels"], labels);
      if (fits) workload_.push_back(policy);
    } else if (its_ns == ns) {
      in_ns.push_back(policy);
    } else if (its_ns == root_ns) {
      in_mesh.push_back(policy);
    }
  }
  for (auto* list : {&workload_, &in_ns, &in_mesh})
    std::sort(list->begin(), list->end(), olderThan);
  for (auto* list : {&in_ns, &in_mesh}) {
    if (!list->empty()) scopes_.push_back(list->front());
  }
}

MutualTls PeerPolicies::mode() const {
  for (const auto* list : {&workload_, &scopes_}) {
    for (doc::Value policy : *list) {
      if (const auto mode = modeOf(policy["spec"]["mtls"])) return *mode;
    }
  }
  return MutualTls::kPermissive;
}

MutualTls PeerPolicies::mode(int port) const {
  const std::string key = cat(port);
  for (doc::Value policy : workload_) {
    if (const auto its = modeOf(policy["spec"]["portLevelMtls"][key])) return *its;
  }
  return mode();
}

std::vector<int> PeerPolicies::ports() const {
  std::vector<int> out;
  for (doc::Value policy : workload_) {
    for (auto [key, value] : policy["spec"]["portLevelMtls"].members()) {
      const auto port = parseInt(key);
      if (port && modeOf(value)) out.push_back(static_cast<int>(*port));
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<doc::Value> authorizationsFor(const std::vector<doc::Doc>& policies,
                                          std::string_view ns, const Labels& labels,
                                          std::string_view root_ns) {
  std::vector<doc::Value> out;
  for (const doc::Doc& policy : policies) {
    const std::string_view its_ns = metaNamespace(policy);
    if (its_ns != ns && its_ns != root_ns) continue;
    if (selects(policy["spec"]["selector"]["matchLabels"], labels)) out.push_back(policy);
  }
  std::sort(out.begin(), out.end(), [](doc::Value a, doc::Value b) {
    return std::pair(metaNamespace(a), metaName(a)) < std::pair(metaNamespace(b), metaName(b));
  });
  return out;
}

}  // namespace meshka::mesh
