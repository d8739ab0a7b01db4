// From pod spec to runtime configuration: golden files testdata/spec/NAME.yaml -> NAME.txt, and
// tables of the parts.
#include "base/test/test.h"
#include "doc/yaml.h"
#include "node/spec/container.h"
#include "node/spec/quantity.h"
#include "node/spec/resources.h"
#include "node/spec/sandbox.h"
#include "node/spec/security.h"
#include "node/test/fakes.h"

namespace meshka::node {
namespace {

doc::Doc yaml(std::string_view text) {
  auto d = doc::parseYamlDocument(text);
  EXPECT_OK(d);
  return d ? *d : doc::Doc();
}

NodeConfig testConfig() {
  NodeConfig c;
  c.node_name = "node-1";
  c.host_ip = "100.64.77.2";
  c.data_dir = "/data";
  c.log_dir = "/logs";
  c.cluster_dns = "10.96.0.10";
  c.host_nameservers = {"192.0.2.53"};
  c.host_searches = {"example.org"};
  c.cpus = 2;
  c.memory_bytes = 8LL << 30;
  return c;
}

std::string list(const std::vector<std::string>& v) {
  return cat("[", join(v, ", "), "]");
}
std::string number(const std::optional<int64_t>& v) {
  return v ? cat(*v) : "-";
}

std::string show(const cri::SandboxConfig& s) {
  std::string out =
      cat("sandbox ", s.ns, "/", s.name, " uid=", s.uid, " attempt=", s.attempt,
          " hostname=", s.hostname, "\nlogs ", s.log_directory, "\ncgroup ", s.cgroup_parent,
          "\ndns ", list(s.dns.servers), " ", list(s.dns.searches), " ", list(s.dns.options),
          "\nnetwork ", s.security.network == cri::NamespaceMode::kNode ? "node" : "pod",
          s.security.privileged ? " privileged" : "", "\n");
  for (const auto& [k, v] : s.labels) out += cat("label ", k, "=", v, "\n");
  for (const auto& [k, v] : s.sysctls) out += cat("sysctl ", k, "=", v, "\n");
  return out;
}

std::string show(const cri::ContainerConfig& c) {
  std::string out =
      cat("\ncontainer ", c.name, " attempt=", c.attempt, " image=", c.image, " (", c.user_image,
          ")\ncommand ", list(c.command), " args ", list(c.args), " in ", c.working_dir,
          c.tty ? " tty" : "", c.use_stdin ? " stdin" : "", "\nlog ", c.log_path, "\n");
  for (const auto& [k, v] : c.env) out += cat("env ", k, "=", v, "\n");
  for (const auto& m : c.mounts) {
    out += cat("mount ", m.container_path, " <- ", m.host_path, m.readonly ? " ro" : "",
               m.propagation == cri::Propagation::kPrivate ? "" : " shared", "\n");
  }
  const auto& r = c.resources;
  out += cat("shares ", r.cpu_shares, " quota ", r.cpu_quota_us, "/", r.cpu_period_us, " memory ",
             r.memory_limit_bytes, " oom ", r.oom_score_adj, "\n");
  const auto& s = c.security;
  std::vector<std::string> groups;
  for (const int64_t g : s.supplemental_groups) groups.push_back(cat(g));
  out += cat("user ", number(s.run_as_user), " ", s.run_as_username, " group ",
             number(s.run_as_group), " + ", list(groups), " add ", list(s.add_capabilities),
             " drop ", list(s.drop_capabilities), s.privileged ? " privileged" : "",
             s.readonly_rootfs ? " ro-root" : "", s.no_new_privileges ? " no-new-privs" : "",
             s.seccomp == cri::Seccomp::kRuntimeDefault ? " seccomp" : "",
             s.masked_paths.empty() ? "" : " masked", "\n");
  for (const auto& [k, v] : c.annotations) out += cat("annotation ", k, "=", v, "\n");
  return out;
}

TEST(spec, golden) {
  const NodeConfig config = testConfig();
  testing::Cluster cluster;
  cluster.config_maps["settings"] =
      yaml("{data: {COLOR: blue, not-valid!: x, 1st: y}, binaryData: {BIN: aGk=}}");
  cluster.secrets["key"] = yaml("{data: {PASSWORD: c2VzYW1l}}");
  const std::vector<doc::Doc> services = {
      yaml("{metadata: {name: kubernetes, namespace: default}, spec: {clusterIP: 10.96.0.1, ports: "
           "[{name: https, port: 443}]}}"),
      yaml("{metadata: {name: my-db, namespace: shop}, spec: {clusterIP: 10.96.0.9, ports: [{name: "
           "sql, port: 5432}, {port: 53, protocol: UDP}]}}"),
      yaml("{metadata: {name: other, namespace: elsewhere}, spec: {clusterIP: 10.96.0.8, ports: "
           "[{port: 1}]}}"),
      yaml("{metadata: {name: headless, namespace: shop}, spec: {clusterIP: None, ports: [{port: "
           "1}]}}")};
  for (const std::string name : {"full", "plain", "host-network"}) {
    const doc::Doc pod = yaml(test::readFileOrDie(cat("testdata/spec/", name, ".yaml")));
    std::string out = show(sandboxConfig(config, pod, 2));
    const cri::Image image{.id = "sha256:abc", .uid = 101};
    const PodAddresses addresses{hostNetwork(pod) ? config.host_ip : "10.244.0.9"};
    out += cat("qos ", qosClass(pod), "\n--- hosts\n", hostsFile(config, pod, addresses.pod_ip),
               "---\n");
    for (const doc::Value c : pod["spec"]["containers"].elements()) {
      std::vector<std::string> sources;
      for (const doc::Value m : c["volumeMounts"].elements())
        sources.push_back(cat("/volumes/", m["name"].text()));
      const auto made = containerConfig({.config = config,
                                         .pod = pod,
                                         .container = c,
                                         .attempt = 1,
                                         .image = image,
                                         .addresses = addresses,
                                         .objects = cluster,
                                         .services = services,
                                         .mount_sources = sources,
                                         .hosts_path = "/hosts",
                                         .termination_path = "/message"});
      out += made ? show(*made) : cat("\nerror: ", made.error().message(), "\n");
    }
    EXPECT_GOLDEN(out, cat("testdata/spec/", name, ".txt"));
  }
}

TEST(spec, quantities) {
  const struct {
    const char* text;
    std::optional<int64_t> milli;
  } cases[] = {{"1", 1000},
               {"100m", 100},
               {"1.5", 1500},
               {"0.0001", 1},
               {"1Ki", 1024000},
               {"1e3", 1000000},
               {"2k", 2000000},
               {"-1", -1000},
               {"", {}},
               {"m", {}},
               {"1.2.3", {}},
               {"0x1", {}},
               {"12E", {}},
               {" 1", {}},
               {"1e", {}},
               {".5", 500},
               {"128974848", 128974848000},
               {"1500u", 2},
               {"5n", 1}};
  for (const auto& c : cases)
    EXPECT_EQ(cat(c.text, "=", number(parseMilli(c.text))), cat(c.text, "=", number(c.milli)));
  EXPECT_EQ(number(parseWhole("100m")), "1");
  EXPECT_EQ(number(parseWhole("64Mi")), cat(64 << 20));
}

TEST(spec, expansion) {
  const EnvList env = {{"A", "1"}, {"B", "$(A)"}};
  const struct {
    const char* text;
    const char* want;
  } cases[] = {{"$(A)", "1"},    {"x$(A)y", "x1y"}, {"$(C)", "$(C)"}, {"$$(A)", "$(A)"},
               {"$$$(A)", "$1"}, {"$(B)", "$(A)"},  {"$", "$"},       {"$(", "$("},
               {"$(A", "$(A"},   {"$A", "$A"},      {"a$$b", "a$b"},  {"$(A)$(A)", "11"},
               {"$()", "$()"}};
  for (const auto& c : cases)
    EXPECT_EQ(cat(c.text, " -> ", expandReferences(c.text, env)), cat(c.text, " -> ", c.want));
}

TEST(spec, envProblems) {
  const NodeConfig config = testConfig();
  testing::Cluster cluster;
  cluster.config_maps["c"] = yaml("{data: {a: b}}");
  const doc::Doc pod =
      yaml("{metadata: {name: p, namespace: shop}, spec: {containers: [{name: x}]}}");
  const struct {
    const char* container;
    const char* want;
  } cases[] = {
      {"{env: [{name: A, valueFrom: {configMapKeyRef: {name: none, key: a}}}]}",
       "configmap \"none\" not found"},
      {"{env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: nokey}}}]}",
       "couldn't find key nokey in ConfigMap shop/c"},
      {"{env: [{name: A, valueFrom: {secretKeyRef: {name: none, key: a}}}]}",
       "secret \"none\" not found"},
      {"{env: [{name: A, valueFrom: {secretKeyRef: {name: none, key: a, optional: true}}}]}", ""},
      {"{env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.x}}}]}",
       "unsupported fieldPath: spec.x"},
      {"{env: [{name: A, valueFrom: {resourceFieldRef: {containerName: other, resource: "
       "limits.cpu}}}]}",
       "container other not found"},
      {"{envFrom: [{configMapRef: {name: none}}]}", "configmap \"none\" not found"},
      {"{envFrom: [{secretRef: {name: none, optional: true}}]}", ""},
  };
  for (const auto& c : cases) {
    const doc::Doc container = yaml(c.container);
    const PodAddresses none;
    const auto env = buildEnv({.config = config,
                               .pod = pod,
                               .container = container,
                               .addresses = none,
                               .objects = cluster,
                               .services = {}});
    EXPECT_EQ(env ? std::string() : env.error().message(), c.want);
  }
}

TEST(spec, nonRoot) {
  const cri::Image root{.id = "i"}, user{.id = "i", .uid = 5}, named{.id = "i", .username = "app"};
  const struct {
    const char* pod;
    const char* container;
    const cri::Image* image;
    const char* want;
  } cases[] = {
      {"{runAsNonRoot: true}", "{}", &root,
       "container has runAsNonRoot and image will run as root"},
      {"{runAsNonRoot: true}", "{}", &user, ""},
      {"{runAsNonRoot: true}", "{}", &named,
       "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is "
       "non-root"},
      {"{runAsNonRoot: true}", "{runAsUser: 0}", &user,
       "container's runAsUser breaks non-root policy"},
      {"{runAsNonRoot: true, runAsUser: 7}", "{}", &root, ""},
      {"{runAsNonRoot: true}", "{runAsNonRoot: false}", &root, ""},
      {"{}", "{seccompProfile: {type: Localhost}}", &root,
       "seccomp profile type Localhost is not supported yet"},
  };
  for (const auto& c : cases) {
    const doc::Doc pod = yaml(cat("{spec: {securityContext: ", c.pod, "}}"));
    const doc::Doc container = yaml(cat("{securityContext: ", c.container, "}"));
    const auto s = containerSecurity(pod, container, *c.image);
    EXPECT_EQ(s ? std::string() : s.error().message(), c.want);
  }
}

TEST(spec, resourcesAndQos) {
  NodeConfig config = testConfig();
  config.min_oom_score_adj = -1000;
  const struct {
    const char* resources;
    const char* want;  // qos shares quota oom
  } cases[] = {
      {"{}", "BestEffort 2 0 1000"},
      {"{requests: {cpu: 100m}}", "Burstable 102 0 999"},
      {"{requests: {memory: 4Gi}}", "Burstable 2 0 500"},
      {"{limits: {cpu: 2, memory: 1Gi}}", "Guaranteed 2048 200000 -997"},
      {"{limits: {cpu: 2, memory: 1Gi}, requests: {cpu: 1, memory: 1Gi}}",
       "Burstable 1024 200000 875"},
      {"{limits: {cpu: 1m}}", "Burstable 2 1000 999"},
  };
  for (const auto& c : cases) {
    const doc::Doc pod =
        yaml(cat("{spec: {containers: [{name: a, resources: ", c.resources, "}]}}"));
    const auto r = containerResources(config, pod, pod["spec"]["containers"][size_t{0}]);
    EXPECT_EQ(cat(c.resources, ": ", qosClass(pod), " ", r.cpu_shares, " ", r.cpu_quota_us, " ",
                  r.oom_score_adj),
              cat(c.resources, ": ", c.want));
  }
  config.min_oom_score_adj = 0;  // the kernel would refuse less
  const doc::Doc pod =
      yaml("{spec: {containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}}}]}}");
  EXPECT_EQ(containerResources(config, pod, pod["spec"]["containers"][size_t{0}]).oom_score_adj, 0);
}

TEST(spec, dnsPolicies) {
  const NodeConfig config = testConfig();
  const struct {
    const char* spec;
    const char* want;
  } cases[] = {
      {"{}",
       "[10.96.0.10] [shop.svc.cluster.local, svc.cluster.local, cluster.local, example.org] "
       "[ndots:5]"},
      {"{hostNetwork: true}", "[192.0.2.53] [example.org] []"},
      {"{hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet}",
       "[10.96.0.10] [shop.svc.cluster.local, svc.cluster.local, cluster.local, example.org] "
       "[ndots:5]"},
      {"{dnsPolicy: Default}", "[192.0.2.53] [example.org] []"},
      {"{dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1], searches: [a.b], options: [{name: "
       "ndots, value: '5'}, {name: edns0}]}}",
       "[1.1.1.1] [a.b] [ndots:5, edns0]"},
      {"{dnsConfig: {nameservers: [10.96.0.10, 1.1.1.1], options: [{name: ndots, value: '2'}]}}",
       "[10.96.0.10, 1.1.1.1] [shop.svc.cluster.local, svc.cluster.local, cluster.local, "
       "example.org] "
       "[ndots:2]"},
  };
  for (const auto& c : cases) {
    const doc::Doc pod = yaml(cat("{metadata: {namespace: shop}, spec: ", c.spec, "}"));
    const auto d = dnsConfig(config, pod);
    EXPECT_EQ(cat(list(d.servers), " ", list(d.searches), " ", list(d.options)), c.want);
  }
}

TEST(spec, pullPolicies) {
  const struct {
    const char* container;
    const char* want;
  } cases[] = {{"{image: a}", "Always"},
               {"{image: 'a:latest'}", "Always"},
               {"{image: 'a:1'}", "IfNotPresent"},
               {"{image: 'r:5000/a'}", "Always"},
               {"{image: 'a@sha256:00'}", "IfNotPresent"},
               {"{image: a, imagePullPolicy: Never}", "Never"}};
  for (const auto& c : cases) EXPECT_EQ(pullPolicy(yaml(c.container)), std::string_view(c.want));
}

}  // namespace
}  // namespace meshka::node
