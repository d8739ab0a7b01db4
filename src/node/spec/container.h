// A container of a pod spec as the runtime wants it. Pure: what it refers to has been resolved
// before.
#pragma once

#include <map>
#include <string>

#include "doc/doc.h"
#include "node/cri/cri.h"
#include "node/spec/env.h"

namespace meshka::node {

struct ContainerInputs {
  const NodeConfig& config;
  doc::Value pod;
  doc::Value container;
  uint32_t attempt = 0;
  const cri::Image& image;
  const PodAddresses& addresses;
  const ObjectSource& objects;
  const std::vector<doc::Doc>& services;
  // Where each mount's files are, by index into volumeMounts: prepared (and, with subPath,
  // resolved) by volumes/.
  const std::vector<std::string>& mount_sources;
  std::string hosts_path;        // mounted over /etc/hosts; empty: not
  std::string termination_path;  // file mounted over terminationMessagePath; empty: not
};

// A hash of what makes a container what it is; a running container with another hash is replaced.
std::string containerHash(doc::Value container);
constexpr std::string_view kHashAnnotation = "io.kubernetes.container.hash";
constexpr std::string_view kRestartCountAnnotation = "io.kubernetes.container.restartCount";
constexpr std::string_view kTerminationPathAnnotation = "meshka.dev/termination-message";

// The path in the container where a mount goes, relative ones below "/".
Result<cri::ContainerConfig> containerConfig(const ContainerInputs& inputs);

// Finds a container (or init container) of the spec by name; missing when there is none.
doc::Value findContainer(doc::Value pod, std::string_view name);
bool isInitContainer(doc::Value pod, std::string_view name);

// "name", "repo/name", "repo/name:tag": ":latest" or no tag means Always, else IfNotPresent, unless
// the spec says.
std::string_view pullPolicy(doc::Value container);

}  // namespace meshka::node
