#include "vcluster/translate/config.h"

#include "base/strings.h"

namespace meshka::vcluster {

using doc::Draft;
using doc::Value;

namespace {
constexpr const char* kContents[] = {"data", "binaryData"};
constexpr std::string_view kServiceAccountToken = "kubernetes.io/service-account-token";

// A legacy token Secret of the virtual cluster would be refused (or filled with the host's token)
// under its own type.
std::string hostType(Value object) {
  const std::string_view type = object["type"].text("Opaque");
  return std::string(type == kServiceAccountToken ? "Opaque" : type);
}
}  // namespace

doc::Doc hostConfig(Value object, const Tenant& tenant, const Owner& owner) {
  Draft out = Draft::object({{"apiVersion", "v1"}, {"kind", object["kind"]}});
  out["metadata"] = hostMetadata(object, tenant, owner);
  for (const char* field : kContents) {
    if (object[field].exists()) out[field] = object[field];
  }
  if (object["kind"].text() == "Secret") out["type"] = hostType(object);
  return out.finish();
}

doc::Doc updateHostConfig(Value host, Value object, const Tenant& tenant) {
  Draft out(host);
  bool changed = updateHostMetadata(out, object, tenant);
  for (const char* field : kContents) {
    if (object[field] == host[field]) continue;
    if (object[field].exists())
      out[field] = object[field];
    else if (!out.erase(field))
      continue;
    changed = true;
  }
  return changed ? out.finish() : doc::Doc();
}

doc::Doc tokenSecret(Value pod, const std::string& name,
                     const std::map<std::string, std::string>& tokens, const Tenant& tenant) {
  Draft out = Draft::object({{"apiVersion", "v1"}, {"kind", "Secret"}, {"type", "Opaque"}});
  Draft meta = Draft::object({{"name", name}, {"namespace", tenant.host_namespace}});
  meta["labels"] = Draft::object({{std::string(kManagedBy), tenant.name}});
  meta["ownerReferences"] = Draft::array({Draft::object({{"apiVersion", "v1"},
                                                         {"kind", "Pod"},
                                                         {"name", pod["metadata"]["name"]},
                                                         {"uid", pod["metadata"]["uid"]}})});
  out["metadata"] = std::move(meta);
  out["data"] = Draft::object();
  for (const auto& [key, token] : tokens) out["data"][key] = base64Encode(token);
  return out.finish();
}

}  // namespace meshka::vcluster
