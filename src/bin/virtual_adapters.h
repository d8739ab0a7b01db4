// Joints between a virtual cluster's API server and the vcluster library, which may not know each
// other.
#pragma once

#include "apiserver/node_connector.h"
#include "apiserver/remote_admission.h"
#include "client/http_api_client.h"
#include "vcluster/streams.h"
#include "vcluster/sync/services.h"

namespace meshka::bin {

// A Service is made on the host before it is stored, and gets its addresses from there.
class HostServiceAdmission final : public apiserver::RemoteAdmission {
 public:
  explicit HostServiceAdmission(vcluster::ServiceGate& gate) : gate_(gate) {}
  io::Task<Result<doc::Doc>> admitCreate(const api::Kind& kind, doc::Doc object,
                                         bool dry_run) override;

 private:
  vcluster::ServiceGate& gate_;
};

// Logs, exec and attach go to the host's API under the host pod's name.
class HostNodeConnector final : public apiserver::NodeConnector {
 public:
  explicit HostNodeConnector(vcluster::HostStreams& streams) : streams_(streams) {}
  io::Task<void> connect(apiserver::ConnectRequest what, net::ServerRequest& request,
                         net::ResponseWriter& response) override;

 private:
  io::Task<Result<void>> forward(const apiserver::ConnectRequest& what, net::ServerRequest& request,
                                 net::ResponseWriter& response);
  vcluster::HostStreams& streams_;
};

}  // namespace meshka::bin
