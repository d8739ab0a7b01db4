#include "cli/workshop/proofs/subject.h"

#include <algorithm>

#include "base/strings.h"
#include "cli/workshop/proofs/limits.h"
#include "io/async.h"

namespace meshka::cli::workshop {
namespace {

Values commonValues(const Plan& plan) {
  return {{"NEAR", plan.near.name}, {"FAR", plan.far.name}, {"POD", "prober"}};
}

// A cluster's name as its object and its services' host names have it.
std::string hostLabel(std::string_view cluster) {
  std::string out = toLower(cluster);
  std::ranges::replace(out, '_', '-');
  return out;
}

io::Task<Result<void>> makeClient(Bench& bench, Subject& subject) {
  MESHKA_CO_TRY(subject.client,
                co_await bench.makePod(bench.plan().near.context, "client", subject.values));
  co_return Result<void>();
}

Words rolloutOf(const Subject& subject) {
  return {"rollout", "status",      "deployment",   subject["SERVICE"],
          "-n",      subject["NS"], "--timeout=60s"};
}

// Deployments in both clusters, the workspace around them, and the client.
io::Task<Result<void>> makeService(Bench& bench, Subject& subject) {
  const Plan& plan = bench.plan();
  for (const Side* side : {&plan.near, &plan.far})
    MESHKA_CO_CHECK(
        co_await bench.apply(side->context, "second", subject.with({{"CLUSTER", side->name}})));
  MESHKA_CO_CHECK(co_await bench.apply(plan.management, "second-workspace", subject.values));
  MESHKA_CO_CHECK(co_await bench.apply(plan.near.context, "second-settings", subject.values));
  for (const Side* side : {&plan.near, &plan.far}) {
    const auto ready = co_await bench.kubectl(side->context, rolloutOf(subject), {}, kPodTimeout);
    if (!ready) co_return fail(ready.error());
  }
  co_return co_await makeClient(bench, subject);
}

}  // namespace

std::string Subject::selector() const {
  return cat((*this)["KEY"], "=", (*this)["LABEL"]);
}

std::string Subject::nearUrl(std::string_view path) const {
  return cat("http://", (*this)["SERVICE"], ".", (*this)["NS"], ":", (*this)["PORT"], path);
}

std::string Subject::farUrl(std::string_view path) const {
  return cat("http://", (*this)["SERVICE"], ".", (*this)["NS"], ".svc.", hostLabel((*this)["FAR"]),
             ".global:", (*this)["PORT"], path);
}

Values Subject::with(std::vector<std::pair<std::string, std::string>> more) const {
  Values out = values;
  for (auto& [key, value] : more) out[key] = std::move(value);
  return out;
}

io::Task<Result<Subject>> firstSubject(Bench& bench) {
  Subject out{.values = commonValues(bench.plan())};
  for (const auto& [key, value] : bench.plan().first) out.values[key] = value;
  out.name = cat(out["NS"], "/", out["SERVICE"]);
  MESHKA_CO_CHECK(co_await makeClient(bench, out));
  co_return out;
}

io::Task<Result<Subject>> secondSubject(Bench& bench) {
  Rng& rng = bench.context().world.rng;
  Subject out{.values = commonValues(bench.plan()), .ours = true};
  out.values["NS"] = "n" + randomSuffix(rng, 7);
  out.values["SERVICE"] = "s" + randomSuffix(rng, 7);
  out.values["CONTAINER"] = "c" + randomSuffix(rng);
  out.values["PORT"] = cat(2000 + rng.below(8000));
  out.values["KEY"] = "k" + randomSuffix(rng);
  out.values["LABEL"] = "l" + randomSuffix(rng);
  out.values["ACCOUNT"] = "a" + randomSuffix(rng);
  out.values["ROUTE"] = "r" + randomSuffix(rng);
  out.values["FAULT"] = "f" + randomSuffix(rng);
  out.name = cat(out["NS"], "/", out["SERVICE"]);
  const auto made = co_await makeService(bench, out);
  if (!made) {
    co_await removeSubject(bench, out);
    co_return fail(made.error());
  }
  co_return out;
}

io::Task<void> removeSubject(Bench& bench, Subject subject) {
  const Plan& plan = bench.plan();
  std::vector<Result<void>> done;
  if (subject.ours) {
    done.push_back(co_await bench.remove(plan.management, "second-workspace", subject.values));
    for (const Side* side : {&plan.near, &plan.far})
      done.push_back(
          co_await bench.remove(side->context, "second", subject.with({{"CLUSTER", side->name}})));
  } else {
    done.push_back(co_await bench.removePod(subject.client));
  }
  for (const auto& one : done)
    if (!one)
      bench.context().console.err(
          cat("not removed after the proofs: ", one.error().message(), "\n"));
}

io::Task<Result<Served>> servedBy(Bench& bench, const Subject& subject, std::string context) {
  Served out;
  MESHKA_CO_TRY(out.pods, co_await bench.pods(context, subject["NS"], subject.selector()));
  for (const Pod& pod : out.pods) {
    MESHKA_CO_TRY(const int64_t count, co_await bench.served(pod, subject["PORT"]));
    out.counts.push_back(count);
  }
  co_return out;
}

io::Task<Result<void>> applyRoute(Bench& bench, const Subject& subject, int near_percent) {
  co_return co_await bench.apply(
      bench.plan().near.context, "route",
      subject.with({{"NEARWEIGHT", cat(near_percent)}, {"FARWEIGHT", cat(100 - near_percent)}}));
}

io::Task<Result<void>> applyFault(Bench& bench, const Subject& subject, std::string delay) {
  co_return co_await bench.apply(bench.plan().near.context, "fault",
                                 subject.with({{"DELAY", std::move(delay)}}));
}

std::string freshPath(Bench& bench, const Subject& subject) {
  return cat("/", subject["SERVICE"], "/", 1000 + bench.context().world.rng.below(1'000'000'000));
}

io::Task<Result<bool>> settled(Bench& bench, const Subject& subject, Words flags,
                               bool (*good)(doc::Value, const Subject&)) {
  const io::Clock& clock = bench.context().world.clock();
  const Instant deadline = clock.now() + kSettleTimeout;
  for (;;) {
    MESHKA_CO_TRY(const doc::Doc report, co_await bench.load(subject.client, flags));
    if (good(report, subject)) co_return true;
    if (clock.now() >= deadline) co_return false;
    co_await io::sleepFor(bench.context().world.loop, kSettleAgain);
  }
}

}  // namespace meshka::cli::workshop
