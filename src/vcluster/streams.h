// Logs, exec, attach and port-forward of virtual pods: the virtual API server has checked the
// caller, and the request goes on to the host's API under the host pod's name, with the control
// plane's own credentials.
#pragma once

#include <string>

#include "client/http_api_client.h"
#include "io/loop.h"
#include "net/http.h"
#include "vcluster/translate/names.h"

namespace meshka::vcluster {

class HostStreams {
 public:
  HostStreams(io::World& world, net::HttpClient& host, Tenant tenant, client::TokenSource& tokens)
      : world_(world), host_(host), tenant_(std::move(tenant)), tokens_(tokens) {}

  // `subresource` of the virtual pod ns/name; the query goes on as it came. Answers on `response`;
  // an error means that nothing was answered yet.
  io::Task<Result<void>> forward(std::string ns, std::string name, std::string subresource,
                                 net::ServerRequest& request, net::ResponseWriter& response);

 private:
  io::Task<Result<void>> copyBody(net::ClientResponse from, net::ResponseWriter& to);
  io::Task<Result<void>> splice(net::ClientResponse from, net::ResponseWriter& to);

  io::World& world_;
  net::HttpClient& host_;
  Tenant tenant_;
  client::TokenSource& tokens_;  // what authenticates us at the host
};

}  // namespace meshka::vcluster
