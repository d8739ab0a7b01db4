#include "cli/workshop/proofs/proofs.h"

#include "base/strings.h"
#include "cli/workshop/proofs/measures.h"
#include "io/disk.h"

namespace meshka::cli::workshop {
namespace {

struct Proof {
  std::string_view name;
  Measured (*measure)(Bench&, const Subject&, bool broken);
  bool once = false;  // about the whole machine: with the first subject only
};
constexpr Proof kProofs[] = {
    {"containers-are-real", sameContainers, true},
    {"split-over-clusters", splitOverClusters},
    {"local-without-route-table", staysLocal},
    {"delay-on-matched-header", delayed},
    {"quick-without-fault", notDelayed},
    {"mutual-tls-on-the-wire", onTheWire},
    {"caller-is-named", callerNamed},
    {"plain-text-refused", plainRefused},
    {"other-workspace-refused", foreignRefused},
    {"webhook-injects", webhookInjects},
    {"shared-trust-needed", trustNeeded},
    {"restart-is-counted", restartCounted, true},
};

io::Task<ProofResult> prove(Bench& bench, const Subject& subject, const Proof& proof, bool twin) {
  const io::Clock& clock = bench.context().world.clock();
  const Instant start = clock.now();
  ProofResult result{.name = std::string(proof.name), .subject = subject.name};
  const auto measured = co_await proof.measure(bench, subject, false);
  result.status = measured ? Status::kPassed : Status::kFailed;
  result.detail = measured ? *measured : measured.error().message();
  if (measured && twin) {
    const auto broken = co_await proof.measure(bench, subject, true);
    if (broken) {
      result.status = Status::kFailed;
      result.detail = cat("twin: it still holds when it is broken: ", *broken);
    } else if (broken.error().code() != Code::kConflict) {
      result.status = Status::kFailed;
      result.detail = cat("twin: it could not be measured: ", broken.error().message());
    } else {
      result.detail += cat("; twin: ", broken.error().message());
    }
  }
  result.time = clock.now() - start;
  co_return result;
}

bool wanted(const ProofOptions& options, const Proof& proof) {
  return proof.name.find(options.only) != proof.name.npos;
}

// All proofs about one subject; `make` makes it.
io::Task<void> proveAll(Bench& bench, ProofOptions options, bool first, Console& progress,
                        std::vector<ProofResult>& results) {
  auto subject = first ? co_await firstSubject(bench) : co_await secondSubject(bench);
  if (!subject) {
    results.push_back({.name = first ? "first-service" : "second-service",
                       .status = Status::kFailed,
                       .detail = subject.error().message()});
    progress.out(progressLine(results.back()));
    co_return;
  }
  for (const Proof& proof : kProofs) {
    if (!wanted(options, proof) || (proof.once && !first)) continue;
    results.push_back(co_await prove(bench, *subject, proof, options.twins));
    progress.out(progressLine(results.back()));
  }
  if (first) {  // as the workshop's last steps left it
    auto back = co_await applyRoute(bench, *subject, 50);
    if (back) back = co_await applyFault(bench, *subject, "2s");
    if (!back) progress.err(cat("not put back after the proofs: ", back.error().message(), "\n"));
  }
  co_await removeSubject(bench, *subject);
}

}  // namespace

io::Task<std::vector<ProofResult>> runProofs(CommandContext& context, ProofOptions options,
                                             Console& progress) {
  std::vector<ProofResult> results;
  const auto text = co_await context.world.disk.readFile(options.plan_path);
  auto plan = text ? parsePlan(*text, options.variant) : fail(text.error());
  if (!plan) {
    results.push_back({.name = "plan",
                       .status = Status::kFailed,
                       .detail = plan.error().with(options.plan_path).message()});
    progress.out(progressLine(results.back()));
    co_return results;
  }
  Bench bench(context, options.instance, *std::move(plan));
  co_await proveAll(bench, options, true, progress, results);
  co_await proveAll(bench, options, false, progress, results);
  co_return results;
}

}  // namespace meshka::cli::workshop
