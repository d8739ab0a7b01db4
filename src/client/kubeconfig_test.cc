#include "client/kubeconfig.h"

#include "base/test/test.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "sim/world.h"

using namespace meshka;
using namespace meshka::client;

namespace {

constexpr std::string_view kFirst = R"(apiVersion: v1
kind: Config
current-context: ""
clusters:
- name: shared
  cluster: {server: "https://first:6443", certificate-authority: pki/ca.crt}
contexts:
- name: one
  context: {cluster: shared, user: alice, namespace: team}
users:
- name: alice
  user: {client-certificate-data: Y2VydA==, client-key: pki/alice.key}
)";
constexpr std::string_view kSecond = R"(apiVersion: v1
kind: Config
current-context: two
x-of-another-program: {keep: [me]}
clusters:
- name: shared
  cluster: {server: "https://second:6443"}
- name: own
  cluster: {server: "https://own:6443", insecure-skip-tls-verify: true}
contexts:
- name: two
  context: {cluster: own, user: bob}
- name: lost
  context: {cluster: nowhere, user: bob}
users:
- name: bob
  user: {token: sesame}
- name: plugin
  user: {exec: {command: aws}}
)";

struct Fixture {
  Fixture() {
    (void)sim.loop.run(sim.disk.makeDirectories("/home/a/pki"));
    (void)sim.loop.run(sim.disk.makeDirectories("/home/b"));
    write("/home/a/config", kFirst);
    write("/home/b/config", kSecond);
    write("/home/a/pki/ca.crt", "CA");
    write("/home/a/pki/alice.key", "KEY");
  }
  void write(std::string path, std::string_view text) {
    EXPECT_OK(sim.loop.run(sim.disk.writeFileAtomic(std::move(path), std::string(text))));
  }
  KubeConfig load() {
    auto config = sim.loop.run(
        loadKubeConfig(sim.disk, {"/home/a/config", "/home/none/config", "/home/b/config"}));
    EXPECT_OK(config);
    return config ? std::move(*config) : KubeConfig({});
  }
  Result<void> edit(std::string path, Function<Result<void>(doc::Draft&)> change) {
    return sim.loop.run(editKubeConfig(world, std::move(path), std::move(change)));
  }
  doc::Doc read(const std::string& path) {
    return *doc::parseYamlDocument(*sim.loop.run(sim.disk.readFile(path)));
  }
  sim::SimWorld sim{1};
  io::World world = sim.world();
};

}  // namespace

TEST(KubeConfig, PathsComeFromTheVariableOrHome) {
  EXPECT_EQ(join(kubeConfigPaths("", "/home/me"), " "), "/home/me/.kube/config");
  EXPECT_EQ(join(kubeConfigPaths(":/a::/b:", "/home/me"), " "), "/a /b");
}

TEST(KubeConfig, TheFirstFileThatHasAnEntryWins) {
  Fixture f;
  const KubeConfig config = f.load();
  EXPECT_EQ(config.currentContext(), "two");
  EXPECT_EQ(join(config.contextNames(), " "), "one two lost");
  const auto one = config.context("one");
  ASSERT_OK(one);
  EXPECT_EQ(one->ns, "team");
  EXPECT_EQ(one->cluster["server"].text(), "https://first:6443");
  EXPECT_EQ(config.context("")->ns, "default");
}

TEST(KubeConfig, ErrorsNameWhatIsMissingAndWhere) {
  Fixture f;
  const KubeConfig config = f.load();
  const auto none = config.context("three");
  ASSERT_TRUE(!none);
  EXPECT_TRUE(none.error().code() == Code::kNotFound);
  EXPECT_CONTAINS(none.error().message(),
                  "context \"three\" does not exist in /home/a/config, /home/none/config");
  const auto lost = config.context("lost");
  ASSERT_TRUE(!lost);
  EXPECT_CONTAINS(lost.error().message(), "names cluster \"nowhere\"");
  f.write("/home/b/config", "clusters: [");
  const auto broken = f.sim.loop.run(loadKubeConfig(f.sim.disk, {"/home/b/config"}));
  ASSERT_TRUE(!broken);
  EXPECT_CONTAINS(broken.error().message(), "kubeconfig /home/b/config");
}

