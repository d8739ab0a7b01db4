#include "api/quantity.h"
#include "api/selectors.h"
#include "api/table.h"
#include "api/table_cells.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using doc::Value;

constexpr TableColumn kPodTemplate[] = {
    {"Name", "string", 0, "name"}, {"Containers"}, {"Images"}, {"Pod Labels"}};
constexpr TableColumn kReplicas[] = {{"Name", "string", 0, "name"},
                                     {"Desired", "integer"},
                                     {"Current", "integer"},
                                     {"Ready", "integer"},
                                     {"Age"},
                                     {"Containers", "string", 1},
                                     {"Images", "string", 1},
                                     {"Selector", "string", 1}};
constexpr TableColumn kDaemonSet[] = {{"Name", "string", 0, "name"},
                                      {"Desired", "integer"},
                                      {"Current", "integer"},
                                      {"Ready", "integer"},
                                      {"Up-to-date", "integer"},
                                      {"Available", "integer"},
                                      {"Node Selector"},
                                      {"Age"},
                                      {"Containers", "string", 1},
                                      {"Images", "string", 1},
                                      {"Selector", "string", 1}};
constexpr TableColumn kDeployment[] = {{"Name", "string", 0, "name"},
                                       {"Ready"},
                                       {"Up-to-date"},
                                       {"Available"},
                                       {"Age"},
                                       {"Containers", "string", 1},
                                       {"Images", "string", 1},
                                       {"Selector", "string", 1}};
constexpr TableColumn kStatefulSet[] = {{"Name", "string", 0, "name"},
                                        {"Ready"},
                                        {"Age"},
                                        {"Containers", "string", 1},
                                        {"Images", "string", 1}};
constexpr TableColumn kJob[] = {{"Name", "string", 0, "name"},
                                {"Status", "string", 0, "", 30},
                                {"Completions"},
                                {"Duration"},
                                {"Age"},
                                {"Containers", "string", 1},
                                {"Images", "string", 1},
                                {"Selector", "string", 1}};
constexpr TableColumn kCronJob[] = {{"Name", "string", 0, "name"},
                                    {"Schedule"},
                                    {"Timezone", "string", 0, "", 30},
                                    {"Suspend", "boolean"},
                                    {"Active", "integer"},
                                    {"Last Schedule"},
                                    {"Age"},
                                    {"Containers", "string", 1},
                                    {"Images", "string", 1},
                                    {"Selector", "string", 1}};
constexpr TableColumn kBudget[] = {{"Name", "string", 0, "name"},
                                   {"Min Available"},
                                   {"Max Unavailable"},
                                   {"Allowed Disruptions", "integer"},
                                   {"Age"}};
constexpr TableColumn kAutoscaler[] = {{"Name", "string", 0, "name"},
                                       {"Reference"},
                                       {"Targets"},
                                       {"MinPods"},
                                       {"MaxPods"},
                                       {"Replicas"},
                                       {"Age"}};
constexpr TableColumn kRevision[] = {
    {"Name", "string", 0, "name"}, {"Controller"}, {"Revision"}, {"Age"}};

void printPodTemplate(Value o, Row& row) {
  row.name()
      .containers(o["template"]["spec"])
      .text(labelsText(o["template"]["metadata"]["labels"]));
}

void printReplicas(Value o, Row& row, const std::string& selector) {
  const Value status = o["status"];
  row.name()
      .integer(o["spec"]["replicas"].integer())
      .integer(status["replicas"].integer())
      .integer(status["readyReplicas"].integer())
      .age();
  row.containers(o["spec"]["template"]["spec"]).text(selector);
}
void printReplicaSet(Value o, Row& row) {
  printReplicas(o, row, selectorText(o["spec"]["selector"]));
}
void printReplicationController(Value o, Row& row) {
  printReplicas(o, row, labelsText(o["spec"]["selector"]));
}

void printDaemonSet(Value o, Row& row) {
  row.name();
  for (const std::string_view field :
       {"desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled",
        "numberAvailable"}) {
    row.integer(o["status"][field].integer());
  }
  const Value pod = o["spec"]["template"]["spec"];
  row.text(labelsText(pod["nodeSelector"]))
      .age()
      .containers(pod)
      .text(selectorText(o["spec"]["selector"]));
}

void printDeployment(Value o, Row& row) {
  const Value status = o["status"];
  row.name().text(cat(status["readyReplicas"].integer(), "/", o["spec"]["replicas"].integer()));
  row.integer(status["updatedReplicas"].integer())
      .integer(status["availableReplicas"].integer())
      .age();
  const auto selector = LabelSelector::fromObject(o["spec"]["selector"]);
  row.containers(o["spec"]["template"]["spec"]).text(selector ? selector->toString() : "<invalid>");
}

void printStatefulSet(Value o, Row& row) {
  row.name()
      .text(cat(o["status"]["readyReplicas"].integer(), "/", o["spec"]["replicas"].integer()))
      .age();
  row.containers(o["spec"]["template"]["spec"]);
}

std::string jobStatus(Value o) {
  if (conditionIs(o, "Complete")) return "Complete";
  if (conditionIs(o, "Failed")) return "Failed";
  if (Meta(o).deleting()) return "Terminating";
  for (const std::string_view type : {"Suspended", "FailureTarget", "SuccessCriteriaMet"}) {
    if (conditionIs(o, type)) return std::string(type);
  }
  return "Running";
}

