// The arithmetic of replica sets, rollouts and stateful sets, by tables.
#include "base/strings.h"
#include "base/test/test.h"
#include "control/workload/replica_set.h"
#include "control/workload/rollout.h"
#include "control/workload/stateful_set.h"
#include "doc/json.h"

namespace meshka::control {
namespace {

constexpr WallTime kNow{1'800'000'000'000'000'000};

doc::Doc json(std::string_view text) {
  auto parsed = doc::parseJson(text);
  if (!parsed) test::report(__FILE__, __LINE__, parsed.error().message());
  return parsed ? *parsed : doc::Doc();
}

// "NAME spec/status/available"
doc::Doc replicaSet(const char* name, int64_t spec, int64_t pods, int64_t available) {
  return json(cat(R"({"metadata":{"name":")", name, R"("},"spec":{"replicas":)", spec,
                  R"(},"status":{"replicas":)", pods, R"(,"availableReplicas":)", available, "}}"));
}

std::string plan(std::string_view deployment_spec, const std::vector<doc::Doc>& sets) {
  const doc::Doc deployment =
      json(cat(R"({"metadata":{"name":"d"},"spec":)", deployment_spec, "}"));
  std::string out;
  for (const Scale& scale : planRollout(deployment, sets, sets.back())) {
    out += cat(scale.name, "=", scale.replicas, " ");
  }
  return out;
}

doc::Doc pod(std::string_view name, bool ready, std::string_view extra = "") {
  return json(cat(
      R"({"metadata":{"name":")", name, R"(","uid":")", name,
      R"(","labels":{"app":"a"},"creationTimestamp":"2026-01-01T00:00:00Z")", extra,
      R"(},"spec":{"nodeName":"n"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":")",
      ready ? "True" : "False", R"(","lastTransitionTime":"2026-01-01T00:00:00Z"}]}})"));
}

}  // namespace

TEST(Rollout, rollsWithinSurgeAndUnavailability) {
  const char* surge1 =
      R"({"replicas":3,"strategy":{"rollingUpdate":{"maxSurge":1,"maxUnavailable":0}}})";
  EXPECT_EQ(plan(surge1, {replicaSet("old", 3, 3, 3), replicaSet("new", 0, 0, 0)}), "old=3 new=1 ");
  EXPECT_EQ(plan(surge1, {replicaSet("old", 3, 3, 3), replicaSet("new", 1, 1, 0)}), "old=3 new=1 ");
  EXPECT_EQ(plan(surge1, {replicaSet("old", 3, 3, 3), replicaSet("new", 1, 1, 1)}), "old=2 new=1 ");
  EXPECT_EQ(plan(surge1, {replicaSet("old", 2, 2, 2), replicaSet("new", 1, 1, 1)}), "old=2 new=2 ");
  EXPECT_EQ(plan(surge1, {replicaSet("old", 0, 0, 0), replicaSet("new", 3, 3, 3)}), "old=0 new=3 ");
  const char* unavailable1 =
      R"({"replicas":4,"strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":"25%"}}})";
  EXPECT_EQ(plan(unavailable1, {replicaSet("old", 4, 4, 4), replicaSet("new", 0, 0, 0)}),
            "old=3 new=0 ");
  EXPECT_EQ(plan(unavailable1, {replicaSet("old", 3, 3, 3), replicaSet("new", 0, 0, 0)}),
            "old=3 new=1 ");
}

TEST(Rollout, brokenOldPodsGoFirstAndScalingDownIsImmediate) {
  const char* spec = R"({"replicas":4})";  // 25 %: surge 1, unavailable 1
  // A first rollout got stuck: its two pods never became available.
  EXPECT_EQ(plan(spec, {replicaSet("good", 3, 3, 3), replicaSet("stuck", 2, 2, 0),
                        replicaSet("new", 0, 0, 0)}),
            "good=3 stuck=0 new=0 ");
  EXPECT_EQ(plan(R"({"replicas":1})", {replicaSet("new", 5, 5, 5)}), "new=1 ");
}

TEST(Rollout, recreateWaitsUntilTheOldPodsAreGone) {
  const char* spec = R"({"replicas":2,"strategy":{"type":"Recreate"}})";
  EXPECT_EQ(plan(spec, {replicaSet("old", 2, 2, 2), replicaSet("new", 0, 0, 0)}), "old=0 new=0 ");
  EXPECT_EQ(plan(spec, {replicaSet("old", 0, 1, 0), replicaSet("new", 0, 0, 0)}), "old=0 new=0 ");
  EXPECT_EQ(plan(spec, {replicaSet("old", 0, 0, 0), replicaSet("new", 0, 0, 0)}), "old=0 new=2 ");
}

TEST(Rollout, aPausedDeploymentDoesNotRoll) {
  EXPECT_EQ(plan(R"({"replicas":3,"paused":true})",
                 {replicaSet("old", 3, 3, 3), replicaSet("new", 0, 0, 0)}),
            "old=3 new=0 ");
}

TEST(Rollout, percentagesRoundAsKubernetesDoes) {
  EXPECT_EQ(resolvePercent(json(R"("25%")"), 3, true), 1);
  EXPECT_EQ(resolvePercent(json(R"("25%")"), 3, false), 0);
  EXPECT_EQ(resolvePercent(json("2"), 3, false), 2);
  EXPECT_EQ(
      strategyOf(
          json(
              R"({"spec":{"replicas":1,"strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":0}}}})"))
          .max_unavailable,
      1);
}

