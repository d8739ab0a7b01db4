#include <set>

#include "api/quantity.h"
#include "api/table_cells.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using doc::Value;

constexpr TableColumn kNode[] = {{"Name", "string", 0, "name"},
                                 {"Status"},
                                 {"Roles"},
                                 {"Age"},
                                 {"Version"},
                                 {"Internal-IP", "string", 1},
                                 {"External-IP", "string", 1},
                                 {"OS-Image", "string", 1},
                                 {"Kernel-Version", "string", 1},
                                 {"Container-Runtime", "string", 1}};
constexpr TableColumn kNamespace[] = {{"Name", "string", 0, "name"}, {"Status"}, {"Age"}};
constexpr TableColumn kEvent[] = {{"Last Seen"},
                                  {"Type"},
                                  {"Reason"},
                                  {"Object"},
                                  {"Subobject", "string", 1},
                                  {"Source", "string", 1},
                                  {"Message"},
                                  {"First Seen", "string", 1},
                                  {"Count", "string", 1},
                                  {"Name", "string", 1, "name"}};
constexpr TableColumn kSecret[] = {{"Name", "string", 0, "name"}, {"Type"}, {"Data"}, {"Age"}};
constexpr TableColumn kConfigMap[] = {{"Name", "string", 0, "name"}, {"Data"}, {"Age"}};
constexpr TableColumn kAccount[] = {
    {"Name", "string", 0, "name"}, {"Secrets", "string", 0, "", 0, 34}, {"Age"}};
constexpr TableColumn kQuota[] = {{"Name", "string", 0, "name"},
                                  {"Age", "string", 0, "", 0, 32},
                                  {"Request"},
                                  {"Limit"},
                                  {"Age", "string", 0, "", 33}};
constexpr TableColumn kComponent[] = {
    {"Name", "string", 0, "name"}, {"Status"}, {"Message"}, {"Error"}};
constexpr TableColumn kLease[] = {{"Name", "string", 0, "name"}, {"Holder"}, {"Age"}};

std::string nodeAddress(Value node, std::string_view type) {
  for (Value address : node["status"]["addresses"].elements()) {
    if (address["type"].text() == type) return std::string(address["address"].text());
  }
  return "<none>";
}

std::string nodeRoles(Value node) {
  constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  std::set<std::string_view> roles;
  for (auto [key, value] : Meta(node).labels().members()) {
    if (key.size() > kPrefix.size() && key.starts_with(kPrefix))
      roles.insert(key.substr(kPrefix.size()));
    if (key == "kubernetes.io/role" && !value.text().empty()) roles.insert(value.text());
  }
  std::string out;
  for (const std::string_view role : roles) out += cat(out.empty() ? "" : ",", role);
  return out.empty() ? "<none>" : out;
}

void printNode(Value o, Row& row) {
  const Value ready = findCondition(o, "Ready");
  std::string status = !ready.exists()                    ? "Unknown"
                       : ready["status"].text() == "True" ? "Ready"
                                                          : "NotReady";
  if (o["spec"]["unschedulable"].boolean()) status += ",SchedulingDisabled";
  const Value info = o["status"]["nodeInfo"];
  row.name().text(status).text(nodeRoles(o)).age().text(info["kubeletVersion"].text());
  row.text(nodeAddress(o, "InternalIP")).text(nodeAddress(o, "ExternalIP"));
  std::string kernel(info["kernelVersion"].text("<unknown>"));
  const std::string_view architecture = info["architecture"].text();
  if (row.minor() >= 36 && !architecture.empty()) kernel += cat(" (", architecture, ")");
  row.orNone(info["osImage"].text(), "<unknown>").text(kernel);
  row.orNone(info["containerRuntimeVersion"].text(), "<unknown>");
}

void printNamespace(Value o, Row& row) {
  row.name().text(o["status"]["phase"].text()).age();
}

// core/v1 and events.k8s.io/v1 name the same things differently.
void printEvent(Value o, Row& row) {
  const auto either = [&](std::string_view a, std::string_view b) {
    return o[a].exists() ? o[a] : o[b];
  };
  const Value first_time = either("firstTimestamp", "deprecatedFirstTimestamp");
  const Value last_time = either("lastTimestamp", "deprecatedLastTimestamp");
  const std::string first = row.sinceText(first_time.isString() ? first_time : o["eventTime"]);
  std::string last = last_time.isString() ? row.sinceText(last_time) : first;
  int64_t count = either("count", "deprecatedCount").integer();
  if (const Value series = o["series"]; series.isObject()) {
    last = row.sinceText(series["lastObservedTime"]);
    count = series["count"].integer();
  } else if (count == 0) {
    count = 1;
  }
  const Value about = either("involvedObject", "regarding");
  std::string target = toLower(about["kind"].text());
  if (!about["name"].text().empty()) target += cat("/", about["name"].text());
  const Value source = either("source", "deprecatedSource");
  const auto firstOf = [](std::string_view a, std::string_view b) { return a.empty() ? b : a; };
  const std::string_view component = firstOf(
      source["component"].text(), either("reportingComponent", "reportingController").text());
  const std::string_view instance = firstOf(source["host"].text(), o["reportingInstance"].text());
  row.text(last)
      .text(o["type"].text())
      .text(o["reason"].text())
      .text(target)
      .text(about["fieldPath"].text());
  row.text(instance.empty() ? std::string(component) : cat(component, ", ", instance));
  row.text(trim(either("message", "note").text())).text(first).integer(count).name();
}

void printSecret(Value o, Row& row) {
  row.name().text(o["type"].text()).integer(static_cast<int64_t>(o["data"].size())).age();
}
void printConfigMap(Value o, Row& row) {
  row.name().integer(static_cast<int64_t>(o["data"].size() + o["binaryData"].size())).age();
}
void printAccount(Value o, Row& row) {
  row.name().integer(static_cast<int64_t>(o["secrets"].size())).age();
}

void printQuota(Value o, Row& row) {
  std::string requests;
  std::string limits;
  for (auto [resource, hard] : o["status"]["hard"].members()) {
    std::string& to = resource.starts_with("limits.") ? limits : requests;
    const Quantity used = Quantity::of(o["status"]["used"][resource]);
    to += cat(to.empty() ? "" : ", ", resource, ": ", used.toString(), "/",
              Quantity::of(hard).toString());
  }
  row.name().age().text(requests).text(limits).age();
}

void printComponent(Value o, Row& row) {
  for (Value condition : o["conditions"].elements()) {
    if (condition["type"].text() != "Healthy") continue;
    row.name().text(condition["status"].text() == "True" ? "Healthy" : "Unhealthy");
    row.text(condition["message"].text()).text(condition["error"].text());
    return;
  }
  row.name().text("Unknown").text("").text("");
}

void printLease(Value o, Row& row) {
  row.name().text(o["spec"]["holderIdentity"].text()).age();
}

constexpr TableFormat kTables[] = {
    {"nodes", kNode, printNode},
    {"namespaces", kNamespace, printNamespace},
    {"events", kEvent, printEvent},
    {"secrets", kSecret, printSecret},
    {"configmaps", kConfigMap, printConfigMap},
    {"serviceaccounts", kAccount, printAccount},
    {"resourcequotas", kQuota, printQuota},
    {"componentstatuses", kComponent, printComponent},
    {"leases", kLease, printLease},
};

}  // namespace

std::span<const TableFormat> coreTables() {
  return kTables;
}

}  // namespace meshka::api
