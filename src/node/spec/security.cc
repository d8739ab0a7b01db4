#include "node/spec/security.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::node {
namespace {

// Kernel interfaces that an unprivileged container sees empty or read-only ("Default" procMount).
constexpr const char* kMaskedPaths[] = {"/proc/asound",
                                        "/proc/acpi",
                                        "/proc/kcore",
                                        "/proc/keys",
                                        "/proc/latency_stats",
                                        "/proc/timer_list",
                                        "/proc/timer_stats",
                                        "/proc/sched_debug",
                                        "/proc/scsi",
                                        "/sys/firmware",
                                        "/sys/devices/virtual/powercap"};
constexpr const char* kReadonlyPaths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                          "/proc/sysrq-trigger"};

// The container's own field, else the pod's.
doc::Value field(doc::Value pod, doc::Value container, std::string_view name) {
  const doc::Value own = container["securityContext"][name];
  return own.exists() && !own.isNull() ? own : pod["spec"]["securityContext"][name];
}

std::optional<int64_t> number(doc::Value v) {
  return v.isNumber() ? std::optional(v.integer()) : std::nullopt;
}

// An unset profile means the runtime's default one here: a workload that needs more says
// Unconfined.
Result<cri::Seccomp> seccompOf(doc::Value profile) {
  const std::string_view type = profile["type"].text("RuntimeDefault");
  if (type == "RuntimeDefault") return cri::Seccomp::kRuntimeDefault;
  if (type == "Unconfined") return cri::Seccomp::kUnconfined;
  return fail(Code::kInvalid, cat("seccomp profile type ", type, " is not supported yet"));
}

Result<void> checkNonRoot(doc::Value pod, doc::Value container, const cri::Image& image,
                          const std::optional<int64_t>& uid) {
  if (!field(pod, container, "runAsNonRoot").boolean()) return {};
  if (uid) {
    if (*uid == 0) return fail(Code::kInvalid, "container's runAsUser breaks non-root policy");
    return {};
  }
  if (image.uid && *image.uid != 0) return {};
  if (!image.uid && !image.username.empty()) {
    return fail(Code::kInvalid, cat("container has runAsNonRoot and image has non-numeric user (",
                                    image.username, "), cannot verify user is non-root"));
  }
  return fail(Code::kInvalid, "container has runAsNonRoot and image will run as root");
}

}  // namespace

bool hostNetwork(doc::Value pod) {
  return pod["spec"]["hostNetwork"].boolean();
}

std::optional<int64_t> fsGroup(doc::Value pod) {
  return number(pod["spec"]["securityContext"]["fsGroup"]);
}

cri::SandboxSecurity sandboxSecurity(doc::Value pod) {
  const doc::Value spec = pod["spec"];
  cri::SandboxSecurity s;
  s.network = hostNetwork(pod) ? cri::NamespaceMode::kNode : cri::NamespaceMode::kPod;
  s.pid = spec["hostPID"].boolean()                 ? cri::NamespaceMode::kNode
          : spec["shareProcessNamespace"].boolean() ? cri::NamespaceMode::kPod
                                                    : cri::NamespaceMode::kContainer;
  s.ipc = spec["hostIPC"].boolean() ? cri::NamespaceMode::kNode : cri::NamespaceMode::kPod;
  for (const std::string_view list : {"containers", "initContainers"}) {
    for (const doc::Value c : spec[list].elements()) {
      s.privileged = s.privileged || c["securityContext"]["privileged"].boolean();
    }
  }
  const doc::Value context = spec["securityContext"];
  s.run_as_user = number(context["runAsUser"]);
  if (s.run_as_user)
    s.run_as_group = number(context["runAsGroup"]);  // CRI refuses a group without a user
  for (const doc::Value g : context["supplementalGroups"].elements())
    s.supplemental_groups.push_back(g.integer());
  if (const auto group = fsGroup(pod)) s.supplemental_groups.push_back(*group);
  return s;
}

Result<cri::ContainerSecurity> containerSecurity(doc::Value pod, doc::Value container,
                                                 const cri::Image& image) {
  const doc::Value own = container["securityContext"];
  const cri::SandboxSecurity sandbox = sandboxSecurity(pod);
  cri::ContainerSecurity s;
  s.privileged = own["privileged"].boolean();
  s.readonly_rootfs = own["readOnlyRootFilesystem"].boolean();
  const bool adds_admin = [&] {
    for (const doc::Value c : own["capabilities"]["add"].elements()) {
      if (c.text() == "SYS_ADMIN" || c.text() == "CAP_SYS_ADMIN") return true;
    }
    return false;
  }();
  const doc::Value escalation = own["allowPrivilegeEscalation"];
  s.no_new_privileges =
      escalation.exists() && !escalation.boolean() && !s.privileged && !adds_admin;
  s.run_as_user = number(field(pod, container, "runAsUser"));
  s.run_as_group = number(field(pod, container, "runAsGroup"));
  MESHKA_CHECK(checkNonRoot(pod, container, image, s.run_as_user));
  if (!s.run_as_user) {
    if (image.uid)
      s.run_as_user = image.uid;
    else
      s.run_as_username = image.username;
  }
  s.supplemental_groups = sandbox.supplemental_groups;
  for (const doc::Value c : own["capabilities"]["add"].elements())
    s.add_capabilities.emplace_back(c.text());
  for (const doc::Value c : own["capabilities"]["drop"].elements())
    s.drop_capabilities.emplace_back(c.text());
  MESHKA_TRY(s.seccomp, seccompOf(field(pod, container, "seccompProfile")));
  if (s.privileged) s.seccomp = cri::Seccomp::kUnconfined;
  s.network = sandbox.network;
  s.pid = sandbox.pid;
  s.ipc = sandbox.ipc;
  if (!s.privileged) {
    s.masked_paths.assign(std::begin(kMaskedPaths), std::end(kMaskedPaths));
    s.readonly_paths.assign(std::begin(kReadonlyPaths), std::end(kReadonlyPaths));
  }
  return s;
}

}  // namespace meshka::node
