// Installing into an API server in memory, under virtual time: waiting, failing early, doing
// nothing the second time, pruning and removing.
#include "base/test/test.h"
#include "client/fake_api_client.h"
#include "doc/json.h"
#include "io/running.h"
#include "mesh/install/installer.h"
#include "sim/world.h"

namespace meshka::mesh {
namespace {

using client::FakeApiClient;
using client::Resource;
using doc::Doc;
using doc::Draft;

const Resource kCrds{"apiextensions.k8s.io", "v1", "customresourcedefinitions"};
const Resource kDeployments{"apps", "v1", "deployments"};
const Resource kSets{"apps", "v1", "replicasets"};
const Resource kPods{"", "v1", "pods"};
const Resource kNamespaces{"", "v1", "namespaces"};
const Resource kServices{"", "v1", "services"};
const Resource kStates{"install.istio.io", "v1alpha1", "istiooperators"};

Doc json(std::string_view text) {
  auto parsed = doc::parseJson(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : Doc();
}

class Lines final : public InstallProgress {
 public:
  void begin(const std::string& line) override { text += cat("- ", line, "\n"); }
  void waiting(const std::string&) override {}
  void done(const std::string& line) override { text += cat("ok ", line, "\n"); }
  void failed(const std::string& line) override { text += cat("no ", line, "\n"); }
  void note(const std::string& line) override { text += cat(line, "\n"); }
  std::string text;
};

io::Task<std::string> lastWords(std::string, std::string, std::string) {
  co_return "boom\nno configuration\n";
}

InstallRequest requestFor(std::vector<std::string> sets) {
  OperatorInput input;
  input.files.push_back({"-",
                         "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\n"
                         "metadata: {name: ours}\nspec: {values: {global: {network: n1}}}\n"});
  input.sets = std::move(sets);
  auto installation = mergeOperator(input);
  EXPECT_OK(installation);
  // The server in memory takes versions of a kind for kinds of their own, so budgets are made in
  // the version that is listed; autoscalers are not found again.
  ClusterFacts facts;
  facts.policy_v1beta1 = false;
  auto rendering = renderComponents(*installation, facts);
  EXPECT_OK(rendering);
  return {std::move(*installation), std::move(*rendering), minutes(5)};
}

// One installation; start() begins it, what controllers would do happens between.
struct Fixture {
  void start(std::vector<std::string> sets = {}) {
    lines.text.clear();
    out.reset();
    running = std::make_unique<io::Running>(io::detail::storeInto(
        install(world, api, requestFor(std::move(sets)), read_log, lines), out));
    running->start();
    sim.loop.advance(millis(100));
  }
  void setStatus(const Resource& r, const Doc& object, std::string_view status) {
    EXPECT_OK(sim.loop.run(api.subresource(
        "PATCH", r, std::string(object["metadata"]["namespace"].text()),
        std::string(object["metadata"]["name"].text()), "status", json(status), kNever)));
  }
  void establishCrds() {
    for (const Doc& crd : list(kCrds))
      setStatus(kCrds, crd,
                R"({"status":{"conditions":[{"type":"Established","status":"True"}]}})");
    sim.loop.advance(millis(100));
  }
  void rollOut() {
    for (const Doc& deployment : list(kDeployments))
      setStatus(kDeployments, deployment,
                R"({"status":{"observedGeneration":9,"updatedReplicas":1,"readyReplicas":1}})");
    sim.loop.advance(millis(100));
  }
  void installWhole() {
    start();
    establishCrds();
    rollOut();
    rollOut();
    EXPECT_TRUE(out.has_value() && out->has_value());
  }
  // The newest pod of istiod, with this status.
  void podOfIstiod(std::string_view status) {
    const Doc deployment = api.find(kDeployments, "istio-system", "istiod");
    const Doc set = make(kSets, "istiod-1", deployment, "{}");
    make(kPods, "istiod-1-a", set, status);
    sim.loop.advance(millis(100));
  }
  Doc make(const Resource& r, std::string_view name, const Doc& owner, std::string_view status) {
    Draft reference = Draft::object({{"uid", owner["metadata"]["uid"]}});
    Draft object = Draft::object(
        {{"metadata", Draft::object({{"name", name},
                                     {"namespace", "istio-system"},
                                     {"ownerReferences", Draft::array({std::move(reference)})}})},
         {"status", json(status)}});
    auto made = sim.loop.run(api.create(r, "istio-system", object.finish(), kNever));
    EXPECT_OK(made);
    return made ? *made : Doc();
  }
  std::vector<Doc> list(const Resource& r) {
    return sim.loop.run(api.list(r, "", {}, kNever))->items;
  }

  sim::SimWorld sim{1};
  io::World world = sim.world();
  FakeApiClient api{sim.loop, sim.rng};
  ReadLog read_log = &lastWords;
  Lines lines;
  std::optional<Result<InstallSummary>> out;
  std::unique_ptr<io::Running> running;
};

TEST(install_sim, waits_for_each_step_and_then_changes_nothing) {
  Fixture f;
  f.start();
  EXPECT_EQ(f.api.count(kCrds), 13u);
  EXPECT_EQ(f.api.count(kServices), 0u);  // nothing before the kinds are known
  f.establishCrds();
  EXPECT_EQ(f.lines.text,
            "- Processing resources for Istio core.\nok Istio core installed\n"
            "- Processing resources for Istiod.\n");
  EXPECT_EQ(f.api.count(kDeployments), 1u);
  f.rollOut();
  f.rollOut();
  ASSERT_TRUE(f.out.has_value());
  ASSERT_OK(*f.out);
  EXPECT_EQ((*f.out)->created, 55u);
  EXPECT_CONTAINS(f.lines.text,
                  "ok Ingress gateways installed\n- Pruning removed resources\n"
                  "ok Installation complete\n");
  const Doc ns = f.api.find(kNamespaces, "", "istio-system");
  EXPECT_EQ(ns["metadata"]["labels"]["topology.istio.io/network"].text(), "n1");
  const Doc state = f.api.find(kStates, "istio-system", "installed-state-ours");
  EXPECT_EQ(state["spec"]["values"]["global"]["network"].text(), "n1");
  const Doc istiod = f.api.find(kDeployments, "istio-system", "istiod");
  EXPECT_EQ(istiod["metadata"]["labels"]["install.operator.istio.io/owning-resource"].text(),
            "ours");

  const size_t writes = f.api.writes();
  f.start();
  ASSERT_TRUE(f.out.has_value());
  ASSERT_OK(*f.out);
  EXPECT_EQ((*f.out)->unchanged, 55u);
  EXPECT_EQ(f.api.writes(), writes);
}

TEST(install_sim, a_pod_that_crashes_ends_the_wait_with_its_last_words) {
  Fixture f;
  f.start();
  f.establishCrds();
  f.podOfIstiod(
      R"({"containerStatuses":[{"name":"discovery","restartCount":2,"state":{"waiting":
         {"reason":"CrashLoopBackOff","message":"back-off 10s"}}}]})");
  ASSERT_TRUE(f.out.has_value());
  EXPECT_EQ(f.out->error().message(),
            "failed to install manifests: errors occurred during operation");
  EXPECT_CONTAINS(f.lines.text,
                  "no Istiod encountered an error: failed to wait for resource: it will not become "
                  "ready\n  Deployment/istio-system/istiod (container failed to start: "
                  "CrashLoopBackOff: back-off 10s)\n    istiod-1-a: boom\n    istiod-1-a: no "
                  "configuration\n");
  EXPECT_CONTAINS(f.lines.text, "Ingress gateways: not begun");
}

