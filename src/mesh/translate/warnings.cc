// Objects that are stored and have no, or not their full, effect.
#include <algorithm>

#include "base/strings.h"
#include "mesh/model/model.h"
#include "mesh/translate/gateways/servers.h"
#include "mesh/translate/known_fields.h"
#include "mesh/translate/security/rbac.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {
namespace {

constexpr std::string_view kTelemetryFilters[] = {
    "metadata-exchange-1.", "tcp-metadata-exchange-1.", "stats-filter-1.", "tcp-stats-filter-1."};

class Warnings {
 public:
  explicit Warnings(std::vector<std::string> first) : out_(std::move(first)) {}

  void add(std::string_view kind, doc::Value object, std::string_view what) {
    out_.push_back(cat(kind, " ", objectKey(object), ": ", what));
  }
  void unsupported(std::string_view kind, doc::Value object, std::string_view field) {
    add(kind, object, cat(field, " is not supported yet"));
  }
  std::vector<std::string> finish() { return std::move(out_); }

 private:
  std::vector<std::string> out_;
};

bool isTelemetry(doc::Value filter, std::string_view root_ns) {
  if (metaNamespace(filter) != root_ns) return false;
  for (const std::string_view prefix : kTelemetryFilters) {
    const std::string_view name = metaName(filter);
    if (!name.starts_with(prefix)) continue;
    const std::string_view minor = name.substr(prefix.size());
    if (!minor.empty() && minor.find_first_not_of("0123456789") == std::string_view::npos) {
      return true;
    }
  }
  return false;
}

void unread(Warnings& out, std::string_view kind, const std::vector<doc::Doc>& objects) {
  for (const doc::Doc& object : objects) {
    for (const std::string& field : unreadFields(kind, object["spec"])) {
      out.unsupported(kind, object, field);
    }
  }
}

void security(Warnings& out, const Objects& objects) {
  for (const doc::Doc& policy : objects.authorization_policies) {
    for (const std::string& field : untranslatedFields(policy)) {
      out.unsupported("AuthorizationPolicy", policy, field);
    }
  }
  for (const doc::Doc& policy : objects.request_authentications) {
    out.add("RequestAuthentication", policy,
            "JSON Web Tokens are not checked yet; rules that ask for a verified principal do not "
            "match");
  }
  for (const doc::Doc& policy : objects.peer_authentications) {
    const doc::Value spec = policy["spec"];
    if (spec["portLevelMtls"].size() > 0 && spec["selector"]["matchLabels"].empty()) {
      out.add("PeerAuthentication", policy, "portLevelMtls has no effect without a selector");
    }
  }
}

}  // namespace

std::vector<std::string> warningsOf(const Model& model) {
  const Objects& objects = model.objects();
  Warnings out(model.warnings());
  for (const doc::Doc& filter : objects.envoy_filters) {
    if (!isTelemetry(filter, model.config().root_namespace)) {
      out.unsupported("EnvoyFilter", filter, "configPatches");
    }
  }
  unread(out, "VirtualService", objects.virtual_services);
  unread(out, "DestinationRule", objects.destination_rules);
  unread(out, "ServiceEntry", objects.service_entries);
  unread(out, "WorkloadEntry", objects.workload_entries);
  unread(out, "Gateway", objects.gateways);
  unread(out, "Sidecar", objects.sidecars);
  unread(out, "PeerAuthentication", objects.peer_authentications);
  security(out, objects);
  std::vector<std::string> all = out.finish();
  for (std::string& line : gatewayWarnings(model)) all.push_back(std::move(line));
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace meshka::mesh