void printJob(Value o, Row& row) {
  const Value spec = o["spec"];
  const Value status = o["status"];
  const int64_t succeeded = status["succeeded"].integer();
  const int64_t parallelism = spec["parallelism"].integer();
  std::string completions = cat(succeeded, "/1");
  if (spec["completions"].isNumber()) {
    completions = cat(succeeded, "/", spec["completions"].integer());
  } else if (parallelism > 1) {
    completions += cat(" of ", parallelism);
  }
  std::string duration;
  if (const auto start = parseRfc3339(status["startTime"].text())) {
    const auto end = parseRfc3339(status["completionTime"].text());
    duration = humanDuration((end ? *end : row.now()) - *start);
  }
  row.name().text(jobStatus(o)).text(completions).text(duration).age();
  row.containers(spec["template"]["spec"]).text(selectorText(spec["selector"]));
}

void printCronJob(Value o, Row& row) {
  const Value spec = o["spec"];
  const Value suspend = spec["suspend"];
  row.name().text(spec["schedule"].text()).text(spec["timeZone"].text("<none>"));
  row.text(!suspend.exists() ? "<unset>" : suspend.boolean() ? "True" : "False");
  row.integer(static_cast<int64_t>(o["status"]["active"].size()));
  const Value last = o["status"]["lastScheduleTime"];
  row.text(last.isString() ? row.sinceText(last) : "<none>").age();
  const Value job = spec["jobTemplate"]["spec"];
  row.containers(job["template"]["spec"]).text(selectorText(job["selector"]));
}

void printBudget(Value o, Row& row) {
  row.name()
      .orNone(plainText(o["spec"]["minAvailable"]), "N/A")
      .orNone(plainText(o["spec"]["maxUnavailable"]), "N/A");
  row.integer(o["status"]["disruptionsAllowed"].integer()).age();
}

std::string quantityOr(Value quantity, std::string_view none) {
  return quantity.exists() ? Quantity::of(quantity).toString() : std::string(none);
}

std::string metricText(Value metric, Value status) {
  const std::string_view type = metric["type"].text();
  if (type == "Resource" || type == "ContainerResource") {
    const std::string_view field = type == "Resource" ? "resource" : "containerResource";
    const Value target = metric[field]["target"];
    const Value current = status[field]["current"];
    const std::string_view name = metric[field]["name"].text();
    if (target["averageValue"].exists()) {
      return cat(name, ": ", quantityOr(current["averageValue"], "<unknown>"), "/",
                 quantityOr(target["averageValue"], ""));
    }
    const auto percent = [](Value v, std::string_view none) {
      return v.isNumber() ? cat(v.integer(), "%") : std::string(none);
    };
    return cat(name, ": ", percent(current["averageUtilization"], "<unknown>"), "/",
               percent(target["averageUtilization"], "<auto>"));
  }
  const std::string_view field = type == "External" ? "external"
                                 : type == "Object" ? "object"
                                 : type == "Pods"   ? "pods"
                                                    : "";
  if (field.empty()) return "<unknown type>";
  const Value target = metric[field]["target"];
  const Value current = status[field]["current"];
  const bool average = target["averageValue"].exists();
  const std::string_view which = average ? "averageValue" : "value";
  return cat(quantityOr(current[which], "<unknown>"), "/", quantityOr(target[which], "0"),
             average && type != "Pods" ? " (avg)" : "");
}

void printAutoscaler(Value o, Row& row) {
  const Value spec = o["spec"];
  std::vector<std::string> metrics;
  for (size_t i = 0; i < spec["metrics"].size(); ++i) {
    metrics.push_back(metricText(spec["metrics"][i], o["status"]["currentMetrics"][i]));
  }
  if (const Value target = spec["targetCPUUtilizationPercentage"];
      target.isNumber()) {  // autoscaling/v1
    const Value current = o["status"]["currentCPUUtilizationPercentage"];
    metrics.push_back(cat("cpu: ", current.isNumber() ? cat(current.integer(), "%") : "<unknown>",
                          "/", target.integer(), "%"));
  }
  std::string targets = "<none>";
  if (!metrics.empty()) {
    const size_t count = metrics.size();
    if (count > 2) metrics.resize(2);
    targets = join(metrics, ", ");
    if (count > 2) targets += cat(" + ", count - 2, " more...");
  }
  row.name()
      .text(cat(spec["scaleTargetRef"]["kind"].text(), "/", spec["scaleTargetRef"]["name"].text()))
      .text(targets);
  row.orNone(plainText(spec["minReplicas"]), "<unset>").integer(spec["maxReplicas"].integer());
  row.integer(o["status"]["currentReplicas"].integer()).age();
}

void printRevision(Value o, Row& row) {
  const Value owner = Meta(o).controller();
  std::string controller = "<none>";
  if (owner.exists()) {
    const std::string_view version = owner["apiVersion"].text();
    const size_t slash = version.find('/');
    controller = toLower(owner["kind"].text());
    if (slash != std::string_view::npos) controller += cat(".", toLower(version.substr(0, slash)));
    controller += cat("/", owner["name"].text());
  }
  row.name().text(controller).integer(o["revision"].integer()).age();
}

constexpr TableFormat kTables[] = {
    {"podtemplates", kPodTemplate, printPodTemplate},
    {"replicationcontrollers", kReplicas, printReplicationController},
    {"replicasets", kReplicas, printReplicaSet},
    {"daemonsets", kDaemonSet, printDaemonSet},
    {"deployments", kDeployment, printDeployment},
    {"statefulsets", kStatefulSet, printStatefulSet},
    {"jobs", kJob, printJob},
    {"cronjobs", kCronJob, printCronJob},
    {"poddisruptionbudgets", kBudget, printBudget},
    {"horizontalpodautoscalers", kAutoscaler, printAutoscaler},
    {"controllerrevisions", kRevision, printRevision},
};

}  // namespace

std::span<const TableFormat> workloadTables() {
  return kTables;
}

}  // namespace meshka::api
