// Which node a pod gets, and what is said when none fits.
#include "base/strings.h"
#include "base/test/test.h"
#include "control/schedule/scheduler.h"
#include "doc/json.h"

namespace meshka::control {
namespace {

doc::Doc json(std::string_view text) {
  auto parsed = doc::parseJson(text);
  if (!parsed) test::report(__FILE__, __LINE__, parsed.error().message());
  return parsed ? *parsed : doc::Doc();
}

NodeState node(std::string_view name, std::string_view spec, std::vector<doc::Doc> pods = {}) {
  return {json(cat(R"({"metadata":{"name":")", name, R"(","labels":{"kubernetes.io/hostname":")",
                   name, R"(","disk":")", name == "n2" ? "ssd" : "hdd", R"("}},"spec":)", spec,
                   R"(,"status":{"allocatable":{"cpu":"2","memory":"4Gi","pods":"3"}}})")),
          std::move(pods)};
}
doc::Doc pod(std::string_view spec) {
  return json(
      cat(R"({"metadata":{"name":"p","namespace":"ns","labels":{"app":"a"}},"spec":)", spec, "}"));
}
doc::Doc cpu(std::string_view amount) {
  return pod(
      cat(R"({"containers":[{"name":"c","resources":{"requests":{"cpu":")", amount, R"("}}}]})"));
}
std::string choose(const doc::Doc& wanted, const std::vector<NodeState>& nodes) {
  const Choice choice = chooseNode(wanted, nodes);
  return choice.node.empty() ? choice.message : choice.node;
}

}  // namespace

TEST(Choose, resourcesOfContainersAndInitContainers) {
  EXPECT_EQ(choose(cpu("1"), {node("n1", "{}", {cpu("500m")}), node("n2", "{}")}), "n2");
  EXPECT_EQ(choose(cpu("1500m"), {node("n1", "{}", {cpu("1")})}),
            "0/1 nodes are available: 1 Insufficient cpu.");
  const doc::Doc init = pod(
      R"({"initContainers":[{"name":"i","resources":{"requests":{"memory":"5Gi"}}}],"containers":[{"name":"c"}]})");
  EXPECT_EQ(choose(init, {node("n1", "{}")}), "0/1 nodes are available: 1 Insufficient memory.");
  EXPECT_EQ(choose(cpu("0"), {node("n1", "{}", {cpu("0"), cpu("0"), cpu("0")})}),
            "0/1 nodes are available: 1 Too many pods.");
}

TEST(Choose, reasonsAreCountedAndOrdered) {
  EXPECT_EQ(choose(cpu("3"),
                   {node("n1", "{}"), node("n2", "{}"), node("n3", R"({"unschedulable":true})")}),
            "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.");
  EXPECT_EQ(choose(cpu("1"), {}), "no nodes available to schedule pods");
}

TEST(Choose, selectorsAffinityAndTaints) {
  const std::vector<NodeState> both = {node("n1", "{}"), node("n2", "{}")};
  EXPECT_EQ(choose(pod(R"({"nodeSelector":{"disk":"ssd"}})"), both), "n2");
  EXPECT_EQ(choose(pod(R"({"nodeSelector":{"disk":"tape"}})"), both),
            "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.");
  const char* affinity =
      R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
         {"matchExpressions":[{"key":"disk","operator":"NotIn","values":["hdd"]}]}]}}}})";
  EXPECT_EQ(choose(pod(affinity), both), "n2");
  const char* preferred =
      R"({"affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[
         {"weight":50,"preference":{"matchExpressions":[{"key":"disk","operator":"In","values":["ssd"]}]}}]}}})";
  EXPECT_EQ(choose(pod(preferred), both), "n2");
  const std::vector<NodeState> tainted = {
      node("n1", R"({"taints":[{"key":"role","value":"db","effect":"NoSchedule"}]})")};
  EXPECT_EQ(choose(pod("{}"), tainted),
            "0/1 nodes are available: 1 node(s) had untolerated taint {role: db}.");
  EXPECT_EQ(choose(pod(R"({"tolerations":[{"key":"role","operator":"Exists"}]})"), tainted), "n1");
  EXPECT_EQ(choose(pod(R"({"tolerations":[{"key":"role","value":"web"}]})"), tainted),
            "0/1 nodes are available: 1 node(s) had untolerated taint {role: db}.");
}

TEST(Choose, hostPortsAndPodAntiAffinity) {
  const doc::Doc port =
      pod(R"({"containers":[{"name":"c","ports":[{"containerPort":80,"hostPort":80}]}]})");
  EXPECT_EQ(choose(port, {node("n1", "{}", {port}), node("n2", "{}")}), "n2");
  EXPECT_EQ(
      choose(port, {node("n1", "{}", {port})}),
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.");
  const doc::Doc apart = pod(
      R"({"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
         {"topologyKey":"kubernetes.io/hostname","labelSelector":{"matchLabels":{"app":"a"}}}]}}})");
  EXPECT_EQ(choose(apart, {node("n1", "{}", {pod("{}")}), node("n2", "{}")}), "n2");
  EXPECT_EQ(choose(apart, {node("n1", "{}", {pod("{}")})}),
            "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.");
}

}  // namespace meshka::control
