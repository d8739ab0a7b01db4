#include "mgmt/ui/console.h"

#include "base/strings.h"
#include "doc/json.h"
#include "io/async.h"
#include "mgmt/ui/limits.h"
#include "mgmt/ui/page.h"

namespace meshka::mgmt::ui {

using io::Task;

namespace {

Task<void> respondHtml(net::ResponseWriter& response, int status, std::string html, bool body) {
  net::Headers headers;
  headers.add("Content-Type", "text/html; charset=utf-8");
  headers.add("Content-Length", cat(html.size()));
  headers.add("Cache-Control", "no-store");
  // The page brings everything along: nothing is loaded, nothing runs, nobody frames it.
  headers.add("Content-Security-Policy",
              "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri "
              "'none'; form-action 'none'");
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("Referrer-Policy", "no-referrer");
  response.start(status, std::move(headers));
  if (body) (void)co_await response.write(html);
}

}  // namespace

Task<Result<doc::Doc>> Console::overview() {
  net::ClientRequest request;
  request.target = "/api/v1/overview";
  MESHKA_CO_TRY(net::ClientResponse answer,
                co_await api_.send(std::move(request), world_.clock().now() + kApiTimeout));
  MESHKA_CO_TRY(
      const std::string body,
      co_await io::withDeadline(world_.loop, world_.clock().now() + kApiTimeout,
                                net::readAll(*answer.body, kMaxOverviewBytes), "overview"));
  if (answer.status != 200)
    co_return fail(Code::kUnavailable, cat("the API answers ", answer.status, ": ", trim(body)));
  co_return doc::parseJson(body);
}

Task<void> Console::serve(net::ServerRequest& request, net::ResponseWriter& response) {
  const bool body = request.method == "GET";
  if (!body && request.method != "HEAD") {
    net::respond(response, 405, "text/plain", "read only: use GET\n");
    co_return;
  }
  if (request.path == "/healthz") {
    net::respond(response, 200, "text/plain", "ok\n");
    co_return;
  }
  if (request.path != "/" && request.path != "/ready") {
    co_await respondHtml(response, 404, errorPage("There is no such page."), body);
    co_return;
  }
  const auto now = co_await overview();
  if (request.path == "/ready") {
    net::respond(response, now ? 200 : 503, "text/plain",
                 now ? "ok\n" : cat(now.error().message(), "\n"));
    co_return;
  }
  if (now)
    co_await respondHtml(response, 200, overviewPage(*now), body);
  else
    co_await respondHtml(response, 502, errorPage(now.error().message()), body);
}

}  // namespace meshka::mgmt::ui
