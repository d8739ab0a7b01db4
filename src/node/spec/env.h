// A container's environment: service links, envFrom, env with references, $(VAR) expansion.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doc/doc.h"
#include "node/config.h"
#include "node/spec/downward.h"

namespace meshka::node {

// ConfigMaps and Secrets that a pod refers to, as they are now.
class ObjectSource {
 public:
  virtual ~ObjectSource() = default;
  // nullptr: there is none.
  virtual const doc::Doc* configMap(std::string_view ns, std::string_view name) const = 0;
  virtual const doc::Doc* secret(std::string_view ns, std::string_view name) const = 0;
};

using EnvList = std::vector<std::pair<std::string, std::string>>;

struct EnvInputs {
  const NodeConfig& config;
  doc::Value pod;
  doc::Value container;
  const PodAddresses& addresses;
  const ObjectSource& objects;
  const std::vector<doc::Doc>& services;  // of all namespaces
};

// In the order of definition, each name once. Errors: kInvalid and kNotFound with the kubelet's
// sentences; the pod then waits with CreateContainerConfigError.
Result<EnvList> buildEnv(const EnvInputs& inputs);

// NAME_SERVICE_HOST, NAME_SERVICE_PORT, NAME_PORT_80_TCP ... of the pod's namespace when service
// links are on, and of default/kubernetes always.
EnvList serviceLinks(doc::Value pod, const std::vector<doc::Doc>& services);

// $(NAME) becomes its value when `env` has it and stays otherwise; $$ is a dollar sign.
std::string expandReferences(std::string_view text, const EnvList& env);

}  // namespace meshka::node
