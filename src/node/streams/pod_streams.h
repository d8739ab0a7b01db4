// Logs, exec and attach of this node's pods, answered on the API server's own request: the host
// wires it behind the API server's node connector.
#pragma once

#include <string>

#include "net/http.h"
#include "node/pod/context.h"

namespace meshka::node {

class PodStreams {
 public:
  PodStreams(io::World world, cri::CriClient& cri) : world_(world), cri_(cri) {}

  // `subresource` is log, exec or attach; others answer 501 "not supported yet". `pod` is the
  // object as stored.
  io::Task<void> serve(std::string subresource, doc::Doc pod, net::ServerRequest& request,
                       net::ResponseWriter& response);

 private:
  io::Task<void> log(doc::Doc pod, net::ServerRequest& request, net::ResponseWriter& response);
  io::Task<void> exec(doc::Doc pod, bool attach, net::ServerRequest& request,
                      net::ResponseWriter& response);

  io::World world_;
  cri::CriClient& cri_;
};

// A Status object as the API answers errors.
void respondStatus(net::ResponseWriter& to, int code, std::string_view reason,
                   const std::string& message);

// "a=1&b=x%20y" decoded; the values of one key in order.
std::vector<std::string> queryValues(std::string_view query, std::string_view key);

}  // namespace meshka::node
