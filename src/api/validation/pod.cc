// Pods and pod templates.
#include <set>
#include <string>

#include "api/validation/names.h"
#include "api/validation/rules.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using schema::duplicateValue;
using schema::forbiddenField;
using schema::invalidValue;
using schema::requiredValue;
using schema::show;

void ports(Value list, const std::string& path, bool host_network, Causes& out) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < list.size(); i++) {
    std::string at = indexed(path, i);
    Value port = list[i];
    if (Value name = port["name"]; !name.text().empty()) {
      checkText(name, child(at, "name"), portNameProblem, out);
      if (!names.insert(name.text()).second)
        out.push_back(duplicateValue(child(at, "name"), show(name)));
    }
    if (port["containerPort"].integer() == 0)
      out.push_back(requiredValue(child(at, "containerPort")));
    else
      checkPort(port["containerPort"], child(at, "containerPort"), out);
    if (port["hostPort"].integer() == 0) continue;
    checkPort(port["hostPort"], child(at, "hostPort"), out);
    if (host_network && port["hostPort"].integer() != port["containerPort"].integer()) {
      out.push_back(invalidValue(child(at, "hostPort"), port["hostPort"],
                                 "must match `containerPort` when `hostNetwork` is true"));
    }
  }
}

void environment(Value container, const std::string& path, Causes& out) {
  Value list = container["env"];
  for (size_t i = 0; i < list.size(); i++) {
    std::string at = indexed(child(path, "env"), i);
    std::string_view name = list[i]["name"].text();
    if (name.empty())
      out.push_back(requiredValue(child(at, "name")));
    else if (name.find('=') != std::string_view::npos) {
      out.push_back(invalidValue(
          child(at, "name"), list[i]["name"],
          "a valid environment variable name must consist only of printable ASCII characters other "
          "than '='"));
    }
    Value from = list[i]["valueFrom"];
    if (!from.isObject()) continue;
    std::string source = child(at, "valueFrom");
    if (!list[i]["value"].text().empty())
      out.push_back(
          schema::invalidText(source, "", "may not be specified when `value` is not empty"));
    if (from.size() == 0) {
      out.push_back(schema::invalidText(
          source, "",
          "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or "
          "`secretKeyRef`"));
    } else if (from.size() > 1) {
      out.push_back(
          schema::invalidText(source, "", "may not have more than one field specified at a time"));
    }
    for (std::string_view ref : {"configMapKeyRef", "secretKeyRef"}) {
      if (from[ref].isObject() && from[ref]["key"].text().empty()) {
        out.push_back(requiredValue(child(child(source, ref), "key")));
      }
    }
  }
  Value sources = container["envFrom"];
  for (size_t i = 0; i < sources.size(); i++) {
    std::string at = indexed(child(path, "envFrom"), i);
    bool map = sources[i]["configMapRef"].isObject(), secret = sources[i]["secretRef"].isObject();
    if (!map && !secret)
      out.push_back(
          schema::invalidText(at, "", "must specify one of: `configMapRef` or `secretRef`"));
    if (map && secret)
      out.push_back(
          schema::invalidText(at, "", "may not have more than one field specified at a time"));
  }
}

void mounts(Value list, const std::string& path, const std::set<std::string_view>& volumes,
            Causes& out) {
  std::set<std::string_view> targets;
  for (size_t i = 0; i < list.size(); i++) {
    std::string at = indexed(path, i);
    Value mount = list[i];
    std::string_view name = mount["name"].text(), target = mount["mountPath"].text();
    if (name.empty())
      out.push_back(requiredValue(child(at, "name")));
    else if (!volumes.contains(name))
      out.push_back(schema::notFound(child(at, "name"), name));
    if (target.empty())
      out.push_back(requiredValue(child(at, "mountPath")));
    else if (!targets.insert(target).second) {
      out.push_back(invalidValue(child(at, "mountPath"), mount["mountPath"], "must be unique"));
    }
    std::string_view sub = mount["subPath"].text();
    if (sub.starts_with('/'))
      out.push_back(
          invalidValue(child(at, "subPath"), mount["subPath"], "must be a relative path"));
    for (std::string_view part : split(sub, '/')) {
      if (part == "..")
        out.push_back(
            invalidValue(child(at, "subPath"), mount["subPath"], "must not contain '..'"));
    }
    if (!sub.empty() && !mount["subPathExpr"].text().empty()) {
      out.push_back(invalidValue(child(at, "subPathExpr"), mount["subPathExpr"],
                                 "subPathExpr and subPath are mutually exclusive"));
    }
  }
}

