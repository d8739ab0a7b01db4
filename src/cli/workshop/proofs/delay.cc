// An injected delay hits the requests that match, all of them, and no others.
#include <cstdio>

#include "base/strings.h"
#include "cli/workshop/proofs/limits.h"
#include "cli/workshop/proofs/measures.h"

namespace meshka::cli::workshop {
namespace {

std::string ms(double value) {
  char text[32];
  (void)snprintf(text, sizeof text, "%.0f ms", value);
  return text;
}

double latency(doc::Value report, std::string_view which) {
  return report["latencyMs"][which].number();
}

bool isSlow(doc::Value report, const Subject&) {
  return latency(report, "min") > kQuick;
}
bool isQuick(doc::Value report, const Subject&) {
  return report["byStatus"]["200"].exists() && latency(report, "max") < kQuick;
}

Words matched(const std::string& url, int64_t count) {
  return {"--url",   url,        "--header",      "end-user=tester",
          "--count", cat(count), "--concurrency", cat(count)};
}

}  // namespace

Measured delayed(Bench& bench, const Subject& subject, bool broken) {
  MESHKA_CO_CHECK(co_await applyRoute(bench, subject, 50));
  MESHKA_CO_CHECK(co_await applyFault(bench, subject, broken ? "1s" : "2s"));
  const std::string url = subject.nearUrl(freshPath(bench, subject));
  MESHKA_CO_TRY(const bool ready, co_await settled(bench, subject, matched(url, 1), isSlow));
  if (!ready) co_return disproved("matched requests are not delayed");
  MESHKA_CO_TRY(const doc::Doc slow,
                co_await bench.load(subject.client, matched(url, kMatchedRequests)));
  MESHKA_CO_TRY(const doc::Doc others,
                co_await bench.load(subject.client, {"--url", url, "--count", cat(kOtherRequests),
                                                     "--concurrency", "4"}));
  const std::string numbers =
      cat("matched ", ms(latency(slow, "min")), " to ", ms(latency(slow, "max")), ", others' p99 ",
          ms(latency(others, "p99")));
  if (slow["byStatus"]["200"].integer() != kMatchedRequests ||
      others["byStatus"]["200"].integer() != kOtherRequests)
    co_return disproved("not every request was answered with 200");
  if (latency(slow, "min") < kDelayAtLeast || latency(slow, "max") > kDelayAtMost ||
      latency(others, "p99") >= kQuick)
    co_return disproved(numbers);
  co_return numbers;
}

Measured notDelayed(Bench& bench, const Subject& subject, bool broken) {
  const std::string url = subject.nearUrl(freshPath(bench, subject));
  if (broken) {
    MESHKA_CO_CHECK(co_await applyFault(bench, subject, "2s"));
    MESHKA_CO_TRY(const bool slow, co_await settled(bench, subject, matched(url, 1), isSlow));
    if (!slow) co_return fail(Code::kInternal, "the delay could not be put back");
  } else {
    MESHKA_CO_CHECK(
        co_await bench.remove(bench.plan().near.context, "fault", subject.with({{"DELAY", "2s"}})));
    MESHKA_CO_TRY(const bool quick, co_await settled(bench, subject, matched(url, 1), isQuick));
    if (!quick) co_return disproved("matched requests are still delayed");
  }
  MESHKA_CO_TRY(const doc::Doc report,
                co_await bench.load(subject.client, matched(url, kMatchedRequests)));
  const std::string numbers = cat("matched up to ", ms(latency(report, "max")));
  if (!isQuick(report, subject) || report["byStatus"]["200"].integer() != kMatchedRequests)
    co_return disproved(numbers);
  co_return numbers;
}

}  // namespace meshka::cli::workshop
