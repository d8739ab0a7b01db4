#include "bookinfo/load/tally.h"

#include <algorithm>
#include <cstdio>

#include "base/strings.h"
#include "doc/json.h"

namespace meshka::bookinfo {
namespace {

std::string attribute(std::string_view body, std::string_view name) {
  const std::string mark = cat(" ", name, "=\"");
  size_t at = body.find(mark);
  if (at == body.npos) return {};
  at += mark.size();
  const size_t end = body.find('"', at);
  return std::string(body.substr(at, end == body.npos ? 0 : end - at));
}

// Nearest rank: of 200 values, p99 is the 198th.
Duration percentile(const std::vector<Duration>& sorted, size_t percent) {
  if (sorted.empty()) return {};
  const size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<size_t>(rank, 1) - 1];
}

double inMs(Duration d) {
  return static_cast<double>(d.ns / 1000) / 1000;
}

doc::Draft counts(const std::map<std::string, int64_t>& of) {
  doc::Draft out = doc::Draft::object();
  for (const auto& [key, count] : of) out[key] = count;
  return out;
}

std::string countsText(std::string_view what, const std::map<std::string, int64_t>& of) {
  std::string out;
  for (const auto& [key, count] : of) out += cat(what, " ", key, ": ", count, "\n");
  return out;
}

}  // namespace

void readIdentity(std::string_view body, Sample& into) {
  if (const auto parsed = doc::parseJson(body)) {
    into.pod = (*parsed)["podname"].text();
    into.cluster = (*parsed)["clustername"].text();
    return;
  }
  into.pod = attribute(body, "data-podname");
  into.cluster = attribute(body, "data-clustername");
}

void Tally::add(const Sample& sample) {
  latencies_.push_back(sample.latency);
  if (sample.status == 0) {
    ++by_error_[sample.error];
    return;
  }
  ++by_status_[cat(sample.status)];
  if (!sample.pod.empty()) ++by_pod_[sample.pod];
  if (!sample.cluster.empty()) ++by_cluster_[sample.cluster];
}

size_t Tally::unanswered() const {
  int64_t sum = 0;
  for (const auto& [error, count] : by_error_) sum += count;
  return static_cast<size_t>(sum);
}

doc::Draft Tally::toDraft() const {
  std::vector<Duration> sorted = latencies_;
  std::ranges::sort(sorted);
  doc::Draft latency = doc::Draft::object();
  latency["min"] = inMs(sorted.empty() ? Duration{} : sorted.front());
  latency["p50"] = inMs(percentile(sorted, 50));
  latency["p99"] = inMs(percentile(sorted, 99));
  latency["max"] = inMs(sorted.empty() ? Duration{} : sorted.back());
  doc::Draft out = doc::Draft::object();
  out["requests"] = static_cast<int64_t>(requests());
  out["unanswered"] = static_cast<int64_t>(unanswered());
  out["byStatus"] = counts(by_status_);
  out["byError"] = counts(by_error_);
  out["byPod"] = counts(by_pod_);
  out["byCluster"] = counts(by_cluster_);
  out["latencyMs"] = std::move(latency);
  return out;
}

std::string Tally::toText() const {
  std::vector<Duration> sorted = latencies_;
  std::ranges::sort(sorted);
  char line[160];
  (void)snprintf(line, sizeof line, "latency in ms: min %.1f  p50 %.1f  p99 %.1f  max %.1f\n",
                 inMs(percentile(sorted, 0)), inMs(percentile(sorted, 50)),
                 inMs(percentile(sorted, 99)), inMs(percentile(sorted, 100)));
  return cat(requests(), " requests\n", countsText("status", by_status_),
             countsText("no answer,", by_error_), countsText("pod", by_pod_),
             countsText("cluster", by_cluster_), sorted.empty() ? "" : line);
}

}  // namespace meshka::bookinfo