TEST(install_sim, a_missing_image_has_some_patience) {
  Fixture f;
  f.start();
  f.establishCrds();
  f.podOfIstiod(
      R"({"containerStatuses":[{"name":"discovery","state":{"waiting":
         {"reason":"ImagePullBackOff","message":"no such image"}}}]})");
  f.sim.loop.advance(seconds(5));
  EXPECT_FALSE(f.out.has_value());
  f.sim.loop.advance(seconds(6));
  ASSERT_TRUE(f.out.has_value());
  EXPECT_CONTAINS(f.lines.text, "ImagePullBackOff: no such image");
}

TEST(install_sim, time_runs_out) {
  Fixture f;
  f.start();
  f.establishCrds();
  f.sim.loop.advance(minutes(6));
  ASSERT_TRUE(f.out.has_value());
  EXPECT_CONTAINS(f.lines.text,
                  "resources not ready after 5m0s: timed out waiting for the condition\n"
                  "  Deployment/istio-system/istiod (no pod yet)");
}

TEST(install_sim, what_is_wanted_no_longer_goes) {
  Fixture f;
  f.installWhole();
  EXPECT_EQ(f.api.count(kServices), 2u);
  f.start({"components.ingressGateways[0].enabled=false"});
  ASSERT_TRUE(f.out.has_value());
  ASSERT_OK(*f.out);
  EXPECT_EQ((*f.out)->removed, 6u);
  EXPECT_EQ(f.api.count(kServices), 1u);
  EXPECT_CONTAINS(f.lines.text, "  Removed Service:istio-system:istio-ingressgateway.\n");
}

TEST(install_sim, a_dry_run_writes_nothing) {
  Fixture f;
  auto request = requestFor({});
  request.dry_run = true;
  auto summary = f.sim.loop.run(install(f.world, f.api, std::move(request), f.read_log, f.lines));
  ASSERT_OK(summary);
  EXPECT_EQ(summary->created, 55u);
  EXPECT_EQ(f.api.writes(), 0u);
  EXPECT_EQ(f.lines.text, "");
}

TEST(install_sim, removal_takes_webhooks_first_and_leaves_nothing) {
  Fixture f;
  f.installWhole();
  auto all = f.sim.loop.run(findInstalled(f.world, f.api, {.purge = true}));
  ASSERT_OK(all);
  EXPECT_EQ(all->size(), 54u);
  EXPECT_EQ((*all)[0].kind, "IstioOperator");
  EXPECT_EQ((*all)[1].kind, "MutatingWebhookConfiguration");
  EXPECT_EQ((*all)[2].kind, "ValidatingWebhookConfiguration");
  ASSERT_OK(f.sim.loop.run(removeInstalled(f.world, f.api, *all, f.lines)));
  EXPECT_EQ(f.sim.loop.run(findInstalled(f.world, f.api, {.purge = true}))->size(), 0u);
}

}  // namespace
}  // namespace meshka::mesh
