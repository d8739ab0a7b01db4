// Without a shared root the far side refuses: the near cluster is given a certificate authority of
// its own, as it would have without the management plane, and the same request fails.
#include "base/strings.h"
#include "cli/workshop/proofs/limits.h"
#include "cli/workshop/proofs/measures.h"
#include "doc/json.h"
#include "io/async.h"
#include "net/pki.h"

namespace meshka::cli::workshop {
namespace {

constexpr std::string_view kAgent = "gloo-mesh-agent";

io::Task<Result<void>> scaleAgent(Bench& bench, int replicas) {
  const std::string context = bench.plan().near.context;
  auto done = co_await bench.kubectl(context, {"scale", "deployment", std::string(kAgent), "-n",
                                               "gloo-mesh", cat("--replicas=", replicas)});
  if (!done) co_return fail(done.error());
  // What is gone cannot put the shared authority back meanwhile.
  const Words wait =
      replicas == 0
          ? Words{"wait",         "pod",          "-n", "gloo-mesh", "-l", cat("app=", kAgent),
                  "--for=delete", "--timeout=40s"}
          : Words{"rollout", "status",    "deployment",   std::string(kAgent),
                  "-n",      "gloo-mesh", "--timeout=40s"};
  done = co_await bench.kubectl(context, wait, {}, kPodTimeout);
  if (!done) co_return fail(done.error());
  co_return Result<void>();
}

io::Task<Result<void>> setAuthority(Bench& bench, doc::Doc data) {
  const doc::Doc patch = doc::Draft::object({{"data", data}}).finish();
  auto done = co_await bench.kubectl(bench.plan().near.context,
                                     {"patch", "secret", "cacerts", "-n", "istio-system", "--type",
                                      "merge", "-p", doc::toJson(patch)});
  if (!done) co_return fail(done.error());
  co_return Result<void>();
}

// The same members as the shared one has, of an authority that nobody else knows.
Result<doc::Doc> strangersAuthority(Bench& bench, doc::Value like) {
  io::World& world = bench.context().world;
  const WallTime now = world.clock().wall();
  MESHKA_TRY(const net::Authority stranger,
             net::Authority::create("stranger", {}, now - hours(1), now + hours(24), world.rng));
  const std::string certificate = base64Encode(stranger.certificatePem());
  doc::Draft out = doc::Draft::object();
  for (const auto& [key, value] : like.members())
    out[key] = value.text().empty()          ? std::string()
               : key.find("key") == key.npos ? certificate
                                             : base64Encode(stranger.keyPem());
  return out.finish();
}

// 200 answers among requests from a pod that is made now, so that its certificate is new.
io::Task<Result<int64_t>> answersToNewPod(Bench& bench, const Subject& subject) {
  const std::string name = "prober-" + randomSuffix(bench.context().world.rng);
  MESHKA_CO_TRY(const Pod pod, co_await bench.makePod(bench.plan().near.context, "client",
                                                      subject.with({{"POD", name}})));
  auto report = co_await bench.load(
      pod, {"--url", subject.farUrl(freshPath(bench, subject)), "--count", "5"});
  MESHKA_CO_CHECK(co_await bench.removePod(pod));
  if (!report) co_return fail(report.error());
  co_return (*report)["byStatus"]["200"].integer();
}

io::Task<Result<int64_t>> answersWithout(Bench& bench, const Subject& subject, doc::Doc data) {
  MESHKA_CO_CHECK(co_await setAuthority(bench, std::move(data)));
  const io::Clock& clock = bench.context().world.clock();
  const Instant deadline = clock.now() + kSettleTimeout;
  for (;;) {
    MESHKA_CO_TRY(const int64_t answers, co_await answersToNewPod(bench, subject));
    if (answers == 0 || clock.now() >= deadline) co_return answers;
  }
}

}  // namespace

Measured trustNeeded(Bench& bench, const Subject& subject, bool broken) {
  MESHKA_CO_TRY(
      const doc::Doc secret,
      co_await bench.get(bench.plan().near.context, {"secret", "cacerts", "-n", "istio-system"}));
  const doc::Doc shared = secret["data"].doc();
  MESHKA_CO_TRY(doc::Doc stranger, strangersAuthority(bench, shared));
  MESHKA_CO_CHECK(co_await scaleAgent(bench, 0));
  // Broken: the shared authority stays.
  auto without = co_await answersWithout(bench, subject, broken ? shared : stranger);
  const auto back = co_await setAuthority(bench, shared);
  const auto agent = co_await scaleAgent(bench, 1);
  if (!back) co_return fail(back.error());
  if (!agent) co_return fail(agent.error());
  if (!without) co_return fail(without.error());
  if (*without != 0) co_return disproved(cat(*without, " of 5 requests were answered with 200"));
  const io::Clock& clock = bench.context().world.clock();
  int64_t with = 0;
  for (const Instant deadline = clock.now() + kSettleTimeout; with < 5 && clock.now() < deadline;) {
    MESHKA_CO_TRY(with, co_await answersToNewPod(bench, subject));
  }
  if (with < 5) co_return disproved("with the shared authority back, requests still fail");
  co_return std::string("0 of 5 without the shared root, 5 of 5 with it");
}

}  // namespace meshka::cli::workshop
