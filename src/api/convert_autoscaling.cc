#include "api/convert_autoscaling.h"

#include <string_view>

#include "doc/json.h"

namespace meshka::api {
namespace {

using doc::Draft;
using doc::Value;

constexpr std::string_view kMetrics = "autoscaling.alpha.kubernetes.io/metrics";
constexpr std::string_view kCurrentMetrics = "autoscaling.alpha.kubernetes.io/current-metrics";
constexpr std::string_view kConditions = "autoscaling.alpha.kubernetes.io/conditions";
constexpr std::string_view kBehavior = "autoscaling.alpha.kubernetes.io/behavior";

void copy(Value from, std::string_view name, Draft& to, std::string_view as) {
  if (from[name].exists()) to[as] = Draft(from[name]);
}

// {metricName, selector} and {metric: {name, selector}}.
Draft metricIdentifier(Value old, std::string_view selector) {
  Draft out = Draft::object();
  copy(old, "metricName", out, "name");
  copy(old, selector, out, "selector");
  return out;
}

// One entry of v2beta1's metrics in v2's form. `current` converts the entries of
// status.currentMetrics.
Draft metricToHub(Value metric, bool current) {
  std::string_view target = current ? "current" : "target";
  Draft out = Draft::object();
  copy(metric, "type", out, "type");
  auto number = [&](Value old, Draft& to, std::string_view utilization, std::string_view average,
                    std::string_view value) {
    Draft numbers = Draft::object();
    copy(old, utilization, numbers, "averageUtilization");
    copy(old, average, numbers, "averageValue");
    copy(old, value, numbers, "value");
    if (!current) {
      numbers["type"] = old[utilization].exists() ? "Utilization"
                        : old[average].exists()   ? "AverageValue"
                                                  : "Value";
      if (numbers["type"].text() == "AverageValue") numbers.erase("value");
    }
    to[target] = std::move(numbers);
  };
  std::string_view utilization = current ? "currentAverageUtilization" : "targetAverageUtilization";
  std::string_view average = current ? "currentAverageValue" : "targetAverageValue";
  std::string_view value = current ? "currentValue" : "targetValue";
  for (std::string_view kind : {"resource", "containerResource"}) {
    Value old = metric[kind];
    if (!old.isObject()) continue;
    Draft to = Draft::object();
    copy(old, "name", to, "name");
    copy(old, "container", to, "container");
    number(old, to, utilization, average, "");
    out[kind] = std::move(to);
  }
  if (Value old = metric["pods"]; old.isObject()) {
    Draft to = Draft::object({{"metric", metricIdentifier(old, "selector")}});
    number(old, to, "", average, "");
    out["pods"] = std::move(to);
  }
  if (Value old = metric["object"]; old.isObject()) {
    Draft to = Draft::object({{"metric", metricIdentifier(old, "selector")}});
    copy(old, "target", to, "describedObject");
    number(old, to, "", "averageValue", value);
    out["object"] = std::move(to);
  }
  if (Value old = metric["external"]; old.isObject()) {
    Draft to = Draft::object({{"metric", metricIdentifier(old, "metricSelector")}});
    number(old, to, "", average, value);
    out["external"] = std::move(to);
  }
  return out;
}

Draft metricFromHub(Value metric, bool current) {
  std::string_view target = current ? "current" : "target";
  std::string_view utilization = current ? "currentAverageUtilization" : "targetAverageUtilization";
  std::string_view average = current ? "currentAverageValue" : "targetAverageValue";
  std::string_view value = current ? "currentValue" : "targetValue";
  Draft out = Draft::object();
  copy(metric, "type", out, "type");
  auto identifier = [](Value from, Draft& to, std::string_view selector) {
    copy(from["metric"], "name", to, "metricName");
    copy(from["metric"], "selector", to, selector);
  };
  for (std::string_view kind : {"resource", "containerResource"}) {
    Value from = metric[kind];
    if (!from.isObject()) continue;
    Draft to = Draft::object();
    copy(from, "name", to, "name");
    copy(from, "container", to, "container");
    copy(from[target], "averageUtilization", to, utilization);
    copy(from[target], "averageValue", to, average);
    out[kind] = std::move(to);
  }
  if (Value from = metric["pods"]; from.isObject()) {
    Draft to = Draft::object();
    identifier(from, to, "selector");
    copy(from[target], "averageValue", to, average);
    out["pods"] = std::move(to);
  }
  if (Value from = metric["object"]; from.isObject()) {
    Draft to = Draft::object();
    identifier(from, to, "selector");
    copy(from, "describedObject", to, "target");
    copy(from[target], "averageValue", to, "averageValue");
    to[value] = from[target]["value"].exists() ? Draft(from[target]["value"])
                                               : Draft("0");  // required there
    out["object"] = std::move(to);
  }
  if (Value from = metric["external"]; from.isObject()) {
    Draft to = Draft::object();
    identifier(from, to, "metricSelector");
    copy(from[target], "averageValue", to, average);
    copy(from[target], "value", to, value);
    out["external"] = std::move(to);
  }
  return out;
}

using ConvertMetric = Draft (*)(Value metric, bool current);

void convertMetrics(Draft& object, ConvertMetric convert) {
  doc::Doc before = object.finish();
  struct List {
    std::string_view parent, name;
    bool current;
  };
  constexpr List kLists[] = {{"spec", "metrics", false}, {"status", "currentMetrics", true}};
  for (const List& list : kLists) {
    Value metrics = before[list.parent][list.name];
    if (!metrics.isArray()) continue;
    Draft out = Draft::array();
    for (Value metric : metrics.elements()) out.push(convert(metric, list.current));
    object[list.parent][list.name] = std::move(out);
  }
}

// A field of the newer version into an annotation, and back.
void toAnnotation(Draft& object, std::string_view parent, std::string_view field,
                  std::string_view annotation) {
  Draft* owner = object.find(parent);
  Draft* found = owner == nullptr || !owner->isObject() ? nullptr : owner->find(field);
  if (found == nullptr) return;
  if (found->size() != 0)
    object["metadata"]["annotations"][annotation] = doc::toJson(found->finish());
  object[parent].erase(field);
}

void fromAnnotation(Draft& object, std::string_view parent, std::string_view field,
                    std::string_view annotation) {
  Draft* metadata = object.find("metadata");
  Draft* annotations =
      metadata == nullptr || !metadata->isObject() ? nullptr : metadata->find("annotations");
  Draft* text =
      annotations == nullptr || !annotations->isObject() ? nullptr : annotations->find(annotation);
  if (text == nullptr) return;
  Result<doc::Doc> parsed = doc::parseJson(text->text());
  annotations->erase(annotation);
  if (annotations->size() == 0) metadata->erase("annotations");
  // What is not readable is dropped, as by the API server.
  if (parsed) object[parent][field] = Draft(*parsed);
}

bool isCpuUtilization(Value metric, std::string_view target) {
  return metric["type"].text() == "Resource" && metric["resource"]["name"].text() == "cpu" &&
         metric["resource"][target]["averageUtilization"].exists();
}

// Takes the first CPU utilization out of a list of v2 metrics.
Draft takeCpu(Draft& object, std::string_view parent, std::string_view list,
              std::string_view target) {
  doc::Doc before = object.finish();
  Value metrics = before[parent][list];
  for (size_t i = 0; i < metrics.size(); i++) {
    if (!isCpuUtilization(metrics[i], target)) continue;
    object[parent][list].eraseAt(i);
    return Draft(metrics[i]["resource"][target]["averageUtilization"]);
  }
  return Draft();
}

Draft cpuMetric(std::string_view target, const Draft& percent) {
  Draft numbers = Draft::object({{"averageUtilization", percent}});
  if (target == "target") numbers["type"] = "Utilization";
  return Draft::object(
      {{"type", "Resource"},
       {"resource", Draft::object({{"name", "cpu"}, {std::string(target), numbers}})}});
}

void addCpu(Draft& object, std::string_view parent, std::string_view from, std::string_view list,
            std::string_view target) {
  Draft* owner = object.find(parent);
  Draft* percent = owner == nullptr || !owner->isObject() ? nullptr : owner->find(from);
  if (percent == nullptr) return;
  Draft metric = cpuMetric(target, *percent);
  owner->erase(from);
  Draft& metrics = (*owner)[list];
  if (metrics.isArray())
    metrics.insert(0, std::move(metric));
  else
    metrics = Draft::array({std::move(metric)});
}

}  // namespace

void autoscalerV2beta1ToHub(doc::Draft& object) {
  convertMetrics(object, metricToHub);
  fromAnnotation(object, "spec", "behavior", kBehavior);
}

void autoscalerV2beta1FromHub(doc::Draft& object) {
  convertMetrics(object, metricFromHub);
  toAnnotation(object, "spec", "behavior", kBehavior);
}

void autoscalerV1ToHub(doc::Draft& object) {
  fromAnnotation(object, "spec", "metrics", kMetrics);
  fromAnnotation(object, "status", "currentMetrics", kCurrentMetrics);
  fromAnnotation(object, "status", "conditions", kConditions);
  autoscalerV2beta1ToHub(object);  // the annotations hold metrics in that form
  addCpu(object, "spec", "targetCPUUtilizationPercentage", "metrics", "target");
  addCpu(object, "status", "currentCPUUtilizationPercentage", "currentMetrics", "current");
}

void autoscalerV1FromHub(doc::Draft& object) {
  Draft target = takeCpu(object, "spec", "metrics", "target");
  Draft current = takeCpu(object, "status", "currentMetrics", "current");
  autoscalerV2beta1FromHub(object);
  toAnnotation(object, "spec", "metrics", kMetrics);
  toAnnotation(object, "status", "currentMetrics", kCurrentMetrics);
  toAnnotation(object, "status", "conditions", kConditions);
  if (!target.isNull()) object["spec"]["targetCPUUtilizationPercentage"] = std::move(target);
  if (!current.isNull()) object["status"]["currentCPUUtilizationPercentage"] = std::move(current);
}

}  // namespace meshka::api
