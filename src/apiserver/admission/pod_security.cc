// Pod Security Standards by the label pod-security.kubernetes.io/enforce of the namespace:
// privileged and baseline. A namespace that asks for restricted admits no pods: that level is not
// supported yet, and nothing less is pretended.
#include <algorithm>

#include "apiserver/admission/chain.h"
#include "apiserver/status.h"
#include "base/strings.h"

namespace meshka::apiserver {

namespace {

constexpr std::string_view kEnforce = "pod-security.kubernetes.io/enforce";
constexpr std::string_view kAllowedCapabilities[] = {
    "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER",  "FSETID", "KILL",      "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID",       "SETPCAP", "SETUID", "SYS_CHROOT"};
constexpr std::string_view kAllowedSysctls[] = {"kernel.shm_rmid_forced",
                                                "net.ipv4.ip_local_port_range",
                                                "net.ipv4.ip_unprivileged_port_start",
                                                "net.ipv4.ping_group_range",
                                                "net.ipv4.tcp_syncookies",
                                                "net.ipv4.tcp_keepalive_time",
                                                "net.ipv4.tcp_fin_timeout",
                                                "net.ipv4.tcp_keepalive_intvl",
                                                "net.ipv4.tcp_keepalive_probes",
                                                "net.ipv4.ip_local_reserved_ports"};
constexpr std::string_view kAllowedSeLinuxTypes[] = {"", "container_t", "container_init_t",
                                                     "container_kvm_t", "container_engine_t"};

template <size_t N>
bool contains(const std::string_view (&list)[N], std::string_view value) {
  return std::find(std::begin(list), std::end(list), value) != std::end(list);
}

void checkSeLinux(std::vector<std::string>& out, doc::Value context) {
  const doc::Value o = context["seLinuxOptions"];
  if (!contains(kAllowedSeLinuxTypes, o["type"].text()) || !o["user"].text().empty() ||
      !o["role"].text().empty()) {
    out.emplace_back("seLinuxOptions (other user, role or type)");
  }
}

void checkSeccomp(std::vector<std::string>& out, doc::Value context) {
  if (context["seccompProfile"]["type"].text() == "Unconfined") {
    out.emplace_back(
        "seccompProfile (must not set securityContext.seccompProfile.type to \"Unconfined\")");
  }
}

void checkContainer(std::vector<std::string>& out, doc::Value c) {
  const doc::Value context = c["securityContext"];
  const std::string_view name = c["name"].text();
  if (context["privileged"].boolean()) {
    out.push_back(
        cat("privileged (container \"", name, "\" must not set securityContext.privileged=true)"));
  }
  for (doc::Value cap : context["capabilities"]["add"].elements()) {
    if (contains(kAllowedCapabilities, cap.text())) continue;
    out.push_back(cat("non-default capabilities (container \"", name, "\" must not include \"",
                      cap.text(), "\" in securityContext.capabilities.add)"));
  }
  for (doc::Value p : c["ports"].elements()) {
    if (p["hostPort"].integer() == 0) continue;
    out.push_back(
        cat("hostPort (container \"", name, "\" uses hostPort ", p["hostPort"].integer(), ")"));
  }
  const std::string_view proc = context["procMount"].text();
  if (!proc.empty() && proc != "Default")
    out.push_back(cat("procMount (container \"", name, "\")"));
  if (context["windowsOptions"]["hostProcess"].boolean()) out.emplace_back("hostProcess");
  checkSeLinux(out, context);
  checkSeccomp(out, context);
}

std::vector<std::string> baselineViolations(doc::Value pod) {
  std::vector<std::string> out;
  const doc::Value spec = pod["spec"];
  for (std::string_view key : {std::string_view("hostNetwork"), std::string_view("hostPID"),
                               std::string_view("hostIPC")}) {
    if (spec[key].boolean()) out.push_back(cat("host namespaces (", key, "=true)"));
  }
  for (doc::Value v : spec["volumes"].elements()) {
    if (v["hostPath"].exists())
      out.push_back(cat("hostPath volumes (volume \"", v["name"].text(), "\")"));
  }
  for (doc::Value s : spec["securityContext"]["sysctls"].elements()) {
    if (!contains(kAllowedSysctls, s["name"].text()))
      out.push_back(cat("forbidden sysctls (", s["name"].text(), ")"));
  }
  if (spec["securityContext"]["windowsOptions"]["hostProcess"].boolean())
    out.emplace_back("hostProcess");
  checkSeLinux(out, spec["securityContext"]);
  checkSeccomp(out, spec["securityContext"]);
  for (std::string_view list : {std::string_view("initContainers"), std::string_view("containers"),
                                std::string_view("ephemeralContainers")}) {
    for (doc::Value c : spec[list].elements()) checkContainer(out, c);
  }
  for (auto [key, value] : pod["metadata"]["annotations"].members()) {
    if (!key.starts_with("container.apparmor.security.beta.kubernetes.io/")) continue;
    const std::string_view profile = value.text();
    if (profile != "runtime/default" && !profile.starts_with("localhost/") && !profile.empty()) {
      out.push_back(cat("forbidden AppArmor profile (", profile, ")"));
    }
  }
  return out;
}

class PodSecurity final : public AdmissionPlugin {
 public:
  explicit PodSecurity(const Objects& objects) : objects_(objects) {}

  Result<void> validate(const AdmissionRequest& request) override {
    if (!request.is("", "pods") || !request.object.exists()) return {};
    if (!request.subresource.empty() && request.subresource != "ephemeralcontainers") return {};
    const doc::Doc ns = objects_.find("", "namespaces", "", request.ns);
    const std::string_view level = ns["metadata"]["labels"][kEnforce].text("privileged");
    if (level == "privileged") return {};
    const std::string_view version =
        ns["metadata"]["labels"]["pod-security.kubernetes.io/enforce-version"].text("latest");
    if (level != "baseline") {
      return fail(forbidden("", "pods", request.name,
                            cat("the Pod Security level \"", level, "\" of namespace ", request.ns,
                                " is not supported yet (privileged and baseline are)")));
    }
    const std::vector<std::string> violations = baselineViolations(request.object);
    if (violations.empty()) return {};
    return fail(forbidden(
        "", "pods", request.name,
        cat("violates PodSecurity \"", level, ":", version, "\": ", join(violations, ", "))));
  }

 private:
  const Objects& objects_;
};

}  // namespace

std::unique_ptr<AdmissionPlugin> newPodSecurity(const Objects& objects) {
  return std::make_unique<PodSecurity>(objects);
}

}  // namespace meshka::apiserver