constexpr std::string_view kHandlers[] = {"exec", "httpGet", "tcpSocket", "grpc", "sleep"};

void handler(Value value, const std::string& path, Causes& out) {
  size_t count = 0;
  for (std::string_view name : kHandlers) {
    if (!value[name].isObject()) continue;
    if (++count > 1)
      out.push_back(forbiddenField(child(path, name), "may not specify more than 1 handler type"));
  }
  if (count == 0) out.push_back(requiredValue(path, "must specify a handler type"));
  if (value["exec"].isObject() && value["exec"]["command"].size() == 0) {
    out.push_back(requiredValue(child(path, "exec.command")));
  }
  for (std::string_view name : {"httpGet", "tcpSocket"}) {
    if (value[name].isObject())
      checkPortOrName(value[name]["port"], cat(path, ".", name, ".port"), out);
  }
  if (value["grpc"].isObject()) checkPort(value["grpc"]["port"], child(path, "grpc.port"), out);
}

void probes(Value container, const std::string& path, Causes& out) {
  for (std::string_view name : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    Value probe = container[name];
    if (!probe.isObject()) continue;
    std::string at = child(path, name);
    handler(probe, at, out);
    for (std::string_view field : {"initialDelaySeconds", "timeoutSeconds", "periodSeconds",
                                   "successThreshold", "failureThreshold"}) {
      checkNonNegative(probe[field], child(at, field), out);
    }
    if (name != "readinessProbe" && probe["successThreshold"].integer(1) != 1) {
      out.push_back(
          invalidValue(child(at, "successThreshold"), probe["successThreshold"], "must be 1"));
    }
  }
  for (std::string_view name : {"postStart", "preStop"}) {
    if (container["lifecycle"][name].isObject())
      handler(container["lifecycle"][name], cat(path, ".lifecycle.", name), out);
  }
}

void container(Value value, const std::string& path, bool host_network,
               const std::set<std::string_view>& volumes, std::set<std::string_view>& names,
               Causes& out) {
  Value name = value["name"];
  if (name.text().empty())
    out.push_back(requiredValue(child(path, "name")));
  else
    checkText(name, child(path, "name"), dnsLabelProblem, out);
  if (!name.text().empty() && !names.insert(name.text()).second) {
    out.push_back(duplicateValue(child(path, "name"), show(name)));
  }
  Value image = value["image"];
  if (image.text().empty())
    out.push_back(requiredValue(child(path, "image")));
  else if (trim(image.text()) != image.text()) {
    out.push_back(
        invalidValue(child(path, "image"), image, "must not have leading or trailing whitespace"));
  }
  ports(value["ports"], child(path, "ports"), host_network, out);
  environment(value, path, out);
  mounts(value["volumeMounts"], child(path, "volumeMounts"), volumes, out);
  probes(value, path, out);
  checkResources(value["resources"], child(path, "resources"), out);
  Value security = value["securityContext"];
  checkNonNegative(security["runAsUser"], child(path, "securityContext.runAsUser"), out);
  checkNonNegative(security["runAsGroup"], child(path, "securityContext.runAsGroup"), out);
  Value escalation = security["allowPrivilegeEscalation"];
  if (security["privileged"].boolean() && escalation.exists() && !escalation.boolean()) {
    out.push_back(
        invalidValue(child(path, "securityContext"), security,
                     "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"));
  }
}

