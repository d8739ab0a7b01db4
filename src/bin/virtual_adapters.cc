#include "bin/virtual_adapters.h"

#include "apiserver/status.h"
#include "doc/json.h"

namespace meshka::bin {

using io::Task;

Task<Result<doc::Doc>> HostServiceAdmission::admitCreate(const api::Kind& kind, doc::Doc object,
                                                         bool dry_run) {
  if (!kind.group().empty() || kind->plural != "services") co_return object;
  // The API server's own Service stands for the control plane's Service on the host, which is there
  // already.
  const doc::Value meta = object["metadata"];
  if (meta["namespace"].text() == "default" && meta["name"].text() == "kubernetes")
    co_return object;
  co_return co_await gate_.admitCreate(std::move(object), dry_run);
}

Task<Result<void>> HostNodeConnector::forward(const apiserver::ConnectRequest& what,
                                              net::ServerRequest& request,
                                              net::ResponseWriter& response) {
  if (what.resource != "pods" || what.subresource == "proxy") {
    co_return fail(Code::kUnsupported, what.resource + "/" + what.subresource +
                                           " is not supported yet in a virtual cluster");
  }
  co_return co_await streams_.forward(what.ns, what.name, what.subresource, request, response);
}

Task<void> HostNodeConnector::connect(apiserver::ConnectRequest what, net::ServerRequest& request,
                                      net::ResponseWriter& response) {
  auto done = co_await forward(what, request, response);
  if (done || response.started()) co_return;
  const std::string body = doc::toJson(apiserver::statusObject(done.error()));
  net::respond(response, apiserver::httpStatus(done.error()), "application/json", body);
}

}  // namespace meshka::bin
