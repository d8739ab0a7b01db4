// Pods get a service account, its pull secrets and a volume with a token, the cluster's CA and the
// namespace.
#include "apiserver/admission/chain.h"
#include "apiserver/status.h"
#include "base/rng.h"
#include "base/strings.h"

namespace meshka::apiserver {

namespace {

constexpr std::string_view kMountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr int64_t kTokenSeconds = 3607;
constexpr int kFileMode = 0644;

doc::Draft tokenVolume(std::string_view name) {
  doc::Draft token = doc::Draft::object();
  token["serviceAccountToken"]["expirationSeconds"] = kTokenSeconds;
  token["serviceAccountToken"]["path"] = "token";
  doc::Draft ca_item = doc::Draft::object();
  ca_item["key"] = "ca.crt";
  ca_item["path"] = "ca.crt";
  doc::Draft ca = doc::Draft::object();
  ca["configMap"]["name"] = "kube-root-ca.crt";
  ca["configMap"]["items"].push(std::move(ca_item));
  doc::Draft ns_item = doc::Draft::object();
  ns_item["path"] = "namespace";
  ns_item["fieldRef"]["apiVersion"] = "v1";
  ns_item["fieldRef"]["fieldPath"] = "metadata.namespace";
  doc::Draft ns = doc::Draft::object();
  ns["downwardAPI"]["items"].push(std::move(ns_item));
  doc::Draft out = doc::Draft::object();
  out["name"] = name;
  out["projected"]["defaultMode"] = kFileMode;
  doc::Draft& sources = out["projected"]["sources"];
  sources.push(std::move(token));
  sources.push(std::move(ca));
  sources.push(std::move(ns));
  return out;
}

bool mountsToken(doc::Value container) {
  for (doc::Value m : container["volumeMounts"].elements()) {
    if (m["mountPath"].text() == kMountPath) return true;
  }
  return false;
}

// Adds the mount where it is missing; true when some container got it.
bool mountToken(doc::Draft& spec, std::string_view list, doc::Value containers,
                std::string_view volume) {
  bool any = false;
  for (size_t i = 0; i < containers.size(); ++i) {
    if (mountsToken(containers[i])) continue;
    doc::Draft mount = doc::Draft::object();
    mount["mountPath"] = kMountPath;
    mount["name"] = volume;
    mount["readOnly"] = true;
    spec[list].at(i)["volumeMounts"].push(std::move(mount));
    any = true;
  }
  return any;
}

class ServiceAccountAdmission final : public AdmissionPlugin {
 public:
  ServiceAccountAdmission(const Objects& objects, Rng& rng) : objects_(objects), rng_(rng) {}

  Result<void> mutate(AdmissionRequest& request) override {
    if (request.operation != Operation::kCreate || !request.is("", "pods") ||
        !request.subresource.empty())
      return {};
    const doc::Doc pod = request.object;
    if (pod["metadata"]["annotations"]["kubernetes.io/config.mirror"].exists()) return {};
    const doc::Value spec = pod["spec"];
    std::string name(spec["serviceAccountName"].text());
    if (name.empty()) name = spec["serviceAccount"].text("default");
    if (name.empty()) name = "default";
    const doc::Doc account = objects_.find("", "serviceaccounts", request.ns, name);
    if (!account.exists()) {
      return fail(forbidden("", "pods", request.name,
                            cat("error looking up service account ", request.ns, "/", name,
                                ": serviceaccount \"", name, "\" not found")));
    }
    doc::Draft draft(pod);
    doc::Draft& out = draft["spec"];
    out["serviceAccountName"] = name;
    out["serviceAccount"] = name;
    if (spec["imagePullSecrets"].empty() && !account["imagePullSecrets"].empty()) {
      out["imagePullSecrets"] = account["imagePullSecrets"];
    }
    const bool automount = spec["automountServiceAccountToken"].boolean(
        account["automountServiceAccountToken"].boolean(true));
    if (automount) {
      const std::string volume = volumeName(spec);
      bool any = mountToken(out, "initContainers", spec["initContainers"], volume);
      any |= mountToken(out, "containers", spec["containers"], volume);
      if (any && !hasVolume(spec, volume)) out["volumes"].push(tokenVolume(volume));
    }
    request.object = draft.finish();
    return {};
  }

 private:
  static bool hasVolume(doc::Value spec, std::string_view name) {
    for (doc::Value v : spec["volumes"].elements()) {
      if (v["name"].text() == name) return true;
    }
    return false;
  }
  // The pod's own volume of this kind, when a template brought one along.
  std::string volumeName(doc::Value spec) {
    for (doc::Value v : spec["volumes"].elements()) {
      if (v["name"].text().starts_with("kube-api-access-")) return std::string(v["name"].text());
    }
    return cat("kube-api-access-", randomSuffix(rng_));
  }

  const Objects& objects_;
  Rng& rng_;
};

}  // namespace

std::unique_ptr<AdmissionPlugin> newServiceAccountAdmission(const Objects& objects, Rng& rng) {
  return std::make_unique<ServiceAccountAdmission>(objects, rng);
}

}  // namespace meshka::apiserver
