// The two containers that injection adds, and the volumes they use.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"
#include "mesh/inject/inject.h"
#include "mesh/inject/workload.h"

namespace meshka::mesh {

// What the parts of injection read.
struct InjectContext {
  const InjectInput& input;
  doc::Value pod;
  doc::Value annotations;
  doc::Value global;      // values.global
  doc::Doc proxy_config;  // of this pod
  WorkloadRef workload;
  std::string status_port;  // "15020"; "0": no status server

  // The annotation's text, else `fallback`.
  std::string annotation(std::string_view name, std::string_view fallback) const;
  std::string cluster() const;
  std::string network() const;
  bool holdsApplication() const;
  std::string interceptionMode() const;
};

doc::Draft initContainer(const InjectContext& context);   // istio-init
doc::Draft proxyContainer(const InjectContext& context);  // istio-proxy
std::vector<doc::Draft> proxyVolumes(const InjectContext& context);

}  // namespace meshka::mesh
