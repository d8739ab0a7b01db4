// The kubelet's probes of the application, which the injector turned towards the agent: a strict
// sidecar would refuse the kubelet's plain text.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doc/doc.h"
#include "io/loop.h"
#include "io/task.h"

namespace meshka::mesh::agent {

struct AppProbe {
  std::string host;  // numeric, or a name that only "localhost" may be
  uint16_t port = 0;
  bool tcp = false;  // connecting is all
  bool tls = false;
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  Duration timeout;
};

// The probe of ISTIO_KUBE_APP_PROBERS for a path such as /app-health/NAME/readyz. Errors:
// kNotFound, kInvalid (a named port).
Result<AppProbe> findAppProbe(doc::Value probers, std::string_view path, std::string_view pod_ip);

// The status that the application answers (200 for a connection of a tcp probe). `network` leaves
// from 127.0.0.6, which the redirection lets pass.
io::Task<Result<int>> runAppProbe(io::World world, io::Network& network, AppProbe probe,
                                  std::string user_agent);

}  // namespace meshka::mesh::agent
