// Which webhooks want a request, where they are, and which configurations are refused.
#include <algorithm>

#include "apiserver/admission/webhooks.h"
#include "apiserver/selection.h"
#include "apiserver/status.h"
#include "base/strings.h"
#include "net/client.h"
#include "net/pki.h"
#include "schema/field_error.h"

namespace meshka::apiserver {

namespace {

bool listed(doc::Value list, std::string_view value) {
  for (doc::Value v : list.elements()) {
    if (v.text() == "*" || v.text() == value) return true;
  }
  return false;
}

// "pods", "pods/exec", "*", "*/*", "pods/*", "*/status".
bool resourceListed(doc::Value list, std::string_view resource, std::string_view subresource) {
  for (doc::Value v : list.elements()) {
    const std::string_view text = v.text();
    const size_t slash = text.find('/');
    const std::string_view want_resource = text.substr(0, slash);
    const std::string_view want_sub =
        slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
    if (want_resource != "*" && want_resource != resource) continue;
    if (want_sub == "*" || want_sub == subresource) return true;
  }
  return false;
}

bool scopeFits(std::string_view scope, const AdmissionRequest& request) {
  if (scope == "Namespaced") return request.kind.namespaced();
  if (scope == "Cluster") return !request.kind.namespaced();
  return true;
}

bool ruleFits(doc::Value rule, const AdmissionRequest& request, const api::Kind& as) {
  return listed(rule["operations"], toString(request.operation)) &&
         listed(rule["apiGroups"], as.group()) && listed(rule["apiVersions"], as.version()) &&
         resourceListed(rule["resources"], as.plural(), request.subresource) &&
         scopeFits(rule["scope"].text("*"), request);
}

}  // namespace

bool isLocalHost(std::string_view host) {
  const std::string name = toLower(host);
  if (name == "localhost" || name.ends_with(".localhost") || name.empty() || name == "metadata" ||
      name.starts_with("metadata.")) {
    return true;
  }
  for (std::string_view prefix :
       {"127.", "169.254.", "0.", "::1", "::ffff:", "fe80:", "fe8", "fe9", "fea", "feb", "ff"}) {
    const bool v6 = prefix.find('.') == std::string_view::npos;
    if (v6 != (name.find(':') != std::string::npos)) continue;
    if (name.starts_with(prefix)) return true;
  }
  if (name == "::") return true;
  // 224.0.0.0/4 and above.
  const auto first = parseInt(std::string_view(name).substr(0, name.find('.')));
  return name.find_first_not_of("0123456789.") == std::string::npos && first && *first >= 224;
}

api::KindRef Webhooks::matchRules(doc::Value webhook, const AdmissionRequest& request) const {
  const api::Registry& registry = objects_.registry();
  for (doc::Value rule : webhook["rules"].elements()) {
    if (ruleFits(rule, request, request.kind)) {
      return registry.find(request.kind.group(), request.kind.version(), request.kind.plural());
    }
  }
  if (webhook["matchPolicy"].text("Equivalent") != "Equivalent") return nullptr;
  for (const std::string& version : registry.versions(request.kind.group())) {
    const api::KindRef other = registry.find(request.kind.group(), version, request.kind.plural());
    if (!other) continue;
    for (doc::Value rule : webhook["rules"].elements()) {
      if (ruleFits(rule, request, *other)) return other;
    }
  }
  return nullptr;
}

Result<bool> Webhooks::matchSelectors(doc::Value webhook, const AdmissionRequest& request) const {
  const doc::Value ns_selector = webhook["namespaceSelector"];
  if (ns_selector.isObject() && !ns_selector.empty()) {
    MESHKA_TRY(const api::LabelSelector selection, api::LabelSelector::fromObject(ns_selector));
    if (request.is("", "namespaces")) {
      const doc::Value self =
          request.object.exists() ? request.object.value() : request.old_object.value();
      if (!selection.matches(self["metadata"]["labels"])) return false;
    } else if (request.kind.namespaced()) {
      const doc::Doc ns = objects_.find("", "namespaces", "", request.ns);
      if (!selection.matches(ns["metadata"]["labels"])) return false;
    }
  }
  const doc::Value object_selector = webhook["objectSelector"];
  if (object_selector.isObject() && !object_selector.empty()) {
    MESHKA_TRY(const api::LabelSelector selection, api::LabelSelector::fromObject(object_selector));
    const bool now =
        request.object.exists() && selection.matches(request.object["metadata"]["labels"]);
    const bool before =
        request.old_object.exists() && selection.matches(request.old_object["metadata"]["labels"]);
    if (!now && !before) return false;
  }
  return true;
}

Result<WebhookTarget> Webhooks::resolve(doc::Value client_config) const {
  Result<WebhookTarget> out = client_config["service"].isObject()
                                  ? resolveService(client_config["service"])
                                  : resolveUrl(client_config["url"].text());
  if (!out) return out;
  const auto ca = base64Decode(client_config["caBundle"].text());
  if (!ca || ca->empty())
    return fail(Code::kUnavailable,
                "the webhook has no caBundle, so its server cannot be verified");
  out->ca_pem = *ca;
  return out;
}

Result<WebhookTarget> Webhooks::resolveService(doc::Value service) const {
  const std::string ns(service["namespace"].text());
  const std::string name(service["name"].text());
  const int64_t port = service["port"].integer(443);
  const doc::Doc found = objects_.find("", "services", ns, name);
  if (!found.exists())
    return fail(Code::kUnavailable, cat("service \"", name, "\" not found in namespace ", ns));
  WebhookTarget out;
  out.server_name = cat(name, ".", ns, ".svc");
  out.path = service["path"].text("/");
  std::optional<std::string_view> port_name;
  for (doc::Value p : found["spec"]["ports"].elements()) {
    if (p["port"].integer() == port) port_name = p["name"].text();
  }
  if (!port_name) return fail(Code::kUnavailable, cat("service \"", name, "\" has no port ", port));
  // Endpoints are reached directly: that works where ClusterIPs are not translated, as in a virtual
  // control plane.
  for (const doc::Doc& slice : objects_.list("discovery.k8s.io", "endpointslices", ns)) {
    if (slice["metadata"]["labels"]["kubernetes.io/service-name"].text() != name) continue;
    for (doc::Value p : slice["ports"].elements()) {
      if (p["name"].text() != *port_name) continue;
      for (doc::Value e : slice["endpoints"].elements()) {
        if (!e["conditions"]["ready"].boolean(true) || e["addresses"].empty()) continue;
        out.endpoint = {std::string(e["addresses"][0].text()),
                        static_cast<uint16_t>(p["port"].integer()), false};
        return out;
      }
    }
  }
  const doc::Doc endpoints = objects_.find("", "endpoints", ns, name);
  for (doc::Value subset : endpoints["subsets"].elements()) {
    for (doc::Value p : subset["ports"].elements()) {
      if (p["name"].text() != *port_name || subset["addresses"].empty()) continue;
      out.endpoint = {std::string(subset["addresses"][0]["ip"].text()),
                      static_cast<uint16_t>(p["port"].integer()), false};
      return out;
    }
  }
  return fail(Code::kUnavailable, cat("no endpoints available for service \"", name, "\""));
}

Result<WebhookTarget> Webhooks::resolveUrl(std::string_view text) const {
  MESHKA_TRY(const net::Url url, net::parseUrl(text));
  if (!url.tls || url.unix_socket)
    return fail(Code::kInvalid, cat("the webhook's url \"", text, "\" must be https"));
  if (isLocalHost(url.host) && !config_.allow_local_webhook_urls) {
    return fail(Code::kForbidden, cat("the webhook's url \"", text,
                                      "\" points at this machine, which is not allowed"));
  }
  WebhookTarget out;
  MESHKA_TRY(out.endpoint, io::Endpoint::parse(url.host.find(':') == std::string::npos
                                                   ? cat(url.host, ":", url.port)
                                                   : cat("[", url.host, "]:", url.port)));
  out.server_name = url.host;
  out.path = url.path.empty() ? "/" : url.path;
  return out;
}

Result<void> Webhooks::checkConfiguration(const AdmissionRequest& request) const {
  if (request.kind.group() != "admissionregistration.k8s.io" || !request.object.exists()) return {};
  if (!request.kind.plural().ends_with("webhookconfigurations")) return {};
  if (transport_ == nullptr) {
    return fail(forbidden(request.kind.group(), request.kind.plural(), request.name,
                          "this API server cannot call webhooks"));
  }
  std::vector<Cause> causes;
  size_t i = 0;
  for (doc::Value webhook : request.object["webhooks"].elements()) {
    const std::string path = cat("webhooks[", i++, "]");
    if (!webhook["matchConditions"].empty()) {
      causes.push_back({path + ".matchConditions", "FieldValueForbidden",
                        "Forbidden: matchConditions are not supported yet"});
    }
    const doc::Value config = webhook["clientConfig"];
    const bool has_url = config["url"].exists();
    if (has_url == config["service"].isObject()) {
      causes.push_back({path + ".clientConfig", "FieldValueRequired",
                        "Required value: exactly one of url or service is required"});
    } else if (has_url) {
      if (auto target = resolveUrl(config["url"].text()); !target) {
        causes.push_back(
            {path + ".clientConfig.url", "FieldValueInvalid",
             cat("Invalid value: \"", config["url"].text(), "\": ", target.error().message())});
      }
    }
    bool v1 = webhook["admissionReviewVersions"].empty();
    for (doc::Value v : webhook["admissionReviewVersions"].elements()) v1 |= v.text() == "v1";
    if (!v1) {
      causes.push_back({path + ".admissionReviewVersions", "FieldValueInvalid",
                        "Invalid value: must include v1"});
    }
  }
  if (causes.empty()) return {};
  return fail(schema::invalidObject(request.kind.group(), request.kind.kind(), request.name,
                                    std::move(causes)));
}

}  // namespace meshka::apiserver
