#include "vcluster/translate/pod_env.h"

#include <set>

#include "base/strings.h"

namespace meshka::vcluster {

using doc::Draft;
using doc::Value;

std::string redirectFieldPath(std::string_view path, const Tenant& tenant) {
  const auto annotation = [](std::string_view key) {
    return cat("metadata.annotations['", key, "']");
  };
  if (path == "metadata.name") return annotation(kPodName);
  if (path == "metadata.namespace") return annotation(kPodNamespace);
  if (path == "metadata.uid") return annotation(kPodUid);
  if (path == "metadata.labels") return annotation(kPodLabels);
  if (path == "spec.serviceAccountName") return annotation(kPodServiceAccount);
  constexpr std::string_view kLabel = "metadata.labels['";
  if (path.starts_with(kLabel) && path.ends_with("']")) {
    const std::string_view key = path.substr(kLabel.size(), path.size() - kLabel.size() - 2);
    return cat(kLabel, hostLabelKey(key, tenant), "']");
  }
  return {};
}

namespace {

void addVariable(Draft& env, std::set<std::string>& names, std::string name, std::string value) {
  if (!names.insert(name).second) return;
  env.push(Draft::object({{"name", name}, {"value", value}}));
}

// FOO_SERVICE_HOST, FOO_SERVICE_PORT[_NAME], FOO_PORT and the docker-link forms, as the kubelet
// makes them.
void addServiceLinks(Draft& env, std::set<std::string>& names, const ServiceAddress& service) {
  const auto upper = [](std::string_view text) {
    std::string out(text);
    for (char& c : out)
      c = c == '-' || c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
  };
  const std::string prefix = upper(service.name);
  if (service.ports.size() == 0) return;
  const auto portText = [](Value port) { return cat(port["port"].integer()); };
  addVariable(env, names, prefix + "_SERVICE_HOST", service.cluster_ip);
  addVariable(env, names, prefix + "_SERVICE_PORT", portText(service.ports[size_t{0}]));
  for (const Value port : service.ports.elements()) {
    if (const std::string_view name = port["name"].text(); !name.empty()) {
      addVariable(env, names, cat(prefix, "_SERVICE_PORT_", upper(name)), portText(port));
    }
  }
  bool first = true;
  for (const Value port : service.ports.elements()) {
    const std::string protocol = toLower(port["protocol"].text("TCP"));
    const std::string url = cat(protocol, "://", service.cluster_ip, ":", portText(port));
    if (first) addVariable(env, names, prefix + "_PORT", url);
    first = false;
    const std::string link = cat(prefix, "_PORT_", portText(port), "_", upper(protocol));
    addVariable(env, names, link, url);
    addVariable(env, names, link + "_PROTO", protocol);
    addVariable(env, names, link + "_PORT", portText(port));
    addVariable(env, names, link + "_ADDR", service.cluster_ip);
  }
}

}  // namespace

void translateEnv(Draft& container, const PodContext& context, std::string_view ns,
                  bool service_links) {
  Draft& env = container["env"];
  if (env.isNull()) env = Draft::array();
  std::set<std::string> names;
  for (size_t i = 0; i < env.size(); ++i) {
    Draft& variable = env.at(i);
    names.insert(variable["name"].text());
    Draft* from = variable.find("valueFrom");
    if (from == nullptr) continue;
    if (Draft* field = from->find("fieldRef")) {
      if (std::string path = redirectFieldPath((*field)["fieldPath"].text(), context.tenant);
          !path.empty()) {
        (*field)["fieldPath"] = path;
      }
    }
    for (const char* kind : {"configMapKeyRef", "secretKeyRef"}) {
      if (Draft* reference = from->find(kind)) {
        (*reference)["name"] = hostName((*reference)["name"].text(), ns, context.tenant);
      }
    }
  }
  if (Draft* from = container.find("envFrom")) {
    for (size_t i = 0; i < from->size(); ++i) {
      for (const char* kind : {"configMapRef", "secretRef"}) {
        if (Draft* reference = from->at(i).find(kind)) {
          (*reference)["name"] = hostName((*reference)["name"].text(), ns, context.tenant);
        }
      }
    }
  }
  // In front, as the kubelet has them: the user's own values may refer to them by $(NAME).
  Draft all = Draft::array();
  const doc::Doc https =
      Draft::array({Draft::object({{"name", "https"}, {"port", 443}, {"protocol", "TCP"}})})
          .finish();
  addServiceLinks(all, names, {"kubernetes", context.kubernetes_ip, https});
  if (service_links) {
    for (const ServiceAddress& service : context.services) addServiceLinks(all, names, service);
  }
  for (size_t i = 0; i < env.size(); ++i) all.push(std::move(env.at(i)));
  env = std::move(all);
}

}  // namespace meshka::vcluster
