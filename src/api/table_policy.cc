// Rows of the kinds that govern the cluster: access, admission, fairness, certificates, scheduling
// classes.
#include "api/table.h"
#include "api/table_cells.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using doc::Value;

constexpr TableColumn kBinding[] = {{"Name", "string", 0, "name"},
                                    {"Role"},
                                    {"Age"},
                                    {"Users", "string", 1},
                                    {"Groups", "string", 1},
                                    {"ServiceAccounts", "string", 1}};
constexpr TableColumn kSigning[] = {
    {"Name", "string", 0, "name"}, {"Age"},      {"SignerName"}, {"Requestor"},
    {"RequestedDuration"},         {"Condition"}};
constexpr TableColumn kTrust[] = {{"Name", "string", 0, "name"}, {"SignerName"}};
constexpr TableColumn kPriorityClass[] = {{"Name", "string", 0, "name"},
                                          {"Value", "integer"},
                                          {"Global-Default", "boolean"},
                                          {"Age"},
                                          {"PreemptionPolicy", "string", 1, "", 33}};
constexpr TableColumn kRuntimeClass[] = {{"Name", "string", 0, "name"}, {"Handler"}, {"Age"}};
constexpr TableColumn kWebhooks[] = {
    {"Name", "string", 0, "name"}, {"Webhooks", "integer"}, {"Age"}};
constexpr TableColumn kValidating[] = {
    {"Name", "string", 0, "name"}, {"Validations", "integer"}, {"ParamKind"}, {"Age"}};
constexpr TableColumn kMutating[] = {
    {"Name", "string", 0, "name"}, {"Mutations", "integer"}, {"ParamKind"}, {"Age"}};
constexpr TableColumn kPolicyBinding[] = {
    {"Name", "string", 0, "name"}, {"PolicyName"}, {"ParamRef"}, {"Age"}};
constexpr TableColumn kFlowSchema[] = {
    {"Name", "string", 0, "name"}, {"PriorityLevel"}, {"MatchingPrecedence"},
    {"DistinguisherMethod"},       {"Age"},           {"MissingPL"}};
constexpr TableColumn kLevel[] = {
    {"Name", "string", 0, "name"}, {"Type"}, {"NominalConcurrencyShares"}, {"Queues"}, {"HandSize"},
    {"QueueLengthLimit"},          {"Age"}};
constexpr TableColumn kApiService[] = {
    {"Name", "string", 0, "name"}, {"Service"}, {"Available"}, {"Age"}};

void printBinding(Value o, Row& row) {
  row.name().text(cat(o["roleRef"]["kind"].text(), "/", o["roleRef"]["name"].text())).age();
  std::string users;
  std::string groups;
  std::string accounts;
  const auto add = [](std::string& to, std::string text) {
    to += cat(to.empty() ? "" : ", ", text);
  };
  for (Value subject : o["subjects"].elements()) {
    const std::string_view kind = subject["kind"].text();
    const std::string name(subject["name"].text());
    if (kind == "User") add(users, name);
    if (kind == "Group") add(groups, name);
    if (kind == "ServiceAccount") {
      const std::string_view ns = subject["namespace"].text();
      add(accounts, ns.empty() ? name : cat(ns, "/", name));
    }
  }
  row.text(users).text(groups).text(accounts);
}

void printSigning(Value o, Row& row) {
  const auto has = [&](std::string_view type) { return findCondition(o, type).exists(); };
  std::string status = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  if (has("Failed")) status += ",Failed";
  if (!o["status"]["certificate"].text().empty()) status += ",Issued";
  const Value lifetime = o["spec"]["expirationSeconds"];
  row.name().age().orNone(o["spec"]["signerName"].text()).text(o["spec"]["username"].text());
  row.text(lifetime.isNumber() ? humanDuration(seconds(lifetime.integer())) : "<none>")
      .text(status);
}

void printTrust(Value o, Row& row) {
  row.name().orNone(o["spec"]["signerName"].text());
}

