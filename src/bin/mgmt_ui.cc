// `meshka mgmt-ui api|console|config-reloader`: the programs of the UI's pod, and what stands
// beside Prometheus.
#include "base/strings.h"
#include "bin/mgmt_common.h"
#include "bin/program.h"
#include "cli/flags.h"
#include "io/async.h"
#include "mgmt/ui/api.h"
#include "mgmt/ui/console.h"
#include "mgmt/ui/reloader.h"
#include "net/client.h"
#include "net/resolver.h"
#include "net/server.h"

namespace meshka::bin {

namespace {

using cli::Command;
using cli::CommandContext;
using cli::Parsed;
using io::Task;

constexpr Duration kStopGrace = seconds(2);

Command apiCommand() {
  Command c;
  c.name = "meshka mgmt-ui api";
  c.summary = "serves what the management cluster has as JSON";
  c.flags = {textFlag("listen", "ADDRESS", "of the API", "0.0.0.0:10101"),
             textFlag("health-listen", "ADDRESS", "of /ready and /healthz", "0.0.0.0:8081"),
             textFlag("namespace", "NAMESPACE", "of the management plane", "gloo-mesh"),
             textFlag("kubeconfig", "FILE", "by default this pod's service account")};
  return c;
}

Command consoleCommand() {
  Command c;
  c.name = "meshka mgmt-ui console";
  c.summary = "serves the pages";
  c.flags = {textFlag("listen", "ADDRESS", "of the pages", "0.0.0.0:8090"),
             textFlag("api", "URL", "of the API", "http://127.0.0.1:10101")};
  return c;
}

Command reloaderCommand() {
  Command c;
  c.name = "meshka mgmt-ui config-reloader";
  c.summary = "posts to a URL when a file changes";
  c.flags = {textFlag("watch", "FILE", "to look at"), textFlag("url", "URL", "to post to")};
  return c;
}

// Listens where the flag says and tells so.
Result<void> listenAt(CommandContext& context, net::HttpServer& server, const Parsed& flags,
                      const char* flag) {
  MESHKA_TRY(const io::Endpoint at, endpointFlag(flags, flag));
  auto listening = server.listen(context.world.network, at);
  if (!listening) return fail(listening.error().with(cat("--", flag, " ", flags.get(flag))));
  context.console.out(cat(flag, " on ", listening->toString(), "\n"));
  return {};
}

Task<Result<void>> api(CommandContext& context, Parsed flags) {
  io::World& world = context.world;
  io::Event& stop = context.stop.catchSignals();
  MESHKA_CO_TRY(const auto client, co_await clusterOf(world, flags.get("kubeconfig")));
  mgmt::ui::Api handler(world, *client, flags.get("namespace"));
  mgmt::ui::Health health(handler);
  net::HttpServer server(world.loop, handler, {.tls = nullptr, .log = &world.log});
  net::HttpServer health_server(world.loop, health, {.tls = nullptr, .log = &world.log});
  MESHKA_CO_CHECK(listenAt(context, server, flags, "listen"));
  MESHKA_CO_CHECK(listenAt(context, health_server, flags, "health-listen"));
  (void)co_await stop.wait();
  co_await server.stop(world.clock().now() + kStopGrace);
  co_return Result<void>();
}

Result<std::unique_ptr<net::HttpClient>> clientOf(io::World& world, const net::Url& url) {
  if (url.tls) return fail(Code::kUnsupported, "https is not supported here yet");
  net::ClientOptions options;
  net::setTarget(options, url);
  options.resolver = net::newSystemResolver(world);
  return net::newHttpClient(world.loop, world.network, std::move(options));
}

Task<Result<void>> console(CommandContext& context, Parsed flags) {
  io::World& world = context.world;
  io::Event& stop = context.stop.catchSignals();
  auto url = net::parseUrl(flags.get("api"));
  if (!url) co_return fail(url.error().with("--api"));
  MESHKA_CO_TRY(const auto client, clientOf(world, *url));
  mgmt::ui::Console handler(world, *client);
  net::HttpServer server(world.loop, handler, {.tls = nullptr, .log = &world.log});
  MESHKA_CO_CHECK(listenAt(context, server, flags, "listen"));
  (void)co_await stop.wait();
  co_await server.stop(world.clock().now() + kStopGrace);
  co_return Result<void>();
}

Task<Result<void>> configReloader(CommandContext& context, Parsed flags) {
  for (const char* required : {"watch", "url"}) {
    if (!flags.given(required)) co_return fail(Code::kInvalid, cat("--", required, " is required"));
  }
  io::Event& stop = context.stop.catchSignals();
  auto url = net::parseUrl(flags.get("url"));
  if (!url) co_return fail(url.error().with("--url"));
  MESHKA_CO_TRY(const auto client, clientOf(context.world, *url));
  co_await mgmt::ui::runReloader(context.world, *client,
                                 {flags.get("watch"), url->path.empty() ? "/" : url->path}, stop);
  co_return Result<void>();
}

struct Part {
  std::string_view name;
  Command (*table)();
  Task<Result<void>> (*run)(CommandContext&, Parsed);
};

constexpr Part kParts[] = {{"api", apiCommand, api},
                           {"console", consoleCommand, console},
                           {"config-reloader", reloaderCommand, configReloader}};

}  // namespace

Task<int> mgmtUi(CommandContext& context, Words words) {
  constexpr std::string_view kName = "meshka mgmt-ui";
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    std::string out = cat("Usage:\n  ", kName, " PART\n\nParts:\n");
    for (const Part& part : kParts) out += cat("  ", part.name, ": ", part.table().summary, "\n");
    context.console.out(out);
    co_return words.empty() ? cli::kUsage : cli::kOk;
  }
  for (const Part& part : kParts) {
    if (part.name != words[0]) continue;
    const Command table = part.table();
    words.erase(words.begin());
    auto parsed = cli::parse(table, words);
    if (!parsed) co_return cli::complain(context.console, table.name, parsed.error());
    if (parsed->help()) {
      context.console.out(cli::helpText(table));
      co_return cli::kOk;
    }
    const auto done = co_await part.run(context, std::move(*parsed));
    if (!done) co_return cli::complain(context.console, table.name, done.error());
    co_return cli::kOk;
  }
  co_return cli::complain(context.console, kName,
                          Error(Code::kInvalid, cat("unknown part \"", words[0],
                                                    "\"; meshka mgmt-ui --help lists them")));
}

}  // namespace meshka::bin
