// What passes between the clusters, and whom the far side sees.
#include "base/strings.h"
#include "cli/host/record.h"
#include "cli/workshop/proofs/capture.h"
#include "cli/workshop/proofs/limits.h"
#include "cli/workshop/proofs/measures.h"
#include "io/async.h"

namespace meshka::cli::workshop {
namespace {

constexpr std::string_view kGatewaySelector = "istio=eastwestgateway";
constexpr std::string_view kGatewayPort = "15443";

// A pod whose proxy has no connection yet, so that the next request begins one.
io::Task<Result<Pod>> freshClient(Bench& bench, const Subject& subject) {
  const std::string name = "prober-" + randomSuffix(bench.context().world.rng);
  co_return co_await bench.makePod(bench.plan().near.context, "client",
                                   subject.with({{"POD", name}}));
}

std::string judge(const std::vector<Segment>& segments, const std::string& gateway,
                  const std::string& wanted, std::string& sentence) {
  size_t bytes = 0, hellos = 0;
  for (const auto& [connection, stream] : streams(segments)) {
    bytes += stream.size();
    if (hasHttpText(stream)) return cat("HTTP in clear text on ", connection);
    if (!connection.ends_with("> " + gateway)) continue;
    const std::string name = serverName(stream);
    if (name.starts_with(wanted)) {
      ++hellos;
      sentence = cat("ClientHello for ", name);
    }
  }
  if (hellos == 0)
    return cat("no ClientHello for ", wanted, "... among ", bytes, " bytes at the gateway ",
               gateway);
  sentence += cat(", no HTTP text in ", bytes, " bytes");
  return {};
}

io::Task<Result<std::string>> watch(Bench& bench, const Subject& subject, Pod client,
                                    std::string url) {
  MESHKA_CO_TRY(
      const std::string address,
      co_await bench.kubectl(bench.plan().far.context, {"get", "pods", "-n", "istio-system", "-l",
                                                        std::string(kGatewaySelector), "-o",
                                                        "jsonpath={.items[0].status.podIP}"}));
  const std::string gateway = cat(trim(address), ":", kGatewayPort);
  const int64_t pid = co_await host::nodePid(bench.context().world.disk, bench.instance());
  if (pid == 0) co_return fail(Code::kNotFound, "the node is not up");
  MESHKA_CO_TRY(Capture capture, Capture::open(pid));
  MESHKA_CO_TRY(const doc::Doc report, co_await bench.load(client, {"--url", url, "--count", "3"}));
  MESHKA_CO_TRY(const std::vector<Segment> segments, capture.take(gateway));
  if (report["byStatus"]["200"].integer() != 3)
    co_return disproved("the requests were not answered with 200");
  std::string sentence;
  const std::string wrong =
      judge(segments, gateway, cat("outbound_.", subject["PORT"], "_"), sentence);
  if (!wrong.empty()) co_return disproved(wrong);
  co_return sentence;
}

}  // namespace

Measured onTheWire(Bench& bench, const Subject& subject, bool broken) {
  MESHKA_CO_TRY(const Pod client, co_await freshClient(bench, subject));
  const std::string path = freshPath(bench, subject);
  // Broken: a request that stays at home never meets the gateway.
  auto seen =
      co_await watch(bench, subject, client,
                     broken ? cat("http://127.0.0.1:15021/healthz/ready") : subject.farUrl(path));
  MESHKA_CO_CHECK(co_await bench.removePod(client));
  co_return seen;
}

Measured callerNamed(Bench& bench, const Subject& subject, bool broken) {
  const std::string path = freshPath(bench, subject);
  const std::string wanted =
      cat("URI=spiffe://", subject["NEAR"], "/ns/", subject["NS"], "/sa/default");
  // Broken: another path is asked for, so the far side has no line about this one.
  const std::string asked = broken ? freshPath(bench, subject) : path;
  MESHKA_CO_TRY(const doc::Doc report,
                co_await bench.load(subject.client, {"--url", subject.farUrl(asked)}));
  if (!report["byStatus"].exists() || report["byStatus"].empty())
    co_return disproved("the request was not answered");
  MESHKA_CO_TRY(const auto pods,
                co_await bench.pods(bench.plan().far.context, subject["NS"], subject.selector()));
  const io::Clock& clock = bench.context().world.clock();
  // The line reaches the log a moment after the answer.
  for (const Instant deadline = clock.now() + seconds(3);;) {
    for (const Pod& pod : pods) {
      MESHKA_CO_TRY(const std::string log,
                    co_await bench.kubectl(pod.context, {"logs", pod.name, "-n", pod.ns, "-c",
                                                         subject["CONTAINER"], "--tail=50"}));
      for (const std::string_view line : split(log, '\n')) {
        if (line.find(cat("path=", path, " ")) == line.npos) continue;
        if (line.find(wanted) == line.npos) co_return disproved(std::string(line));
        co_return cat(pod.name, " saw ", wanted);
      }
    }
    if (clock.now() >= deadline) break;
    co_await io::sleepFor(bench.context().world.loop, kSettleAgain);
  }
  co_return disproved(cat("no pod of ", subject["FAR"], " has seen ", path));
}

}  // namespace meshka::cli::workshop