std::set<std::string_view> volumes(Value list, const std::string& path, Causes& out) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < list.size(); i++) {
    std::string at = indexed(path, i);
    Value name = list[i]["name"];
    if (name.text().empty())
      out.push_back(requiredValue(child(at, "name")));
    else
      checkText(name, child(at, "name"), dnsLabelProblem, out);
    if (!name.text().empty() && !names.insert(name.text()).second) {
      out.push_back(duplicateValue(child(at, "name"), show(name)));
    }
    size_t sources = 0;
    for (auto [key, source] : list[i].members()) {
      if (key == "name" || !source.isObject()) continue;
      if (++sources > 1)
        out.push_back(forbiddenField(child(at, key), "may not specify more than 1 volume type"));
    }
    if (sources == 0) out.push_back(requiredValue(at, "must specify a volume type"));
    if (list[i]["hostPath"].isObject() && list[i]["hostPath"]["path"].text().empty()) {
      out.push_back(requiredValue(child(at, "hostPath.path")));
    }
    if (list[i]["persistentVolumeClaim"].isObject() &&
        list[i]["persistentVolumeClaim"]["claimName"].text().empty()) {
      out.push_back(requiredValue(child(at, "persistentVolumeClaim.claimName")));
    }
    if (list[i]["secret"].isObject() && list[i]["secret"]["secretName"].text().empty()) {
      out.push_back(requiredValue(child(at, "secret.secretName")));
    }
    if (list[i]["configMap"].isObject() && list[i]["configMap"]["name"].text().empty()) {
      out.push_back(requiredValue(child(at, "configMap.name")));
    }
  }
  return names;
}

// A copy of the spec without what an update may change; when two copies differ, the update is
// refused.
doc::Doc fixedPart(Value spec, Value old_spec) {
  doc::Draft draft(spec);
  if (!draft.isObject()) return draft.finish();
  for (std::string_view list : {"containers", "initContainers"}) {
    for (size_t i = 0; i < spec[list].size(); i++) draft[list].at(i).erase("image");
  }
  for (std::string_view name : {"activeDeadlineSeconds", "tolerations", "ephemeralContainers"})
    draft.erase(name);
  if (old_spec["terminationGracePeriodSeconds"].integer() < 0 &&
      spec["terminationGracePeriodSeconds"].integer() == 1) {
    draft["terminationGracePeriodSeconds"] = old_spec["terminationGracePeriodSeconds"];
  }
  if (old_spec["nodeName"].text().empty()) draft.erase("nodeName");  // the binding
  if (old_spec["schedulingGates"].size() != 0) {
    for (std::string_view name : {"schedulingGates", "nodeSelector", "affinity"}) draft.erase(name);
  }
  return draft.finish();
}

void update(Value object, Value old, Causes& out) {
  Value spec = object["spec"], before = old["spec"];
  for (Value toleration : before["tolerations"].elements()) {
    bool kept = false;
    for (Value now : spec["tolerations"].elements())
      kept |= now == toleration || now["key"] == toleration["key"];
    if (!kept) {
      out.push_back(
          forbiddenField("spec.tolerations",
                         "existing toleration can not be modified except its tolerationSeconds"));
      break;
    }
  }
  if (fixedPart(spec, before) == fixedPart(before, before)) return;
  out.push_back(
      forbiddenField("spec",
                     "pod updates may not change fields other than "
                     "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec."
                     "activeDeadlineSeconds`,`spec.tolerations` (only "
                     "additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
                     "(allow it to be set to 1 if it was previously "
                     "negative)"));
}

}  // namespace

