// Tables of everything that is not a workload.
#include "apiserver/table_rows.h"

#include "apiserver/tables.h"
#include "base/strings.h"

namespace meshka::apiserver {

namespace {

using Cells = std::vector<doc::Draft>;

Cells named(doc::Value o) {
  Cells out;
  out.emplace_back(o["metadata"]["name"].text());
  return out;
}

std::string joined(const std::vector<std::string>& parts) { return parts.empty() ? "<none>" : join(parts, ","); }

Cells namespaceCells(doc::Value o, WallTime now) {
  Cells out = named(o);
  out.emplace_back(o["status"]["phase"].text());
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kNamespaceColumns[] = {{"Name"}, {"Status"}, {"Age"}};

std::string externalIp(doc::Value o) {
  const std::string_view type = o["spec"]["type"].text("ClusterIP");
  std::vector<std::string> found;
  for (doc::Value i : o["status"]["loadBalancer"]["ingress"].elements()) {
    found.emplace_back(i["ip"].text().empty() ? i["hostname"].text() : i["ip"].text());
  }
  if (type == "ExternalName") return std::string(o["spec"]["externalName"].text());
  if (type == "LoadBalancer") return found.empty() ? "<pending>" : join(found, ",");
  return "<none>";
}

Cells serviceCells(doc::Value o, WallTime now) {
  const doc::Value spec = o["spec"];
  std::vector<std::string> ports;
  for (doc::Value p : spec["ports"].elements()) {
    const std::string node = p["nodePort"].integer() > 0 ? cat(":", p["nodePort"].integer()) : std::string();
    ports.push_back(cat(p["port"].integer(), node, "/", p["protocol"].text("TCP")));
  }
  Cells out = named(o);
  out.emplace_back(spec["type"].text("ClusterIP"));
  out.emplace_back(spec["clusterIP"].text().empty() ? std::string("<none>") : std::string(spec["clusterIP"].text()));
  out.emplace_back(externalIp(o));
  out.emplace_back(joined(ports));
  out.emplace_back(ageCell(o, now));
  out.emplace_back(selectorCell(spec["selector"]));
  return out;
}
constexpr RowColumn kServiceColumns[] = {{"Name"}, {"Type"}, {"Cluster-IP"}, {"External-IP"}, {"Port(s)"}, {"Age"},
                                         {"Selector", "string", 1}};

// The first three, then "+ N more...".
std::string shortened(const std::vector<std::string>& all) {
  constexpr size_t kShown = 3;
  if (all.empty()) return "<none>";
  if (all.size() <= kShown) return join(all, ",");
  return cat(join({all.begin(), all.begin() + kShown}, ","), " + ", all.size() - kShown, " more...");
}

Cells endpointsCells(doc::Value o, WallTime now) {
  std::vector<std::string> all;
  for (doc::Value subset : o["subsets"].elements()) {
    for (doc::Value a : subset["addresses"].elements()) {
      if (subset["ports"].empty()) all.emplace_back(a["ip"].text());
      for (doc::Value p : subset["ports"].elements()) all.push_back(cat(a["ip"].text(), ":", p["port"].integer()));
    }
  }
  Cells out = named(o);
  out.emplace_back(shortened(all));
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kEndpointsColumns[] = {{"Name"}, {"Endpoints"}, {"Age"}};

Cells sliceCells(doc::Value o, WallTime now) {
  std::vector<std::string> ports;
  std::vector<std::string> addresses;
  for (doc::Value p : o["ports"].elements()) ports.push_back(cat(p["port"].integer()));
  for (doc::Value e : o["endpoints"].elements()) {
    for (doc::Value a : e["addresses"].elements()) addresses.emplace_back(a.text());
  }
  Cells out = named(o);
  out.emplace_back(o["addressType"].text());
  out.emplace_back(ports.empty() ? std::string("<unset>") : shortened(ports));
  out.emplace_back(addresses.empty() ? std::string("<unset>") : shortened(addresses));
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kSliceColumns[] = {{"Name"}, {"AddressType"}, {"Ports"}, {"Endpoints"}, {"Age"}};

std::string nodeAddress(doc::Value o, std::string_view type) {
  for (doc::Value a : o["status"]["addresses"].elements()) {
    if (a["type"].text() == type) return std::string(a["address"].text());
  }
  return "<none>";
}

Cells nodeCells(doc::Value o, WallTime now) {
  std::string status = "Unknown";
  for (doc::Value c : o["status"]["conditions"].elements()) {
    if (c["type"].text() == "Ready" && c["status"].text() != "Unknown") {
      status = c["status"].text() == "True" ? "Ready" : "NotReady";
    }
  }
  if (o["spec"]["unschedulable"].boolean()) status += ",SchedulingDisabled";
  std::vector<std::string> roles;
  for (auto [key, value] : o["metadata"]["labels"].members()) {
    constexpr std::string_view kRole = "node-role.kubernetes.io/";
    if (key.starts_with(kRole) && key.size() > kRole.size()) roles.emplace_back(key.substr(kRole.size()));
    else if (key == "kubernetes.io/role" && !value.text().empty()) roles.emplace_back(value.text());
  }
  const doc::Value info = o["status"]["nodeInfo"];
  auto known = [](std::string_view text) { return text.empty() ? std::string("<unknown>") : std::string(text); };
  Cells out = named(o);
  out.emplace_back(status);
  out.emplace_back(joined(roles));
  out.emplace_back(ageCell(o, now));
  out.emplace_back(info["kubeletVersion"].text());
  out.emplace_back(nodeAddress(o, "InternalIP"));
  out.emplace_back(nodeAddress(o, "ExternalIP"));
  out.emplace_back(known(info["osImage"].text()));
  out.emplace_back(known(info["kernelVersion"].text()));
  out.emplace_back(known(info["containerRuntimeVersion"].text()));
  return out;
}
constexpr RowColumn kNodeColumns[] = {{"Name"}, {"Status"}, {"Roles"}, {"Age"}, {"Version"}, {"Internal-IP", "string", 1},
                                      {"External-IP", "string", 1}, {"OS-Image", "string", 1},
                                      {"Kernel-Version", "string", 1}, {"Container-Runtime", "string", 1}};

Cells eventCells(doc::Value o, WallTime now) {
  const doc::Value about = o["involvedObject"].exists() ? o["involvedObject"] : o["regarding"];
  std::string_view first = o["firstTimestamp"].text();
  std::string_view last = o["lastTimestamp"].text();
  if (first.empty()) first = o["eventTime"].text();
  if (!o["series"]["lastObservedTime"].text().empty()) last = o["series"]["lastObservedTime"].text();
  if (last.empty()) last = first;
  std::string source(o["source"]["component"].text());
  if (source.empty()) source = o["reportingComponent"].text(o["reportingController"].text());
  if (!o["source"]["host"].text().empty()) source += cat(", ", o["source"]["host"].text());
  Cells out;
  out.emplace_back(humanAge(last, now));
  out.emplace_back(o["type"].text());
  out.emplace_back(o["reason"].text());
  out.emplace_back(cat(toLower(about["kind"].text()), "/", about["name"].text()));
  out.emplace_back(about["fieldPath"].text());
  out.emplace_back(source);
  out.emplace_back(trim(o["message"].exists() ? o["message"].text() : o["note"].text()));
  out.emplace_back(humanAge(first, now));
  out.emplace_back(std::max(o["count"].integer(1), int64_t{1}));
  out.emplace_back(o["metadata"]["name"].text());
  return out;
}
constexpr RowColumn kEventColumns[] = {{"Last Seen"}, {"Type"}, {"Reason"}, {"Object"}, {"Subobject", "string", 1},
                                       {"Source", "string", 1}, {"Message"}, {"First Seen", "string", 1},
                                       {"Count", "integer", 1}, {"Name", "string", 1}};

Cells secretCells(doc::Value o, WallTime now) {
  Cells out = named(o);
  out.emplace_back(o["type"].text());
  out.emplace_back(static_cast<int64_t>(o["data"].size()));
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kSecretColumns[] = {{"Name"}, {"Type"}, {"Data", "integer"}, {"Age"}};

Cells configMapCells(doc::Value o, WallTime now) {
  Cells out = named(o);
  out.emplace_back(static_cast<int64_t>(o["data"].size() + o["binaryData"].size()));
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kConfigMapColumns[] = {{"Name"}, {"Data", "integer"}, {"Age"}};

Cells claimCells(doc::Value o, WallTime now) {
  std::vector<std::string> modes;
  for (doc::Value m : o["status"]["accessModes"].elements()) {
    const std::string_view t = m.text();
    modes.emplace_back(t == "ReadWriteOnce" ? "RWO" : t == "ReadOnlyMany" ? "ROX" : t == "ReadWriteMany" ? "RWX" : "RWOP");
  }
  Cells out = named(o);
  out.emplace_back(o["metadata"]["deletionTimestamp"].exists() ? std::string("Terminating")
                                                               : std::string(o["status"]["phase"].text()));
  out.emplace_back(o["spec"]["volumeName"].text());
  out.emplace_back(o["status"]["capacity"]["storage"].text());
  out.emplace_back(join(modes, ","));
  out.emplace_back(o["spec"]["storageClassName"].text());
  out.emplace_back(o["spec"]["volumeAttributesClassName"].text("<unset>"));
  out.emplace_back(ageCell(o, now));
  out.emplace_back(o["spec"]["volumeMode"].text("<unset>"));
  return out;
}
constexpr RowColumn kClaimColumns[] = {{"Name"}, {"Status"}, {"Volume"}, {"Capacity"}, {"Access Modes"}, {"StorageClass"},
                                       {"VolumeAttributesClass"}, {"Age"}, {"VolumeMode", "string", 1}};

std::string intOrText(doc::Value v, std::string_view absent) {
  if (v.isString()) return std::string(v.text());
  return v.exists() ? cat(v.integer()) : std::string(absent);
}

Cells budgetCells(doc::Value o, WallTime now) {
  Cells out = named(o);
  out.emplace_back(intOrText(o["spec"]["minAvailable"], "N/A"));
  out.emplace_back(intOrText(o["spec"]["maxUnavailable"], "N/A"));
  out.emplace_back(o["status"]["disruptionsAllowed"].integer());
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kBudgetColumns[] = {{"Name"}, {"Min Available"}, {"Max Unavailable"}, {"Allowed Disruptions", "integer"}, {"Age"}};

Cells scalerCells(doc::Value o, WallTime now) {
  const doc::Value target = o["spec"]["scaleTargetRef"];
  std::vector<std::string> targets;
  for (doc::Value m : o["spec"]["metrics"].elements()) {
    const doc::Value r = m["resource"];
    const doc::Value wanted = r["target"]["averageUtilization"].exists() ? r["target"]["averageUtilization"]
                                                                         : r["targetAverageUtilization"];
    if (wanted.exists()) targets.push_back(cat(r["name"].text(), ": <unknown>/", wanted.integer(), "%"));
    else targets.push_back(cat("<unknown>/", m["type"].text()));
  }
  Cells out = named(o);
  out.emplace_back(cat(target["kind"].text(), "/", target["name"].text()));
  out.emplace_back(joined(targets));
  out.emplace_back(intOrText(o["spec"]["minReplicas"], "<unset>"));
  out.emplace_back(o["spec"]["maxReplicas"].integer());
  out.emplace_back(o["status"]["currentReplicas"].integer());
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kScalerColumns[] = {{"Name"}, {"Reference"}, {"Targets"}, {"MinPods"}, {"MaxPods", "integer"},
                                        {"Replicas", "integer"}, {"Age"}};

Cells createdCells(doc::Value o, WallTime) {
  Cells out = named(o);
  out.emplace_back(o["metadata"]["creationTimestamp"].text());
  return out;
}
constexpr RowColumn kCreatedColumns[] = {{"Name"}, {"Created At", "date"}};

Cells bindingCells(doc::Value o, WallTime now) {
  std::vector<std::string> users, groups, accounts;
  for (doc::Value s : o["subjects"].elements()) {
    const std::string_view kind = s["kind"].text();
    if (kind == "User") users.emplace_back(s["name"].text());
    else if (kind == "Group") groups.emplace_back(s["name"].text());
    else accounts.push_back(cat(s["namespace"].text(), "/", s["name"].text()));
  }
  Cells out = named(o);
  out.emplace_back(cat(o["roleRef"]["kind"].text(), "/", o["roleRef"]["name"].text()));
  out.emplace_back(ageCell(o, now));
  out.emplace_back(join(users, ", "));
  out.emplace_back(join(groups, ", "));
  out.emplace_back(join(accounts, ", "));
  return out;
}
constexpr RowColumn kBindingColumns[] = {{"Name"}, {"Role"}, {"Age"}, {"Users", "string", 1}, {"Groups", "string", 1},
                                         {"ServiceAccounts", "string", 1}};

Cells leaseCells(doc::Value o, WallTime now) {
  Cells out = named(o);
  out.emplace_back(o["spec"]["holderIdentity"].text());
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kLeaseColumns[] = {{"Name"}, {"Holder"}, {"Age"}};

Cells priorityCells(doc::Value o, WallTime now) {
  Cells out = named(o);
  out.emplace_back(o["value"].integer());
  out.emplace_back(o["globalDefault"].boolean());
  out.emplace_back(ageCell(o, now));
  out.emplace_back(o["preemptionPolicy"].text());
  return out;
}
constexpr RowColumn kPriorityColumns[] = {{"Name"}, {"Value", "integer"}, {"Global-Default", "boolean"}, {"Age"}, {"PreemptionPolicy"}};

Cells policyCells(doc::Value o, WallTime now) {
  Cells out = named(o);
  out.emplace_back(selectorCell(o["spec"]["podSelector"]));
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kPolicyColumns[] = {{"Name"}, {"Pod-Selector"}, {"Age"}};

Cells webhookCells(doc::Value o, WallTime now) {
  Cells out = named(o);
  out.emplace_back(static_cast<int64_t>(o["webhooks"].size()));
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kWebhookColumns[] = {{"Name"}, {"Webhooks", "integer"}, {"Age"}};

Cells storageCells(doc::Value o, WallTime now) {
  std::string name(o["metadata"]["name"].text());
  if (o["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"].text() == "true") name += " (default)";
  Cells out;
  out.emplace_back(name);
  out.emplace_back(o["provisioner"].text());
  out.emplace_back(o["reclaimPolicy"].text("Delete"));
  out.emplace_back(o["volumeBindingMode"].text("Immediate"));
  out.emplace_back(o["allowVolumeExpansion"].boolean());
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kStorageColumns[] = {{"Name"}, {"Provisioner"}, {"ReclaimPolicy"}, {"VolumeBindingMode"},
                                         {"AllowVolumeExpansion", "boolean"}, {"Age"}};

Cells ingressCells(doc::Value o, WallTime now) {
  std::vector<std::string> hosts;
  for (doc::Value r : o["spec"]["rules"].elements()) {
    if (!r["host"].text().empty()) hosts.emplace_back(r["host"].text());
  }
  std::vector<std::string> addresses;
  for (doc::Value i : o["status"]["loadBalancer"]["ingress"].elements()) {
    addresses.emplace_back(i["ip"].text().empty() ? i["hostname"].text() : i["ip"].text());
  }
  Cells out = named(o);
  out.emplace_back(o["spec"]["ingressClassName"].text("<none>"));
  out.emplace_back(hosts.empty() ? std::string("*") : join(hosts, ","));
  out.emplace_back(join(addresses, ","));
  out.emplace_back(o["spec"]["tls"].empty() ? "80" : "80, 443");
  out.emplace_back(ageCell(o, now));
  return out;
}
constexpr RowColumn kIngressColumns[] = {{"Name"}, {"Class"}, {"Hosts"}, {"Address"}, {"Ports"}, {"Age"}};

constexpr RowSource kSources[] = {
    {"namespaces", kNamespaceColumns, namespaceCells},
    {"services", kServiceColumns, serviceCells},
    {"endpoints", kEndpointsColumns, endpointsCells},
    {"endpointslices", kSliceColumns, sliceCells},
    {"nodes", kNodeColumns, nodeCells},
    {"events", kEventColumns, eventCells},
    {"secrets", kSecretColumns, secretCells},
    {"configmaps", kConfigMapColumns, configMapCells},
    {"persistentvolumeclaims", kClaimColumns, claimCells},
    {"poddisruptionbudgets", kBudgetColumns, budgetCells},
    {"horizontalpodautoscalers", kScalerColumns, scalerCells},
    {"roles", kCreatedColumns, createdCells},
    {"clusterroles", kCreatedColumns, createdCells},
    {"customresourcedefinitions", kCreatedColumns, createdCells},
    {"limitranges", kCreatedColumns, createdCells},
    {"rolebindings", kBindingColumns, bindingCells},
    {"clusterrolebindings", kBindingColumns, bindingCells},
    {"leases", kLeaseColumns, leaseCells},
    {"priorityclasses", kPriorityColumns, priorityCells},
    {"networkpolicies", kPolicyColumns, policyCells},
    {"mutatingwebhookconfigurations", kWebhookColumns, webhookCells},
    {"validatingwebhookconfigurations", kWebhookColumns, webhookCells},
    {"storageclasses", kStorageColumns, storageCells},
    {"ingresses", kIngressColumns, ingressCells},
};

}  // namespace

std::span<const RowSource> clusterRows() { return kSources; }

std::string ageCell(doc::Value object, WallTime now) {
  return humanAge(object["metadata"]["creationTimestamp"].text(), now);
}

std::string selectorCell(doc::Value selector) {
  std::vector<std::string> terms;
  const bool plain = !selector["matchLabels"].exists() && !selector["matchExpressions"].exists();
  for (auto [k, v] : (plain ? selector : selector["matchLabels"]).members()) terms.push_back(cat(k, "=", v.text()));
  for (doc::Value e : selector["matchExpressions"].elements()) {
    std::vector<std::string> values;
    for (doc::Value v : e["values"].elements()) values.emplace_back(v.text());
    const std::string_view op = e["operator"].text();
    if (op == "Exists") terms.emplace_back(e["key"].text());
    else if (op == "DoesNotExist") terms.push_back(cat("!", e["key"].text()));
    else terms.push_back(cat(e["key"].text(), op == "In" ? " in (" : " notin (", join(values, ","), ")"));
  }
  return joined(terms);
}

const RowSource* builtinRows(const api::Kind& kind) {
  if (kind.custom() != nullptr) return nullptr;
  const std::string_view table = kind.entry().table.empty() ? kind.plural() : kind.entry().table;
  for (std::span<const RowSource> sources : {workloadRows(), clusterRows()}) {
    for (const RowSource& source : sources) {
      if (source.table == table) return &source;
    }
  }
  return nullptr;
}

}  // namespace meshka::apiserver
