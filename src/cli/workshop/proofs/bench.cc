#include "cli/workshop/proofs/bench.h"

#include "base/strings.h"
#include "cli/host/commands.h"
#include "cli/workshop/proofs/limits.h"
#include "doc/json.h"
#include "io/runtime.h"

namespace meshka::cli::workshop {

namespace {

io::ProcessSpec kubectlSpec(const Bench& bench, const Home& home, const std::string& context,
                            const Words& words, std::string input) {
  io::ProcessSpec spec;
  spec.program = home.tools + "/kubectl";
  spec.args = {"--kubeconfig", host::kubeConfigPath(bench.instance()), "--context", context};
  spec.args.insert(spec.args.end(), words.begin(), words.end());
  spec.stdin_bytes = std::move(input);
  return spec;
}

}  // namespace

io::Task<Result<std::string>> Bench::kubectl(std::string context, Words words, std::string input,
                                             Duration timeout) {
  const std::string what = cat("kubectl ", join(words, " "), " (", context, ")");
  auto done = co_await context_.world.runtime.run(
      kubectlSpec(*this, context_.home, context, words, std::move(input)),
      context_.world.clock().now() + timeout);
  if (!done) co_return fail(done.error().with(what));
  if (done->exit_code != 0)
    co_return fail(Code::kInternal, cat(what, ": ", trim(done->err), trim(done->out)));
  co_return std::move(done->out);
}

io::Task<Result<doc::Doc>> Bench::get(std::string context, Words words) {
  words.insert(words.begin(), "get");
  words.insert(words.end(), {"-o", "json"});
  MESHKA_CO_TRY(const std::string text, co_await kubectl(std::move(context), std::move(words)));
  co_return doc::parseJson(text);
}

io::Task<Result<void>> Bench::apply(std::string context, std::string manifest, Values values) {
  MESHKA_CO_TRY(std::string text, fill(plan_.manifests[manifest], values));
  auto done = co_await kubectl(std::move(context), {"apply", "-f", "-"}, std::move(text));
  if (!done) co_return fail(done.error());
  co_return Result<void>();
}

io::Task<Result<void>> Bench::remove(std::string context, std::string manifest, Values values) {
  MESHKA_CO_TRY(std::string text, fill(plan_.manifests[manifest], values));
  auto done = co_await kubectl(std::move(context),
                               {"delete", "--ignore-not-found", "--timeout=60s", "-f", "-"},
                               std::move(text), kPodTimeout);
  if (!done) co_return fail(done.error());
  co_return Result<void>();
}

io::Task<Result<Pod>> Bench::makePod(std::string context, std::string manifest, Values values) {
  Pod pod{.context = context, .ns = values["NS"], .name = values["POD"]};
  MESHKA_CO_CHECK(co_await apply(context, std::move(manifest), std::move(values)));
  auto ready = co_await kubectl(
      pod.context,
      {"wait", "pod", pod.name, "-n", pod.ns, "--for=condition=Ready", "--timeout=60s"}, {},
      kPodTimeout);
  if (!ready) co_return fail(ready.error());
  co_return pod;
}

io::Task<Result<void>> Bench::removePod(Pod pod) {
  auto done = co_await kubectl(
      pod.context, {"delete", "pod", pod.name, "-n", pod.ns, "--ignore-not-found", "--timeout=60s"},
      {}, kPodTimeout);
  if (!done) co_return fail(done.error());
  co_return Result<void>();
}

io::Task<Result<std::vector<Pod>>> Bench::pods(std::string context, std::string ns,
                                               std::string selector) {
  MESHKA_CO_TRY(const std::string names,
                co_await kubectl(context, {"get", "pods", "-n", ns, "-l", selector, "-o", "name"}));
  std::vector<Pod> out;
  for (const std::string_view line : split(trim(names), '\n'))
    if (line.starts_with("pod/"))
      out.push_back({.context = context, .ns = ns, .name = std::string(line.substr(4))});
  if (out.empty())
    co_return fail(Code::kNotFound, cat("no pods ", selector, " in ", ns, " of ", context));
  co_return out;
}

io::Task<Result<doc::Doc>> Bench::load(Pod from, Words flags) {
  Words words = {"exec", from.name, "-n", from.ns, "-c", "client", "--"};
  words.insert(words.end(), plan_.client.begin(), plan_.client.end());
  words.insert(words.end(), flags.begin(), flags.end());
  words.insert(words.end(), {"-o", "json"});
  auto done = co_await context_.world.runtime.run(
      kubectlSpec(*this, context_.home, from.context, words, {}),
      context_.world.clock().now() + kPodTimeout);
  if (!done) co_return fail(done.error().with("requests"));
  // A request without an answer makes the exit code 1; it is a result all the same.
  auto parsed = doc::parseJson(done->out);
  if (!parsed)
    co_return fail(Code::kInternal, cat("requests from ", from.name, ": ", trim(done->err)));
  co_return parsed;
}

io::Task<Result<int64_t>> Bench::served(Pod pod, std::string port) {
  MESHKA_CO_TRY(const std::string text,
                co_await kubectl(pod.context, {"exec", pod.name, "-n", pod.ns, "-c", "istio-proxy",
                                               "--", "pilot-agent", "request", "GET",
                                               "stats?filter=cluster.inbound"}));
  const std::string cluster = cat("inbound|", port, "|");
  for (const std::string_view line : split(text, '\n')) {
    constexpr std::string_view kCounter = "upstream_rq_total: ";
    const size_t at = line.find(kCounter);
    if (at == line.npos || line.find(cluster) == line.npos) continue;
    if (const auto count = parseInt(trim(line.substr(at + kCounter.size())))) co_return *count;
  }
  co_return int64_t{0};  // no request yet: Envoy has no such counter
}

}  // namespace meshka::cli::workshop
