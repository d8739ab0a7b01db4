// `meshka bookinfo`: the demo's services, the client that measures them, and a program that only
// waits.
#include <cstdlib>

#include "base/strings.h"
#include "bin/program.h"
#include "bookinfo/limits.h"
#include "bookinfo/load/load.h"
#include "bookinfo/program.h"
#include "cli/flags.h"
#include "doc/json.h"
#include "net/server.h"

namespace meshka::bin {
namespace {

constexpr Duration kStopTimeout = seconds(5);

struct Service {
  std::string_view name;
  std::unique_ptr<bookinfo::Program> (*make)(bookinfo::Surroundings);
};
constexpr Service kServices[] = {{"productpage", bookinfo::newProductPage},
                                 {"details", bookinfo::newDetails},
                                 {"reviews", bookinfo::newReviews},
                                 {"ratings", bookinfo::newRatings},
                                 {"echo", bookinfo::newEcho}};

cli::Command serviceCommand(std::string_view name) {
  cli::Command c;
  c.name = cat("meshka bookinfo ", name);
  c.arguments = "[FLAGS]";
  c.summary = "serves its part of the demo until it is told to end";
  c.flags = {{.name = "listen",
              .value_name = "ADDRESS",
              .help = "address and port",
              .default_value = "0.0.0.0:9080"}};
  return c;
}

cli::Command clientCommand() {
  cli::Command c;
  c.name = "meshka bookinfo client";
  c.arguments = "[FLAGS]";
  c.summary = "sends requests to one URL and says what came back";
  c.flags = {
      {.name = "url", .value_name = "URL", .help = "http://host:port/path"},
      {.name = "count", .value_name = "N", .help = "how many requests", .default_value = "1"},
      {.name = "concurrency", .value_name = "N", .help = "at once", .default_value = "1"},
      {.name = "rate",
       .value_name = "N",
       .help = "begun per second; 0: as fast as the answers come",
       .default_value = "0"},
      {.name = "header",
       .kind = cli::FlagKind::kList,
       .value_name = "NAME=VALUE",
       .help = "sent with each request"},
      {.name = "timeout",
       .value_name = "DURATION",
       .help = "of one request",
       .default_value = "10s"},
      {.name = "keep-alive",
       .kind = cli::FlagKind::kSwitch,
       .help = "use a connection again; else each request has its own"},
      {.name = "body", .kind = cli::FlagKind::kSwitch, .help = "print the last answer's body too"},
      {.name = "output",
       .letter = 'o',
       .value_name = "FORMAT",
       .help = "how to print",
       .default_value = "text",
       .choices = {"text", "json"}},
  };
  return c;
}

cli::Command idleCommand() {
  return {.name = "meshka bookinfo idle",
          .summary = "waits until it is told to end: a pod to run other programs in"};
}

io::Task<Result<void>> serve(cli::CommandContext& context, const Service& service,
                             std::string listen) {
  io::Event& stop = context.stop.catchSignals();
  bookinfo::Variables variables;
  for (const std::string& name : bookinfo::variableNames())
    if (const char* value = std::getenv(name.c_str())) variables[name] = value;
  MESHKA_CO_TRY(bookinfo::Settings settings, bookinfo::settingsFrom(variables));
  auto at = io::Endpoint::parse(listen);
  if (!at) co_return fail(at.error().with("--listen"));
  for (const std::string& sentence : settings.ignored)
    context.console.err(cat("warning: ", sentence, "\n"));
  io::World& world = context.world;
  const auto program = service.make(
      {.world = world, .resolver = net::newSystemResolver(world), .settings = std::move(settings)});
  const auto handler = bookinfo::newHandler(*program, world.log);
  net::HttpServer server(world.loop, *handler, {.log = &world.log});
  MESHKA_CO_TRY(const io::Endpoint bound, server.listen(world.network, *at));
  context.console.out(cat(service.name, " serves on ", bound.toString(), "\n"));
  (void)co_await stop.wait();
  co_await server.stop(world.clock().now() + kStopTimeout);
  co_return Result<void>();
}

Result<size_t> countFlag(const cli::Parsed& parsed, std::string_view flag, size_t most) {
  const auto n = parseInt(parsed.get(flag));
  if (!n || *n < 1 || *n > static_cast<int64_t>(most))
    return fail(Code::kInvalid,
                cat("--", flag, " ", parsed.get(flag), ": must be a number from 1 to ", most));
  return static_cast<size_t>(*n);
}

Result<bookinfo::LoadOptions> loadOptions(const cli::Parsed& parsed) {
  bookinfo::LoadOptions out;
  out.url = parsed.get("url");
  if (out.url.empty()) return fail(Code::kInvalid, "--url is required");
  MESHKA_TRY(out.count, countFlag(parsed, "count", bookinfo::kMaxRequests));
  MESHKA_TRY(out.concurrency, countFlag(parsed, "concurrency", bookinfo::kMaxConcurrency));
  const auto rate = parseDouble(parsed.get("rate"));
  if (!rate || *rate < 0)
    return fail(Code::kInvalid, cat("--rate ", parsed.get("rate"), ": must be a number"));
  out.rate = *rate;
  for (const std::string& header : parsed.all("header")) {
    const size_t equals = header.find('=');
    if (equals == header.npos || equals == 0)
      return fail(Code::kInvalid, cat("--header ", header, ": must be NAME=VALUE"));
    out.headers.add(header.substr(0, equals), header.substr(equals + 1));
  }
  auto timeout = parseDuration(parsed.get("timeout"));
  if (!timeout) return fail(timeout.error().with("--timeout"));
  out.timeout = *timeout;
  out.keep_alive = parsed.on("keep-alive");
  return out;
}

io::Task<int> client(cli::CommandContext& context, const cli::Parsed& parsed) {
  const std::string name = clientCommand().name;
  auto options = loadOptions(parsed);
  if (!options) co_return cli::complain(context.console, name, options.error());
  const std::string url = options->url;
  const auto result = co_await bookinfo::runLoad(
      context.world, net::newSystemResolver(context.world), *std::move(options));
  if (!result) co_return cli::complain(context.console, name, result.error());
  if (parsed.get("output") == "json") {
    doc::Draft out = result->tally.toDraft();
    out["url"] = url;
    out["seconds"] = result->time.seconds();
    if (parsed.on("body")) out["body"] = result->last_body;
    context.console.out(doc::toPrettyJson(out.finish()) + "\n");
  } else {
    context.console.out(result->tally.toText());
    if (parsed.on("body")) context.console.out(result->last_body);
  }
  co_return result->tally.unanswered() == 0 ? cli::kOk : cli::kFailed;
}

std::string overview() {
  std::string out = "meshka bookinfo PROGRAM: the demo application\n\nPrograms:\n";
  for (const Service& service : kServices) out += cat("  ", service.name, "\n");
  return out + "  client\n  idle\n\nmeshka bookinfo PROGRAM --help says more.\n";
}

}  // namespace

io::Task<int> bookinfoMain(cli::CommandContext& context, Words words) {
  const std::string program = words.empty() ? "" : words[0];
  if (program.empty() || program == "--help" || program == "-h" || program == "help") {
    context.console.out(overview());
    co_return program.empty() ? cli::kUsage : cli::kOk;
  }
  words.erase(words.begin());
  const Service* service = nullptr;
  for (const Service& one : kServices)
    if (one.name == program) service = &one;
  if (service == nullptr && program != "client" && program != "idle") {
    context.console.err(
        cat("meshka bookinfo: unknown program: ", program, "; meshka bookinfo help lists them\n"));
    co_return cli::kUsage;
  }
  const cli::Command command = service != nullptr    ? serviceCommand(program)
                               : program == "client" ? clientCommand()
                                                     : idleCommand();
  const auto parsed = cli::parse(command, words);
  if (!parsed) co_return cli::complain(context.console, command.name, parsed.error());
  if (parsed->help()) {
    context.console.out(cli::helpText(command));
    co_return cli::kOk;
  }
  if (program == "client") co_return co_await client(context, *parsed);
  if (program == "idle") {
    (void)co_await context.stop.catchSignals().wait();
    co_return cli::kOk;
  }
  const auto done = co_await serve(context, *service, parsed->get("listen"));
  if (!done) co_return cli::complain(context.console, command.name, done.error());
  co_return cli::kOk;
}

}  // namespace meshka::bin
