// Golden rules: testdata/rules/NAME.yaml (objects of a cluster) -> NAME.nft, and each checked by
// the real nft in an empty network namespace where there is one.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/test/test.h"
#include "doc/yaml.h"
#include "node/network/policy_rules.h"

namespace meshka::node {
namespace {

const NetworkConfig kConfig = {.node_name = "node-1",
                               .pod_cidr = "10.244.0.0/24",
                               .service_cidr = "10.96.0.0/16",
                               .lb_cidr = "198.18.16.0/20",
                               .node_ips = {"100.64.77.2"}};

struct Objects {
  std::vector<doc::Doc> services, slices;
  PolicyInputs policy;
};

Objects parse(std::string_view yaml) {
  Objects out;
  const auto docs = doc::parseYaml(yaml);
  EXPECT_OK(docs);
  if (!docs) return out;
  for (const doc::Doc& d : *docs) {
    const std::string_view kind = d["kind"].text();
    (kind == "Service"         ? out.services
     : kind == "EndpointSlice" ? out.slices
     : kind == "Pod"           ? out.policy.pods
     : kind == "Namespace"     ? out.policy.namespaces
                               : out.policy.policies)
        .push_back(d);
  }
  return out;
}

RuleSet rulesOf(const Objects& o, const NetworkConfig& config = kConfig) {
  RuleSet rules;
  addServiceRules(rules, config, o.services, o.slices);
  addHostPorts(rules, o.policy.pods);
  addPolicyRules(rules, config, o.policy);
  return rules;
}

Objects read(const std::string& name) {
  return parse(test::readFileOrDie(cat("testdata/rules/", name, ".yaml")));
}

// The real program's verdict on `text`; empty when it is content or cannot be asked.
std::string nftProblem(const std::string& text) {
  if (geteuid() != 0 || access("/usr/sbin/nft", X_OK) != 0) return {};
  char path[] = "/tmp/meshka-rules-XXXXXX";
  const int fd = mkstemp(path);
  if (fd < 0 || write(fd, text.data(), text.size()) < 0) return "cannot write a file for nft";
  close(fd);
  // -f, not -c: what the kernel refuses counts too, and the namespace ends with the shell.
  FILE* pipe = popen(cat("unshare -n /usr/sbin/nft -f ", path, " 2>&1").c_str(), "r");
  std::string out;
  char buffer[512];
  while (const size_t n = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
  const int status = pclose(pipe);
  unlink(path);
  return status == 0 ? std::string() : cat("nft: ", out.substr(0, 600));
}

TEST(rules, golden) {
  for (const std::string name : {"services", "isolation"}) {
    const std::string program = fullProgram(rulesOf(read(name)));
    EXPECT_GOLDEN(program, cat("testdata/rules/", name, ".nft"));
    EXPECT_EQ(cat(name, nftProblem(program)), name);
  }
}

TEST(rules, strictPolicyLooksBehindTheTranslationOnly) {
  NetworkConfig strict = kConfig;
  strict.strict_policy = true;
  const std::string text = fullProgram(rulesOf(read("isolation"), strict));
  EXPECT_EQ(text.find("ct original"), std::string::npos);
}

// Any step from one state to another loads, and its text is small when the change is.
TEST(rules, deltas) {
  const RuleSet none = rulesOf({}), services = rulesOf(read("services")),
                isolation = rulesOf(read("isolation"));
  for (const auto* from : {&none, &services, &isolation}) {
    for (const auto* to : {&none, &services, &isolation}) {
      EXPECT_EQ(deltaProgram(*from, *to).empty(), from == to);
      EXPECT_EQ(nftProblem(fullProgram(*from) + deltaProgram(*from, *to)), "");
    }
  }
}

TEST(rules, anEndpointThatGoesTouchesItsServiceOnly) {
  const Objects before = read("services");
  Objects after = before;
  doc::Draft slice(after.slices.at(0));
  slice["endpoints"].eraseAt(0);
  after.slices[0] = slice.finish();
  const RuleSet from = rulesOf(before), to = rulesOf(after);
  const std::string delta = deltaProgram(from, to);
  EXPECT_EQ(
      delta,
      "flush chain ip meshka svc/default/web/tcp/80\n"
      "add rule ip meshka svc/default/web/tcp/80 meta l4proto tcp dnat to 10.244.0.16:8080\n");
}

TEST(rules, udpFlowsToForget) {
  const Objects all = read("services");
  Objects without = all;
  std::erase_if(without.slices,
                [](const doc::Doc& s) { return s["metadata"]["name"].text() == "dns-1"; });
  const auto gone = staleUdpFlows(rulesOf(all), rulesOf(without));
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_TRUE((gone[0] == UdpFlow{"10.96.0.10", 53, "100.64.77.2"}));
  const auto came = staleUdpFlows(rulesOf(without), rulesOf(all));
  ASSERT_EQ(came.size(), 1u);
  EXPECT_TRUE((came[0] == UdpFlow{"10.96.0.10", 53, ""}));
  EXPECT_TRUE(staleUdpFlows(rulesOf(all), rulesOf(all)).empty());
}

TEST(rules, unsupportedPolicyPartsAreNamedAndAllowNothing) {
  PolicyInputs in = parse(R"(
kind: Pod
metadata: {name: a, namespace: x}
status: {podIP: 10.244.0.5}
---
kind: NetworkPolicy
metadata: {name: p, namespace: x}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: http}]}]}
)")
                        .policy;
  RuleSet rules;
  const auto warnings = addPolicyRules(rules, kConfig, in);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0], "network policy x/p: named port http is not supported yet");
  const std::string jump = rules.sets["policy-ingress"].elements["10.244.0.5"];
  EXPECT_EQ(join(rules.chains[jump.substr(5)].rules, "|"), "goto policy-deny");
}

}  // namespace
}  // namespace meshka::node
