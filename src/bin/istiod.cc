// `meshka istiod`, called `pilot-discovery` in its image: Istio's control plane, in a pod or as a
// plain process beside any API server.
#include <algorithm>

#include "base/strings.h"
#include "bin/own_cluster.h"
#include "bin/program.h"
#include "cli/flags.h"
#include "client/http_api_client.h"
#include "client/kubeconfig.h"
#include "io/disk.h"
#include "io/linux/log.h"
#include "mesh/istiod/istiod.h"

namespace meshka::bin {

namespace {

cli::Command command() {
  const auto text = [](std::string name, std::string value, std::string help,
                       std::string fallback) {
    return cli::Flag{.name = std::move(name),
                     .value_name = std::move(value),
                     .help = std::move(help),
                     .default_value = std::move(fallback)};
  };
  cli::Command c;
  c.name = "pilot-discovery";
  c.arguments = "[discovery|version|request GET PATH] [FLAGS]";
  c.summary = "runs Istio's control plane";
  c.max_arguments = 3;
  c.flags = {
      text("httpAddr", "ADDRESS", "of readiness and debugging", ":8080"),
      text("grpcAddr", "ADDRESS", "of discovery in clear text; callers prove who they are by token",
           ":15010"),
      text("secureGRPCAddr", "ADDRESS", "of discovery and certificates over TLS", ":15012"),
      text("monitoringAddr", "ADDRESS", "of metrics, version and debugging", ":15014"),
      text("httpsAddr", "ADDRESS", "of the webhooks", ":15017"),
      text("domain", "DOMAIN", "of the cluster's DNS", "cluster.local"),
      text("keepaliveMaxServerConnectionAge", "DURATION",
           "proxies connect anew after about so long", "30m"),
      text("log_output_level", "SCOPE:LEVEL", "default:error, warn, info or debug", "default:info"),
      text("kubeconfig", "FILE", "of the cluster; by default this pod's service account", ""),
  };
  c.flags.push_back({.name = "serving-name",
                     .kind = cli::FlagKind::kList,
                     .value_name = "NAME",
                     .help = "more names of the serving certificate"});
  return c;
}

// ":8080" listens on all addresses.
Result<io::Endpoint> addressOf(const cli::Parsed& flags, const char* flag) {
  std::string text = flags.get(flag);
  if (text.starts_with(':')) text.insert(0, "0.0.0.0");
  auto parsed = io::Endpoint::parse(text);
  if (!parsed) return fail(parsed.error().with(cat("--", flag)));
  return *parsed;
}

Result<mesh::IstiodOptions> readOptions(const cli::Parsed& flags) {
  mesh::IstiodOptions out;
  mesh::applyEnvironment(out, [](const char* name) { return environment(name); });
  MESHKA_TRY(out.http, addressOf(flags, "httpAddr"));
  MESHKA_TRY(out.grpc, addressOf(flags, "grpcAddr"));
  MESHKA_TRY(out.secure_grpc, addressOf(flags, "secureGRPCAddr"));
  MESHKA_TRY(out.monitoring, addressOf(flags, "monitoringAddr"));
  MESHKA_TRY(out.webhooks, addressOf(flags, "httpsAddr"));
  out.cluster_domain = flags.get("domain");
  const auto age = parseDuration(flags.get("keepaliveMaxServerConnectionAge"));
  if (!age) return fail(age.error().with("--keepaliveMaxServerConnectionAge"));
  out.max_connection_age = *age;
  out.serving_names = flags.all("serving-name");
  return out;
}

// "default:info,ads:debug": scopes are not told apart, the most talkative one counts.
Result<Level> levelOf(std::string_view text) {
  constexpr std::pair<std::string_view, Level> kLevels[] = {
      {"none", Level::kError}, {"fatal", Level::kError}, {"error", Level::kError},
      {"warn", Level::kWarn},  {"info", Level::kInfo},   {"debug", Level::kDebug}};
  Level out = Level::kError;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view name = part.substr(part.find(':') == part.npos ? 0 : part.find(':') + 1);
    const auto* found = std::find_if(std::begin(kLevels), std::end(kLevels),
                                     [&](const auto& level) { return level.first == name; });
    if (found == std::end(kLevels)) {
      return fail(Code::kInvalid, cat("--log_output_level: unknown level \"", name, "\""));
    }
    out = std::max(out, found->second);
  }
  return out;
}

io::Task<Result<client::Credentials>> credentials(io::World& world, std::string flag) {
  // The chart names a file that exists only when the cluster is elsewhere.
  std::string path = flag.empty() ? environment("KUBECONFIG") : flag;
  if (flag.empty() && !path.empty()) {
    MESHKA_CO_TRY(const client::KubeConfig config,
                  co_await client::loadKubeConfig(world.disk, {path}));
    if (config.contextNames().empty()) path.clear();
  }
  co_return co_await ownCluster(world, std::move(path));
}

io::Task<Result<void>> serve(cli::CommandContext& context, io::World world,
                             mesh::IstiodOptions options, std::string kubeconfig) {
  io::Event& stop = context.stop.catchSignals();
  MESHKA_CO_TRY(client::Credentials found, co_await credentials(world, std::move(kubeconfig)));
  MESHKA_CO_TRY(const std::unique_ptr<client::ApiClient> api,
                client::newHttpApiClient(world, std::move(found)));
  mesh::Istiod istiod(world, *api, std::move(options));
  MESHKA_CO_CHECK(co_await istiod.start());
  const mesh::Istiod::Addresses& at = istiod.addresses();
  context.console.out(cat("serving: http ", at.http.toString(), ", grpc ", at.grpc.toString(),
                          ", secure grpc ", at.secure_grpc.toString(), ", monitoring ",
                          at.monitoring.toString(), ", webhooks ", at.webhooks.toString(), "\n"));
  (void)co_await stop.wait();
  co_await istiod.stop();
  co_return Result<void>();
}

// `pilot-discovery request GET /debug/syncz`: what istioctl runs in istiod's pod.
io::Task<Result<std::string>> ask(io::World& world, uint16_t port, std::string method,
                                  std::string path) {
  constexpr Duration kTimeout = seconds(10);
  constexpr size_t kMaxAnswer = 64u << 20;
  const client::Credentials here{.server = cat("http://127.0.0.1:", port)};
  MESHKA_CO_TRY(const auto connection, client::newServerConnection(world, here));
  if (!path.starts_with('/')) path.insert(0, "/");
  auto answer = co_await connection->send({.method = std::move(method), .target = path},
                                          world.clock().now() + kTimeout);
  if (!answer) co_return fail(answer.error().with("istiod's monitoring port"));
  MESHKA_CO_TRY(std::string body, co_await net::readAll(*answer->body, kMaxAnswer));
  if (answer->status / 100 != 2)
    co_return fail(Code::kInternal, cat("istiod answers ", answer->status, ": ", trim(body)));
  co_return body;
}

io::Task<Result<int>> request(cli::CommandContext& context, const cli::Parsed& flags) {
  const std::vector<std::string>& words = flags.arguments();
  if (words.size() != 3)
    co_return fail(Code::kInvalid, "request needs a method and a path: request GET /debug/syncz");
  MESHKA_CO_TRY(const io::Endpoint at, addressOf(flags, "monitoringAddr"));
  MESHKA_CO_TRY(const std::string body, co_await ask(context.world, at.port, words[1], words[2]));
  context.console.out(body);
  co_return cli::kOk;
}

}  // namespace