void validatePodSpec(Value spec, const std::string& path, Causes& out) {
  std::set<std::string_view> volume_names = volumes(spec["volumes"], child(path, "volumes"), out);
  std::set<std::string_view> names;
  bool host_network = spec["hostNetwork"].boolean();
  for (std::string_view list : {"containers", "initContainers", "ephemeralContainers"}) {
    for (size_t i = 0; i < spec[list].size(); i++) {
      container(spec[list][i], indexed(child(path, list), i), host_network, volume_names, names,
                out);
    }
  }
  if (spec["containers"].size() == 0) out.push_back(requiredValue(child(path, "containers")));
  checkNonNegative(spec["terminationGracePeriodSeconds"],
                   child(path, "terminationGracePeriodSeconds"), out);
  Value deadline = spec["activeDeadlineSeconds"];
  if (deadline.exists() && (deadline.integer() < 1 || deadline.integer() > 2147483647)) {
    out.push_back(invalidValue(child(path, "activeDeadlineSeconds"), deadline,
                               "must be between 1 and 2147483647, inclusive"));
  }
  checkLabels(spec["nodeSelector"], child(path, "nodeSelector"), out);
  for (std::string_view name : {"serviceAccountName", "nodeName", "priorityClassName"}) {
    if (!spec[name].text().empty())
      checkText(spec[name], child(path, name), dnsSubdomainProblem, out);
  }
  for (std::string_view name : {"hostname", "subdomain"}) {
    if (!spec[name].text().empty()) checkText(spec[name], child(path, name), dnsLabelProblem, out);
  }
  Value tolerations = spec["tolerations"];
  for (size_t i = 0; i < tolerations.size(); i++) {
    std::string at = indexed(child(path, "tolerations"), i);
    Value toleration = tolerations[i];
    std::string_view op = toleration["operator"].text();
    if (!toleration["key"].text().empty())
      checkText(toleration["key"], child(at, "key"), qualifiedNameProblem, out);
    else if (op != "Exists") {
      out.push_back(invalidValue(child(at, "operator"), toleration["operator"],
                                 "operator must be Exists when `key` is empty, which means \"match "
                                 "all values and all keys\""));
    }
    if (op == "Exists" && !toleration["value"].text().empty()) {
      out.push_back(invalidValue(child(at, "operator"), toleration,
                                 "value must be empty when `operator` is 'Exists'"));
    }
    if (toleration["tolerationSeconds"].exists() && toleration["effect"].text() != "NoExecute") {
      out.push_back(invalidValue(child(at, "effect"), toleration["effect"],
                                 "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
  }
  Value security = spec["securityContext"];
  for (std::string_view name : {"runAsUser", "runAsGroup", "fsGroup"}) {
    checkNonNegative(security[name], cat(path, ".securityContext.", name), out);
  }
}

void validatePodTemplate(Value pod_template, const std::string& path, Value selector,
                         const char* restart_policies, Causes& out) {
  checkLabels(pod_template["metadata"]["labels"], child(path, "metadata.labels"), out);
  if (selector.exists() && !selects(selector, pod_template["metadata"]["labels"])) {
    out.push_back(invalidValue(child(path, "metadata.labels"), pod_template["metadata"]["labels"],
                               "`selector` does not match template `labels`"));
  }
  validatePodSpec(pod_template["spec"], child(path, "spec"), out);
  Value policy = pod_template["spec"]["restartPolicy"];
  std::vector<std::string> allowed;
  for (std::string_view name : split(restart_policies, ',')) allowed.emplace_back(name);
  bool fits = false;
  for (const std::string& name : allowed) fits |= policy.text() == name;
  if (!fits && policy.exists())
    out.push_back(schema::unsupportedValue(child(path, "spec.restartPolicy"), policy, allowed));
}

void validatePod(Value object, Value old, Causes& out) {
  if (old.exists() && old["spec"] == object["spec"]) return;
  validatePodSpec(object["spec"], "spec", out);
  if (old.exists()) update(object, old, out);
}

}  // namespace meshka::api