TEST(Rollout, theHashIgnoresItselfAndSeesEverythingElse) {
  const doc::Doc a =
      json(R"({"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c"}]}})");
  const doc::Doc b = json(
      R"({"metadata":{"labels":{"app":"a","pod-template-hash":"x"}},"spec":{"containers":[{"name":"c"}]}})");
  const doc::Doc c =
      json(R"({"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"d"}]}})");
  EXPECT_EQ(templateHash(a, 0), templateHash(b, 0));
  EXPECT_TRUE(equalTemplates(a, b));
  EXPECT_TRUE(templateHash(a, 0) != templateHash(c, 0));
  EXPECT_TRUE(templateHash(a, 0) != templateHash(a, 1));
}

TEST(DeploymentStatus, sumsUpAndKeepsTransitionTimes) {
  const doc::Doc sets[] = {
      json(
          R"({"metadata":{"name":"old"},"status":{"replicas":2,"readyReplicas":2,"availableReplicas":2}})"),
      json(R"({"metadata":{"name":"new"},"status":{"replicas":1,"readyReplicas":1}})")};
  const doc::Doc before = json(
      R"({"metadata":{"name":"d","generation":4},"spec":{"replicas":3},"status":{"observedGeneration":3,
          "conditions":[{"type":"Available","status":"False","reason":"x","message":"y",
          "lastTransitionTime":"2026-01-01T00:00:00Z","lastUpdateTime":"2026-01-01T00:00:00Z"}]}})");
  const std::vector<doc::Doc> both(std::begin(sets), std::end(sets));
  const doc::Doc first = deploymentStatus(before, both, both[1], "2026-02-02T00:00:00Z");
  EXPECT_EQ(first["replicas"].integer(), 3);
  EXPECT_EQ(first["updatedReplicas"].integer(), 1);
  EXPECT_EQ(first["readyReplicas"].integer(), 3);
  EXPECT_EQ(first["availableReplicas"].integer(), 2);
  EXPECT_EQ(first["unavailableReplicas"].integer(), 1);
  EXPECT_EQ(first["observedGeneration"].integer(), 4);
  EXPECT_EQ(first["conditions"][size_t{0}]["status"].text(), "False");  // 25 % of 3 down is none
  EXPECT_EQ(first["conditions"][size_t{0}]["lastTransitionTime"].text(), "2026-01-01T00:00:00Z");
  EXPECT_EQ(first["conditions"][size_t{1}]["reason"].text(), "ReplicaSetUpdated");
  doc::Draft after(before);
  after["status"] = first;
  EXPECT_TRUE(deploymentStatus(after.finish(), both, both[1], "2026-02-02T00:01:00Z") == first);
}

TEST(ReplicaSet, createsWhatIsMissingAndRemovesTheLeastUseful) {
  const doc::Doc set = json(
      R"({"metadata":{"name":"s","generation":2},"spec":{"replicas":2,"template":{"metadata":{"labels":{"app":"a"}}}}})");
  EXPECT_EQ(planReplicaSet(set, {pod("a", true)}, kNow).create, 1u);
  const doc::Doc leaving = pod("b", true, R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")");
  EXPECT_EQ(planReplicaSet(set, {pod("a", true), leaving}, kNow).create, 1u);
  const ReplicaSetPlan down =
      planReplicaSet(set, {pod("a", true), pod("b", false), pod("c", true)}, kNow);
  ASSERT_EQ(down.remove.size(), 1u);
  EXPECT_EQ(down.remove[0]["metadata"]["name"].text(), "b");
  EXPECT_EQ(
      doc::toJson(down.status),
      R"({"availableReplicas":2,"fullyLabeledReplicas":3,"observedGeneration":2,"readyReplicas":2,"replicas":3})");
}

TEST(StatefulSet, goesInOrderAndWaitsForEachPod) {
  const auto actions = [](std::string_view spec, const std::vector<doc::Doc>& pods) {
    const doc::Doc set = json(cat(R"({"metadata":{"name":"s"},"spec":)", spec, "}"));
    const StatefulSetPlan steps = planStatefulSet(set, pods, kNow);
    std::string out;
    for (const int64_t ordinal : steps.create) out += cat("+", ordinal, " ");
    for (const doc::Doc& p : steps.remove) out += cat("-", p["metadata"]["name"].text(), " ");
    return out;
  };
  const doc::Doc set = json(R"({"metadata":{"name":"s"},"spec":{}})");
  const std::string label =
      cat(R"(,"labels":{"controller-revision-hash":")", revisionName(set), "\"}");
  const auto current = [&](const char* name, bool ready) { return pod(name, ready, label); };
  EXPECT_EQ(actions(R"({"replicas":3})", {}), "+0 ");
  EXPECT_EQ(actions(R"({"replicas":3})", {current("s-0", false)}), "");
  EXPECT_EQ(actions(R"({"replicas":3})", {current("s-0", true)}), "+1 ");
  EXPECT_EQ(actions(R"({"replicas":3,"podManagementPolicy":"Parallel"})", {current("s-1", false)}),
            "+0 +2 ");
  EXPECT_EQ(actions(R"({"replicas":1})",
                    {current("s-0", true), current("s-1", true), current("s-2", true)}),
            "-s-2 ");
  const doc::Doc old = pod("s-1", true, R"(,"labels":{"controller-revision-hash":"s-old"})");
  EXPECT_EQ(actions(R"({"replicas":2})", {current("s-0", true), old}), "-s-1 ");
  EXPECT_EQ(actions(R"({"replicas":2,"updateStrategy":{"type":"OnDelete"}})",
                    {current("s-0", true), old}),
            "");
  EXPECT_EQ(actions(R"({"replicas":2,"updateStrategy":{"rollingUpdate":{"partition":2}}})",
                    {current("s-0", true), old}),
            "");
}

}  // namespace meshka::control
