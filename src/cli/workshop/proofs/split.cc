// Requests are split by weight over two clusters, and stay in their own without a RouteTable.
#include "base/strings.h"
#include "cli/workshop/proofs/limits.h"
#include "cli/workshop/proofs/measures.h"

namespace meshka::cli::workshop {
namespace {

int64_t from(doc::Value report, const std::string& cluster) {
  return report["byCluster"][cluster].integer();
}

bool bothServe(doc::Value report, const Subject& subject) {
  return from(report, subject["NEAR"]) > 0 && from(report, subject["FAR"]) > 0;
}

bool onlyNearServes(doc::Value report, const Subject& subject) {
  return from(report, subject["NEAR"]) == report["requests"].integer();
}

// Adds what each pod served meanwhile; says where the client counted otherwise.
io::Task<Result<int64_t>> compare(Bench& bench, const Subject& subject, std::string context,
                                  Served before, doc::Doc report) {
  int64_t sum = 0;
  MESHKA_CO_TRY(const Served after, co_await servedBy(bench, subject, std::move(context)));
  for (size_t i = 0; i < after.pods.size(); ++i) {
    const std::string& pod = after.pods[i].name;
    if (i >= before.pods.size() || before.pods[i].name != pod)
      co_return fail(Code::kUnavailable,
                     cat("pod ", pod, " came or went while requests were sent"));
    const int64_t served = after.counts[i] - before.counts[i];
    const int64_t counted = report["byPod"][pod].integer();
    if (served != counted)
      co_return disproved(
          cat("the Envoy of ", pod, " served ", served, " requests, the client counted ", counted));
    sum += served;
  }
  co_return sum;
}

}  // namespace

Measured splitOverClusters(Bench& bench, const Subject& subject, bool broken) {
  const Plan& plan = bench.plan();
  MESHKA_CO_CHECK(co_await applyRoute(bench, subject, broken ? 90 : 50));
  const std::string url = subject.nearUrl(freshPath(bench, subject));
  MESHKA_CO_TRY(const bool ready,
                co_await settled(bench, subject, {"--url", url, "--count", "20"}, bothServe));
  if (!ready) co_return disproved("not both clusters serve");
  MESHKA_CO_TRY(const Served near, co_await servedBy(bench, subject, plan.near.context));
  MESHKA_CO_TRY(const Served far, co_await servedBy(bench, subject, plan.far.context));
  MESHKA_CO_TRY(const doc::Doc report,
                co_await bench.load(subject.client, {"--url", url, "--count", cat(kSplitRequests),
                                                     "--concurrency", "8"}));
  if (report["byStatus"]["200"].integer() != kSplitRequests)
    co_return disproved(cat("only ", report["byStatus"]["200"].integer(), " of ", kSplitRequests,
                            " requests were answered with 200"));
  MESHKA_CO_TRY(const int64_t in_near,
                co_await compare(bench, subject, plan.near.context, near, report));
  MESHKA_CO_TRY(const int64_t in_far,
                co_await compare(bench, subject, plan.far.context, far, report));
  const std::string numbers = cat(in_near, " in ", subject["NEAR"], ", ", in_far, " in ",
                                  subject["FAR"], ", counted by the serving Envoys");
  if (in_near + in_far != kSplitRequests || in_near < kSplitAtLeast || in_far < kSplitAtLeast)
    co_return disproved(numbers);
  co_return numbers;
}

Measured staysLocal(Bench& bench, const Subject& subject, bool broken) {
  const Plan& plan = bench.plan();
  const std::string url = subject.nearUrl(freshPath(bench, subject));
  if (broken) {
    MESHKA_CO_CHECK(co_await applyRoute(bench, subject, 50));
    MESHKA_CO_TRY(const bool split_again,
                  co_await settled(bench, subject, {"--url", url, "--count", "20"}, bothServe));
    if (!split_again) co_return fail(Code::kInternal, "the RouteTable could not be put back");
  } else {
    const auto gone = co_await bench.kubectl(
        plan.near.context, {"delete", "routetable", subject["ROUTE"], "-n", subject["NS"],
                            "--ignore-not-found", "--timeout=20s"});
    if (!gone) co_return fail(gone.error());
    MESHKA_CO_TRY(
        const bool local,
        co_await settled(bench, subject, {"--url", url, "--count", "20"}, onlyNearServes));
    if (!local) co_return disproved("requests still leave the cluster");
  }
  MESHKA_CO_TRY(const Served far, co_await servedBy(bench, subject, plan.far.context));
  MESHKA_CO_TRY(const doc::Doc report,
                co_await bench.load(subject.client, {"--url", url, "--count", cat(kLocalRequests),
                                                     "--concurrency", "8"}));
  MESHKA_CO_TRY(const int64_t left,
                co_await compare(bench, subject, plan.far.context, far, report));
  const int64_t stayed = from(report, subject["NEAR"]);
  const std::string numbers =
      cat(stayed, " of ", kLocalRequests, " stayed, ", left, " reached the other cluster");
  if (stayed != kLocalRequests || left != 0) co_return disproved(numbers);
  co_return numbers;
}

}  // namespace meshka::cli::workshop
