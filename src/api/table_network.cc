#include <set>

#include "api/table_cells.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using doc::Value;

constexpr TableColumn kService[] = {
    {"Name", "string", 0, "name"}, {"Type"}, {"Cluster-IP"}, {"External-IP"}, {"Port(s)"}, {"Age"},
    {"Selector", "string", 1}};
constexpr TableColumn kIngress[] = {
    {"Name", "string", 0, "name"}, {"Class"}, {"Hosts"}, {"Address"}, {"Ports"}, {"Age"}};
constexpr TableColumn kIngressClass[] = {
    {"Name", "string", 0, "name"}, {"Controller"}, {"Parameters"}, {"Age"}};
constexpr TableColumn kEndpoints[] = {{"Name", "string", 0, "name"}, {"Endpoints"}, {"Age"}};
constexpr TableColumn kEndpointSlice[] = {
    {"Name", "string", 0, "name"}, {"AddressType"}, {"Ports"}, {"Endpoints"}, {"Age"}};
constexpr TableColumn kPolicy[] = {{"Name", "string", 0, "name"}, {"Pod-Selector"}, {"Age"}};
constexpr TableColumn kServiceCidr[] = {{"Name", "string", 0, "name"}, {"CIDRs"}, {"Age"}};
constexpr TableColumn kIpAddress[] = {{"Name", "string", 0, "name"}, {"ParentRef"}, {"Age"}};

std::string loadBalancerText(Value object) {
  std::set<std::string_view> addresses;
  for (Value ingress : object["status"]["loadBalancer"]["ingress"].elements()) {
    const std::string_view address = ingress["ip"].text(ingress["hostname"].text());
    if (!address.empty()) addresses.insert(address);
  }
  std::string out;
  for (const std::string_view address : addresses) out += cat(out.empty() ? "" : ",", address);
  return out;
}

std::string externalText(Value service) {
  const Value spec = service["spec"];
  const std::string_view type = spec["type"].text();
  const std::string fixed = joinTexts(spec["externalIPs"], ",");
  if (type == "ClusterIP" || type == "NodePort") return fixed.empty() ? "<none>" : fixed;
  if (type == "ExternalName") return std::string(spec["externalName"].text());
  if (type != "LoadBalancer") return "<unknown>";
  const std::string given = loadBalancerText(service);
  if (fixed.empty()) return given.empty() ? "<pending>" : given;
  return given.empty() ? fixed : cat(given, ",", fixed);
}

void printService(Value o, Row& row) {
  const Value spec = o["spec"];
  std::string ports;
  for (Value port : spec["ports"].elements()) {
    if (!ports.empty()) ports += ',';
    ports += cat(port["port"].integer());
    if (const int64_t node_port = port["nodePort"].integer(); node_port > 0)
      ports += cat(":", node_port);
    ports += cat("/", port["protocol"].text());
  }
  const Value ips = spec["clusterIPs"];
  row.name()
      .text(spec["type"].text())
      .text(ips.empty() ? spec["clusterIP"].text("<none>") : ips[size_t{0}].text());
  row.text(externalText(o)).orNone(ports).age().text(labelsText(spec["selector"]));
}

void printIngress(Value o, Row& row) {
  const Value rules = o["spec"]["rules"];
  std::vector<std::string> hosts;
  bool more = false;
  for (Value rule : rules.elements()) {
    if (hosts.size() == 3) more = true;
    if (!more && !rule["host"].text().empty()) hosts.emplace_back(rule["host"].text());
  }
  std::string shown = hosts.empty() ? "*" : join(hosts, ",");
  if (more) shown += cat(" + ", rules.size() - 3, " more...");
  row.name()
      .text(o["spec"]["ingressClassName"].text("<none>"))
      .text(shown)
      .text(loadBalancerText(o));
  row.text(o["spec"]["tls"].empty() ? "80" : "80, 443").age();
}

void printIngressClass(Value o, Row& row) {
  const Value parameters = o["spec"]["parameters"];
  std::string text = "<none>";
  if (parameters.exists()) {
    text = parameters["kind"].text();
    if (parameters["apiGroup"].exists()) text += cat(".", parameters["apiGroup"].text());
    text += cat("/", parameters["name"].text());
  }
  const bool standard = row.minor() >= 36 &&
                        Meta(o).annotation("ingressclass.kubernetes.io/is-default-class") == "true";
  row.text(cat(Meta(o).name(), standard ? " (default)" : ""));
  row.text(o["spec"]["controller"].text()).text(text).age();
}

void printEndpoints(Value o, Row& row) {
  std::vector<std::string> list;
  for (Value subset : o["subsets"].elements()) {
    const Value addresses = subset["addresses"];
    if (subset["ports"].empty()) {
      for (Value address : addresses.elements()) list.emplace_back(address["ip"].text());
    }
    for (Value port : subset["ports"].elements()) {
      for (Value address : addresses.elements()) {
        const std::string_view ip = address["ip"].text();
        const bool v6 = ip.find(':') != std::string_view::npos;
        list.push_back(cat(v6 ? "[" : "", ip, v6 ? "]:" : ":", port["port"].integer()));
      }
    }
  }
  // Subsets without ready addresses show nothing, no subsets show <none>.
  row.name().text(listText(list, 3, o["subsets"].empty() ? "<none>" : "")).age();
}

void printEndpointSlice(Value o, Row& row) {
  std::vector<std::string> ports;
  for (Value port : o["ports"].elements()) {
    ports.push_back(port["port"].isNumber() ? cat(port["port"].integer())
                                            : std::string(port["name"].text("*")));
  }
  std::vector<std::string> addresses;
  for (Value endpoint : o["endpoints"].elements()) {
    for (Value address : endpoint["addresses"].elements()) addresses.emplace_back(address.text());
  }
  row.name()
      .text(o["addressType"].text())
      .text(listText(ports, 3, "<unset>"))
      .text(listText(addresses, 3, "<unset>"))
      .age();
}

void printPolicy(Value o, Row& row) {
  row.name().text(selectorText(o["spec"]["podSelector"])).age();
}
void printServiceCidr(Value o, Row& row) {
  row.name().text(joinTexts(o["spec"]["cidrs"], ",")).age();
}

void printIpAddress(Value o, Row& row) {
  const Value parent = o["spec"]["parentRef"];
  std::string text = "<none>";
  if (parent.exists()) {
    text = toLower(parent["resource"].text());
    if (!parent["group"].text().empty()) text += cat(".", toLower(parent["group"].text()));
    if (!parent["namespace"].text().empty()) text += cat("/", parent["namespace"].text());
    text += cat("/", parent["name"].text());
  }
  row.name().text(text).age();
}

constexpr TableFormat kTables[] = {
    {"services", kService, printService},
    {"ingresses", kIngress, printIngress},
    {"ingressclasses", kIngressClass, printIngressClass},
    {"endpoints", kEndpoints, printEndpoints},
    {"endpointslices", kEndpointSlice, printEndpointSlice},
    {"networkpolicies", kPolicy, printPolicy},
    {"servicecidrs", kServiceCidr, printServiceCidr},
    {"ipaddresses", kIpAddress, printIpAddress},
};

}  // namespace

std::span<const TableFormat> networkTables() {
  return kTables;
}

}  // namespace meshka::api
