#include "mesh/istiod/http_server.h"

#include "base/strings.h"
#include "mesh/istiod/options.h"

namespace meshka::mesh {

io::Task<void> StatusHandler::serve(net::ServerRequest& request, net::ResponseWriter& response) {
  constexpr std::string_view kDebug = "/debug";
  if (request.method != "GET" && request.method != "HEAD") {
    net::respond(response, 405, "text/plain", "only GET\n");
  } else if (request.path == "/ready") {
    const std::string missing = source_.notReady();
    net::respond(response, missing.empty() ? 200 : 503, "text/plain",
                 missing.empty() ? "" : missing + "\n");
  } else if (request.path == "/version") {
    net::respond(response, 200, "text/plain", kEmulatedVersionText);
  } else if (request.path == "/metrics") {
    net::respond(response, 200, "text/plain; version=0.0.4", source_.metrics());
  } else if (request.path == kDebug || request.path.starts_with("/debug/")) {
    std::string_view page = std::string_view(request.path).substr(kDebug.size());
    if (page.starts_with('/')) page.remove_prefix(1);
    const HttpAnswer answer = source_.debug(page, request.query);
    net::respond(response, answer.status, answer.content_type, answer.body);
  } else {
    net::respond(response, 404, "text/plain", "404 page not found\n");
  }
  co_return;
}

}  // namespace meshka::mesh
