// Who may not call: a pod outside the mesh, and a pod of another workspace. And where proxies come
// from.
#include "base/strings.h"
#include "cli/workshop/proofs/limits.h"
#include "cli/workshop/proofs/measures.h"
#include "doc/json.h"

namespace meshka::cli::workshop {
namespace {

constexpr std::string_view kProxy = "istio-proxy";

std::string name(Bench& bench, std::string_view prefix) {
  return cat(prefix, "-", randomSuffix(bench.context().world.rng));
}

io::Task<Result<int64_t>> totalServed(Bench& bench, const Subject& subject) {
  MESHKA_CO_TRY(const Served served, co_await servedBy(bench, subject, bench.plan().near.context));
  int64_t sum = 0;
  for (const int64_t count : served.counts) sum += count;
  co_return sum;
}

struct Outcome {
  doc::Doc report;
  int64_t served = 0;  // requests that reached an application meanwhile
};

io::Task<Result<Outcome>> ask(Bench& bench, const Subject& subject, Pod from) {
  MESHKA_CO_TRY(const int64_t before, co_await totalServed(bench, subject));
  Outcome out;
  MESHKA_CO_TRY(out.report,
                co_await bench.load(from, {"--url", subject.nearUrl(freshPath(bench, subject)),
                                           "--count", "5", "--timeout", "3s", "--body"}));
  MESHKA_CO_TRY(const int64_t after, co_await totalServed(bench, subject));
  out.served = after - before;
  co_return out;
}

// From a pod in a new namespace, or (broken) from one of the subject's own.
io::Task<Result<Outcome>> askFrom(Bench& bench, const Subject& subject, Values place, bool broken) {
  const std::string context = bench.plan().near.context;
  if (broken) co_return co_await ask(bench, subject, subject.client);
  MESHKA_CO_CHECK(co_await bench.apply(context, "namespace", place));
  auto pod = co_await bench.makePod(context, "client", place);
  Result<Outcome> out = fail(Code::kInternal, "not asked");
  if (pod)
    out = co_await ask(bench, subject, *pod);
  else
    out = fail(pod.error());
  MESHKA_CO_CHECK(co_await bench.remove(context, "namespace", place));
  co_return out;
}

Values placeOf(Bench& bench, const Subject& subject, std::string_view prefix,
               std::string_view injection) {
  return subject.with({{"NS", name(bench, prefix)}, {"INJECTION", std::string(injection)}});
}

Result<std::vector<std::string>> containerNames(const doc::Doc& pod) {
  std::vector<std::string> out;
  for (const std::string_view list : {"initContainers", "containers"})
    for (const doc::Value container : pod["spec"][list].elements())
      out.emplace_back(container["name"].text());
  if (out.empty()) return fail(Code::kInternal, "a pod without containers");
  return out;
}

// The containers that a new pod of the subject's namespace gets.
io::Task<Result<std::string>> newPodsContainers(Bench& bench, const Subject& subject) {
  const std::string context = bench.plan().near.context;
  const Values values = subject.with({{"POD", name(bench, "prober")}});
  MESHKA_CO_CHECK(co_await bench.apply(context, "webhook-pod", values));
  const std::string pod_name = values.find("POD")->second;
  auto pod = co_await bench.get(context, {"pod", pod_name, "-n", subject["NS"]});
  MESHKA_CO_CHECK(
      co_await bench.removePod({.context = context, .ns = subject["NS"], .name = pod_name}));
  if (!pod) co_return fail(pod.error());
  MESHKA_CO_TRY(const std::vector<std::string> names, containerNames(*pod));
  co_return join(names, " ");
}

// The list without what only a server may set, so that it can be created again.
std::string createAgain(const doc::Doc& list) {
  doc::Draft out(list);
  for (size_t i = 0; i < out["items"].size(); ++i)
    for (const char* field :
         {"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink"})
      out["items"].at(i)["metadata"].erase(field);
  return doc::toJson(out.finish());
}

}  // namespace

Measured plainRefused(Bench& bench, const Subject& subject, bool broken) {
  MESHKA_CO_TRY(
      const Outcome out,
      co_await askFrom(bench, subject, placeOf(bench, subject, "outside", "disabled"), broken));
  const int64_t unanswered = out.report["unanswered"].integer();
  const std::string numbers =
      cat(unanswered, " of 5 plain requests got no answer, ", out.served, " reached a pod");
  if (unanswered != 5 || out.served != 0) co_return disproved(numbers);
  co_return numbers;
}

Measured foreignRefused(Bench& bench, const Subject& subject, bool broken) {
  const Values place = placeOf(bench, subject, "other", "enabled");
  const std::string management = bench.plan().management;
  if (!broken) MESHKA_CO_CHECK(co_await bench.apply(management, "other-workspace", place));
  const auto out = co_await askFrom(bench, subject, place, broken);
  if (!broken) MESHKA_CO_CHECK(co_await bench.remove(management, "other-workspace", place));
  if (!out) co_return fail(out.error());
  const int64_t refused = out->report["byStatus"]["403"].integer();
  const std::string_view body = out->report["body"].text();
  const std::string numbers = cat(refused, " of 5 requests of another workspace got 403 \"",
                                  trim(body.substr(0, 80)), "\", ", out->served, " reached a pod");
  if (refused != 5 || out->served != 0 || body.find("RBAC: access denied") == body.npos)
    co_return disproved(numbers);
  co_return numbers;
}

Measured webhookInjects(Bench& bench, const Subject& subject, bool broken) {
  const std::string context = bench.plan().near.context;
  MESHKA_CO_TRY(const std::string with, co_await newPodsContainers(bench, subject));
  if (with.find(kProxy) == with.npos) co_return disproved(cat("a new pod has only ", with));
  MESHKA_CO_TRY(const doc::Doc webhooks,
                co_await bench.get(context, {"mutatingwebhookconfigurations"}));
  if (webhooks["items"].empty()) co_return fail(Code::kNotFound, "no webhook is configured");
  if (!broken) {
    const auto gone =
        co_await bench.kubectl(context, {"delete", "mutatingwebhookconfigurations", "--all"});
    if (!gone) co_return fail(gone.error());
  }
  const auto without = co_await newPodsContainers(bench, subject);
  if (!broken) {
    const auto back = co_await bench.kubectl(context, {"create", "-f", "-"}, createAgain(webhooks));
    if (!back) co_return fail(back.error());
  }
  if (!without) co_return fail(without.error());
  const std::string numbers = cat("with the webhook: ", with, "; without: ", *without);
  if (without->find(kProxy) != without->npos) co_return disproved(numbers);
  co_return numbers;
}

}  // namespace meshka::cli::workshop