io::Task<int> istiod(cli::CommandContext& context, Words words) {
  const cli::Command c = command();
  const auto parsed = cli::parse(c, words);
  if (!parsed) co_return cli::complain(context.console, c.name, parsed.error());
  if (parsed->help()) {
    context.console.out(cli::helpText(c));
    co_return cli::kOk;
  }
  const std::string what = parsed->arguments().empty() ? "discovery" : parsed->arguments()[0];
  if (what == "version") {
    context.console.out(cat(mesh::kEmulatedVersionText, "\n"));
    co_return cli::kOk;
  }
  if (what == "request") {
    const auto code = co_await request(context, *parsed);
    co_return code ? *code : cli::complain(context.console, c.name, code.error());
  }
  if (what != "discovery" || parsed->arguments().size() > 1) {
    co_return cli::complain(
        context.console, c.name,
        Error(Code::kInvalid, cat("unknown command: ", join(parsed->arguments(), " "))));
  }
  auto options = readOptions(*parsed);
  if (!options) co_return cli::complain(context.console, c.name, options.error());
  const auto level = levelOf(parsed->get("log_output_level"));
  if (!level) co_return cli::complain(context.console, c.name, level.error());
  const std::unique_ptr<Log> log = io::makeStderrLog({.level = *level});
  const io::World& given = context.world;
  const io::World world{.loop = given.loop,
                        .rng = given.rng,
                        .network = given.network,
                        .disk = given.disk,
                        .runtime = given.runtime,
                        .log = *log};
  const auto done = co_await serve(context, world, std::move(*options), parsed->get("kubeconfig"));
  if (!done) co_return cli::complain(context.console, c.name, done.error());
  co_return cli::kOk;
}

}  // namespace meshka::bin
