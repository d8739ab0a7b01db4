#include "node/spec/container.h"

#include <algorithm>

#include "base/digest.h"
#include "base/strings.h"
#include "doc/json.h"
#include "node/spec/resources.h"
#include "node/spec/sandbox.h"
#include "node/spec/security.h"

namespace meshka::node {
namespace {

constexpr size_t kHashDigits = 16;

std::vector<std::string> expandAll(doc::Value words, const EnvList& env) {
  std::vector<std::string> out;
  for (const doc::Value word : words.elements()) out.push_back(expandReferences(word.text(), env));
  return out;
}

std::string absolute(std::string_view path) {
  return path.starts_with('/') ? std::string(path) : cat("/", path);
}

cri::Propagation propagationOf(std::string_view text) {
  return text == "Bidirectional"     ? cri::Propagation::kBidirectional
         : text == "HostToContainer" ? cri::Propagation::kHostToContainer
                                     : cri::Propagation::kPrivate;
}

// A volume that is read-only whatever its mount says.
bool readonlyVolume(doc::Value pod, std::string_view name) {
  for (const doc::Value v : pod["spec"]["volumes"].elements()) {
    if (v["name"].text() != name) continue;
    return v["configMap"].exists() || v["secret"].exists() || v["projected"].exists() ||
           v["downwardAPI"].exists();
  }
  return false;
}

Result<std::vector<cri::Mount>> mountsOf(const ContainerInputs& in) {
  std::vector<cri::Mount> out;
  const doc::Value mounts = in.container["volumeMounts"];
  bool own_hosts = false;
  for (size_t i = 0; i < mounts.size(); ++i) {
    const doc::Value m = mounts[i];
    if (i >= in.mount_sources.size())
      return fail(Code::kInternal, cat("volume ", m["name"].text(), " is not prepared"));
    cri::Mount mount;
    mount.container_path = absolute(m["mountPath"].text());
    mount.host_path = in.mount_sources[i];
    mount.readonly = m["readOnly"].boolean() || readonlyVolume(in.pod, m["name"].text());
    mount.propagation = propagationOf(m["mountPropagation"].text());
    own_hosts = own_hosts || mount.container_path == "/etc/hosts";
    out.push_back(std::move(mount));
  }
  if (!own_hosts && !in.hosts_path.empty())
    out.push_back({.container_path = "/etc/hosts", .host_path = in.hosts_path});
  if (!in.termination_path.empty()) {
    out.push_back({.container_path = absolute(
                       in.container["terminationMessagePath"].text("/dev/termination-log")),
                   .host_path = in.termination_path});
  }
  return out;
}

}  // namespace

std::string containerHash(doc::Value container) {
  // Only what a running container cannot take over; of a pod's containers users may change the
  // image alone.
  return sha256Hex(cat(container["name"].text(), "\n", container["image"].text()))
      .substr(0, kHashDigits);
}

doc::Value findContainer(doc::Value pod, std::string_view name) {
  for (const std::string_view list : {"containers", "initContainers", "ephemeralContainers"}) {
    for (const doc::Value c : pod["spec"][list].elements()) {
      if (c["name"].text() == name) return c;
    }
  }
  return {};
}

bool isInitContainer(doc::Value pod, std::string_view name) {
  for (const doc::Value c : pod["spec"]["initContainers"].elements()) {
    if (c["name"].text() == name) return true;
  }
  return false;
}

std::string_view pullPolicy(doc::Value container) {
  const std::string_view set = container["imagePullPolicy"].text();
  if (!set.empty()) return set;
  const std::string_view image = container["image"].text();
  const std::string_view last =
      image.substr(image.find_last_of('/') == std::string_view::npos ? 0 : image.find_last_of('/'));
  if (image.find('@') != std::string_view::npos) return "IfNotPresent";
  return last.find(':') == std::string_view::npos || last.ends_with(":latest") ? "Always"
                                                                               : "IfNotPresent";
}

Result<cri::ContainerConfig> containerConfig(const ContainerInputs& in) {
  const doc::Value c = in.container, meta = in.pod["metadata"];
  MESHKA_TRY(const EnvList env, buildEnv({.config = in.config,
                                          .pod = in.pod,
                                          .container = c,
                                          .addresses = in.addresses,
                                          .objects = in.objects,
                                          .services = in.services}));
  cri::ContainerConfig out;
  out.name = c["name"].text();
  out.attempt = in.attempt;
  out.image = in.image.id;
  out.user_image = c["image"].text();
  out.command = expandAll(c["command"], env);
  out.args = expandAll(c["args"], env);
  out.working_dir = c["workingDir"].text();
  out.env = env;
  MESHKA_TRY(out.mounts, mountsOf(in));
  out.labels = {{std::string(cri::kPodNameLabel), std::string(meta["name"].text())},
                {std::string(cri::kPodNamespaceLabel), std::string(meta["namespace"].text())},
                {std::string(cri::kPodUidLabel), std::string(meta["uid"].text())},
                {std::string(cri::kContainerNameLabel), out.name}};
  out.annotations = {{std::string(kHashAnnotation), containerHash(c)},
                     {std::string(kRestartCountAnnotation), cat(in.attempt)},
                     {std::string(kTerminationPathAnnotation), in.termination_path}};
  out.log_path = containerLogPath(out.name, in.attempt);
  out.use_stdin = c["stdin"].boolean();
  out.stdin_once = c["stdinOnce"].boolean();
  out.tty = c["tty"].boolean();
  out.resources = containerResources(in.config, in.pod, c);
  MESHKA_TRY(out.security, containerSecurity(in.pod, c, in.image));
  return out;
}

}  // namespace meshka::node
