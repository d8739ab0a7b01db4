// What the API server cannot answer from its store: logs, exec, attach, port-forward and proxies.
// Whoever builds the server gives it a connector: the host hands it to the node agent, a virtual
// cluster to its host's API.
#pragma once

#include <string>

#include "apiserver/auth_interfaces.h"
#include "doc/doc.h"
#include "net/http.h"

namespace meshka::apiserver {

struct ConnectRequest {
  std::string resource;     // pods, nodes or services
  std::string subresource;  // log, exec, attach, portforward, proxy
  std::string ns;
  std::string name;
  std::string rest;  // proxy: canonical path behind the subresource, "/metrics"; else empty
  doc::Doc object;   // the pod, node or service as stored
  User user;
};

class NodeConnector {
 public:
  virtual ~NodeConnector() = default;
  // Called after authorization (exec, attach and portforward need `create` whatever the method is)
  // and after the object was found. Answers on `response`, an upgrade included; errors are answered
  // as Status objects.
  virtual io::Task<void> connect(ConnectRequest what, net::ServerRequest& request,
                                 net::ResponseWriter& response) = 0;
};

}  // namespace meshka::apiserver
