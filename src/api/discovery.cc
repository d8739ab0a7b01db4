// The documents of discovery.
#include <algorithm>

#include "api/registry.h"
#include "api/registry_state.h"
#include "base/digest.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using doc::Draft;

Draft strings(schema::Names names) {
  Draft out = Draft::array();
  for (std::string_view name : names) out.push(name);
  return out;
}

std::string groupVersion(std::string_view group, std::string_view version) {
  return group.empty() ? std::string(version) : cat(group, "/", version);
}

Draft groupDraft(std::string_view group, const KindsByVersion& versions) {
  Draft list = Draft::array();
  for (const auto& [version, kinds] : versions) {
    list.push(
        Draft::object({{"groupVersion", groupVersion(group, version)}, {"version", version}}));
  }
  Draft out = Draft::object({{"name", group}, {"versions", list}});
  out["preferredVersion"] = list.at(0);
  return out;
}

// A hash of where the kind is stored: clients compare it to see that two resources are one.
std::string storageHash(const Kind& kind) {
  const schema::KindEntry& e = kind.entry();
  std::string text = cat(e.storage_group, "/", e.storage_version, "/", e.kind);
  return base64Encode(sha256(text).substr(0, 8));
}

Draft resource(const Kind& kind) {
  const schema::KindEntry& e = kind.entry();
  Draft out = Draft::object({{"name", e.plural},
                             {"singularName", e.singular},
                             {"namespaced", e.namespaced},
                             {"kind", e.kind},
                             {"verbs", strings(e.verbs)}});
  if (!e.short_names.empty()) out["shortNames"] = strings(e.short_names);
  if (!e.categories.empty()) out["categories"] = strings(e.categories);
  if (e.stored) out["storageVersionHash"] = storageHash(kind);
  return out;
}

Draft subresource(const Kind& kind, const schema::SubresourceEntry& sub) {
  Draft out = Draft::object({{"name", cat(kind.plural(), "/", sub.name)},
                             {"singularName", ""},
                             {"namespaced", kind.namespaced()},
                             {"kind", sub.kind},
                             {"verbs", strings(sub.verbs)}});
  if (sub.group != kind.group() || sub.version != kind.version()) {
    if (!sub.group.empty()) out["group"] = sub.group;
    out["version"] = sub.version;
  }
  return out;
}

Draft responseKind(std::string_view group, std::string_view version, std::string_view kind) {
  return Draft::object({{"group", group}, {"version", version}, {"kind", kind}});
}

Draft aggregatedResource(const Kind& kind, uint8_t minor) {
  const schema::KindEntry& e = kind.entry();
  Draft out = Draft::object({{"resource", e.plural},
                             {"responseKind", responseKind(e.group, e.version, e.kind)},
                             {"scope", e.namespaced ? "Namespaced" : "Cluster"},
                             {"singularResource", e.singular},
                             {"verbs", strings(e.verbs)}});
  if (!e.short_names.empty()) out["shortNames"] = strings(e.short_names);
  if (!e.categories.empty()) out["categories"] = strings(e.categories);
  Draft subs = Draft::array();
  for (const schema::SubresourceEntry& sub : e.subresources) {
    if (!sub.servedBy(minor)) continue;
    subs.push(Draft::object({{"subresource", sub.name},
                             {"responseKind", responseKind(sub.group, sub.version, sub.kind)},
                             {"verbs", strings(sub.verbs)}}));
  }
  if (subs.size() != 0) out["subresources"] = subs;
  return out;
}

}  // namespace

doc::Doc Registry::apiVersions(std::string_view server_address) const {
  Draft addresses = Draft::array();
  addresses.push(Draft::object({{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", server_address}}));
  return Draft::object({{"kind", "APIVersions"},
                        {"versions", Draft::strings(versions(""))},
                        {"serverAddressByClientCIDRs", addresses}})
      .finish();
}

doc::Doc Registry::apiGroupList() const {
  Draft groups = Draft::array();
  for (const auto& [group, versions] : state_->groups) {
    if (!group.empty()) groups.push(groupDraft(group, versions));
  }
  return Draft::object({{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", groups}})
      .finish();
}

Result<doc::Doc> Registry::apiGroup(std::string_view group) const {
  auto found = state_->groups.find(group);
  if (found == state_->groups.end() || group.empty()) {
    return fail(Code::kNotFound, "the server could not find the requested resource");
  }
  Draft out = groupDraft(group, found->second);
  out["kind"] = "APIGroup";
  out["apiVersion"] = "v1";
  return out.finish();
}

Result<doc::Doc> Registry::apiResourceList(std::string_view group, std::string_view version) const {
  auto g = state_->groups.find(group);
  auto v = g == state_->groups.end() ? KindsByVersion::const_iterator() : g->second.find(version);
  if (g == state_->groups.end() || v == g->second.end()) {
    return fail(Code::kNotFound, "the server could not find the requested resource");
  }
  Draft resources = Draft::array();
  for (const auto& [plural, kind] : v->second) {
    resources.push(resource(*kind));
    for (const schema::SubresourceEntry& sub : kind->entry().subresources) {
      if (sub.servedBy(emulation_.minor)) resources.push(subresource(*kind, sub));
    }
  }
  return Draft::object({{"kind", "APIResourceList"},
                        {"apiVersion", "v1"},
                        {"groupVersion", groupVersion(group, version)},
                        {"resources", resources}})
      .finish();
}

doc::Doc Registry::aggregatedDiscovery(bool core, std::string_view discovery_version) const {
  Draft items = Draft::array();
  for (const auto& [group, versions] : state_->groups) {
    if (group.empty() != core) continue;
    Draft list = Draft::array();
    for (const auto& [version, kinds] : versions) {
      Draft resources = Draft::array();
      for (const auto& [plural, kind] : kinds)
        resources.push(aggregatedResource(*kind, emulation_.minor));
      list.push(Draft::object(
          {{"version", version}, {"resources", resources}, {"freshness", "Current"}}));
    }
    Draft metadata = Draft::object({{"creationTimestamp", nullptr}});
    if (!group.empty()) metadata["name"] = group;
    items.push(Draft::object({{"metadata", metadata}, {"versions", list}}));
  }
  return Draft::object({{"kind", "APIGroupDiscoveryList"},
                        {"apiVersion", cat("apidiscovery.k8s.io/", discovery_version)},
                        {"metadata", Draft::object()},
                        {"items", items}})
      .finish();
}

}  // namespace meshka::api