void printPriorityClass(Value o, Row& row) {
  row.name()
      .integer(o["value"].integer())
      .boolean(o["globalDefault"].boolean())
      .age()
      .text(o["preemptionPolicy"].text());
}
void printRuntimeClass(Value o, Row& row) {
  row.name().text(o["handler"].text()).age();
}
void printWebhooks(Value o, Row& row) {
  row.name().integer(static_cast<int64_t>(o["webhooks"].size())).age();
}

std::string paramKind(Value o) {
  const Value kind = o["spec"]["paramKind"];
  return kind.exists() ? cat(kind["apiVersion"].text(), "/", kind["kind"].text()) : "<unset>";
}
void printValidating(Value o, Row& row) {
  row.name()
      .integer(static_cast<int64_t>(o["spec"]["validations"].size()))
      .text(paramKind(o))
      .age();
}
void printMutating(Value o, Row& row) {
  row.name().integer(static_cast<int64_t>(o["spec"]["mutations"].size())).text(paramKind(o)).age();
}
void printPolicyBinding(Value o, Row& row) {
  const Value ref = o["spec"]["paramRef"];
  std::string text = "<unset>";
  if (!ref["name"].text().empty()) {
    text = cat(ref["namespace"].text().empty() ? "*" : ref["namespace"].text(), "/",
               ref["name"].text());
  } else if (ref["selector"].exists()) {
    text = selectorText(ref["selector"]);
  }
  row.name().text(o["spec"]["policyName"].text()).text(text).age();
}

void printFlowSchema(Value o, Row& row) {
  const Value spec = o["spec"];
  row.name()
      .text(spec["priorityLevelConfiguration"]["name"].text())
      .integer(spec["matchingPrecedence"].integer());
  row.text(spec["distinguisherMethod"]["type"].text("<none>"))
      .age()
      .text(findCondition(o, "Dangling")["status"].text("?"));
}

void printLevel(Value o, Row& row) {
  const Value limited = o["spec"]["limited"];
  const Value queuing = limited["limitResponse"]["queuing"];
  row.name().text(o["spec"]["type"].text());
  const auto numberOrNone = [&](Value v) {
    if (v.isNumber()) {
      row.value(v);
    } else {
      row.text("<none>");
    }
  };
  // v1beta1 and v1beta2 name the shares differently.
  const Value shares = limited["nominalConcurrencyShares"];
  numberOrNone(shares.exists() ? shares : limited["assuredConcurrencyShares"]);
  for (const std::string_view field : {"queues", "handSize", "queueLengthLimit"})
    numberOrNone(queuing[field]);
  row.age();
}

void printApiService(Value o, Row& row) {
  const Value service = o["spec"]["service"];
  row.name().text(service.isObject() ? cat(service["namespace"].text(), "/", service["name"].text())
                                     : "Local");
  const Value available = findCondition(o, "Available");
  std::string text(available["status"].text("Unknown"));
  if (text != "True" && !available["reason"].text().empty())
    text += cat(" (", available["reason"].text(), ")");
  row.text(text).age();
}

constexpr TableFormat kTables[] = {
    {"rolebindings", kBinding, printBinding},
    {"clusterrolebindings", kBinding, printBinding},
    {"certificatesigningrequests", kSigning, printSigning},
    {"clustertrustbundles", kTrust, printTrust},
    {"priorityclasses", kPriorityClass, printPriorityClass},
    {"runtimeclasses", kRuntimeClass, printRuntimeClass},
    {"mutatingwebhookconfigurations", kWebhooks, printWebhooks},
    {"validatingwebhookconfigurations", kWebhooks, printWebhooks},
    {"validatingadmissionpolicies", kValidating, printValidating},
    {"mutatingadmissionpolicies", kMutating, printMutating},
    {"validatingadmissionpolicybindings", kPolicyBinding, printPolicyBinding},
    {"mutatingadmissionpolicybindings", kPolicyBinding, printPolicyBinding},
    {"flowschemas", kFlowSchema, printFlowSchema},
    {"prioritylevelconfigurations", kLevel, printLevel},
    {"apiservices", kApiService, printApiService},
};

}  // namespace

std::span<const TableFormat> policyTables() {
  return kTables;
}

}  // namespace meshka::api