TEST(KubeConfig, CredentialsAreReadFromDataAndFilesBesideTheirConfig) {
  Fixture f;
  const KubeConfig config = f.load();
  const auto one = f.sim.loop.run(readCredentials(f.sim.disk, *config.context("one")));
  ASSERT_OK(one);
  EXPECT_EQ(one->ca_pem, "CA");
  EXPECT_EQ(one->certificate_pem, "cert");
  EXPECT_EQ(one->key_pem, "KEY");
  EXPECT_FALSE(one->insecure);
  const auto two = f.sim.loop.run(readCredentials(f.sim.disk, *config.context("two")));
  ASSERT_OK(two);
  EXPECT_TRUE(two->insecure);
  EXPECT_EQ(two->token, "sesame");
  Context plugin = *config.context("two");
  plugin.user = *doc::parseJson(R"({"exec":{"command":"aws"}})");
  const auto unsupported = f.sim.loop.run(readCredentials(f.sim.disk, plugin));
  ASSERT_TRUE(!unsupported);
  EXPECT_CONTAINS(unsupported.error().message(), "exec is not supported yet");
  plugin.user = *doc::parseJson(R"({"client-certificate-data":"***"})");
  EXPECT_FALSE(f.sim.loop.run(readCredentials(f.sim.disk, plugin)).has_value());
}

TEST(KubeConfig, InsideAPod) {
  Fixture f;
  EXPECT_FALSE(f.sim.loop.run(inClusterCredentials(f.sim.disk, "", "443")).has_value());
  const std::string mount = "/var/run/secrets/kubernetes.io/serviceaccount";
  (void)f.sim.loop.run(f.sim.disk.makeDirectories(mount));
  f.write(mount + "/ca.crt", "CLUSTER CA");
  const auto v6 = f.sim.loop.run(inClusterCredentials(f.sim.disk, "fd00::1", "443"));
  ASSERT_OK(v6);
  EXPECT_EQ(v6->server, "https://[fd00::1]:443");
  EXPECT_EQ(v6->ca_pem, "CLUSTER CA");
  EXPECT_EQ(v6->token_file, mount + "/token");
}

TEST(KubeConfig, AnEditKeepsEverythingElse) {
  Fixture f;
  EXPECT_OK(f.edit("/home/b/config", [](doc::Draft& config) -> Result<void> {
    setEntry(config, "clusters", "new", doc::Draft::object({{"server", "https://new"}}));
    setEntry(config, "clusters", "own", doc::Draft::object({{"server", "https://moved"}}));
    EXPECT_TRUE(removeEntry(config, "contexts", "lost"));
    EXPECT_FALSE(removeEntry(config, "contexts", "lost"));
    return {};
  }));
  const doc::Doc after = f.read("/home/b/config");
  EXPECT_EQ(doc::toJson(after["clusters"]),
            R"([{"cluster":{"server":"https://second:6443"},"name":"shared"},)"
            R"({"cluster":{"server":"https://moved"},"name":"own"},)"
            R"({"cluster":{"server":"https://new"},"name":"new"}])");
  EXPECT_EQ(after["contexts"].size(), 1u);
  EXPECT_EQ(doc::toJson(after["x-of-another-program"]), R"({"keep":["me"]})");
  EXPECT_EQ(after["current-context"].text(), "two");
  // A file that is not there is made; a failed change writes nothing.
  EXPECT_OK(f.edit("/home/new/config", [](doc::Draft&) -> Result<void> { return {}; }));
  EXPECT_EQ(f.read("/home/new/config")["kind"].text(), "Config");
  const std::string before = *f.sim.disk.contents("/home/b/config");
  EXPECT_FALSE(f.edit("/home/b/config", [](doc::Draft& config) -> Result<void> {
                  config["current-context"] = "gone";
                  return fail(Code::kInvalid, "no");
                }).has_value());
  EXPECT_EQ(*f.sim.disk.contents("/home/b/config"), before);
  EXPECT_TRUE(f.sim.disk.contents("/home/b/config.lock") == nullptr);
}

TEST(KubeConfig, AForeignLockIsWaitedForAndNamed) {
  Fixture f;
  f.write("/home/b/config.lock", "");
  const auto blocked = f.edit("/home/b/config", [](doc::Draft&) -> Result<void> { return {}; });
  ASSERT_TRUE(!blocked);
  EXPECT_TRUE(blocked.error().code() == Code::kTimeout);
  EXPECT_CONTAINS(blocked.error().message(), "/home/b/config.lock");
  EXPECT_TRUE(f.sim.disk.contents("/home/b/config.lock") != nullptr);  // it is not ours
}
