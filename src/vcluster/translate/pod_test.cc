// Golden translation of pods: testdata/pods/NAME.yaml -> NAME.host.yaml.
#include "vcluster/translate/pod.h"

#include "base/test/test.h"
#include "doc/yaml.h"

namespace meshka::vcluster {
namespace {

doc::Doc readYaml(const std::string& path) {
  auto parsed = doc::parseYamlDocument(test::readFileOrDie(path));
  EXPECT_OK(parsed);
  return parsed ? *parsed : doc::Doc();
}

PodContext context() {
  static const doc::Doc ports =
      doc::Draft::array(
          {doc::Draft::object({{"name", "http-api"}, {"port", 9080}, {"protocol", "TCP"}})})
          .finish();
  static const doc::Doc labels = doc::Draft::object({{"istio-injection", "enabled"}}).finish();
  PodContext out{{"cluster1", "cluster1"},
                 {"cluster1", "uid-of-service"},
                 "10.96.0.7",
                 "10.96.0.8",
                 "cluster.local",
                 labels,
                 {{"my-reader", "10.96.3.4", ports}}};
  return out;
}

TEST(TranslatePod, Goldens) {
  for (const std::string name : {"sidecar", "host_network", "own_dns"}) {
    const doc::Doc pod = readYaml("testdata/pods/" + name + ".yaml");
    const auto translated = translatePod(pod, context());
    ASSERT_OK(translated);
    std::string text = doc::toYaml(translated->pod);
    text += "--- # needs\n";
    for (const TokenRequest& token : translated->tokens) {
      text += cat("token ", translated->token_secret, " ", token.key, " audience=", token.audience,
                  " seconds=", token.expiration_seconds, "\n");
    }
    text += cat("config maps: ", join(translated->config_maps, " "), "\n");
    text += cat("secrets: ", join(translated->secrets, " "), "\n");
    EXPECT_GOLDEN(text, "testdata/pods/" + name + ".host.yaml");
  }
}

TEST(TranslatePod, TenantCannotChooseHostWideNames) {
  const auto translated = translatePod(readYaml("testdata/pods/sidecar.yaml"), context());
  ASSERT_OK(translated);
  const doc::Value spec = translated->pod["spec"];
  for (const char* field :
       {"nodeName", "priorityClassName", "priority", "runtimeClassName", "subdomain"}) {
    EXPECT_FALSE(spec[field].exists());
  }
  EXPECT_EQ(translated->pod["metadata"]["annotations"][kObjectName].text(),
            "reader-v1-5d4b8b4d5-abcde");
  EXPECT_EQ(translated->pod["metadata"]["ownerReferences"][size_t{0}]["kind"].text(), "Service");
}

TEST(TranslatePod, UpdateCarriesImageAndLabels) {
  const doc::Doc pod = readYaml("testdata/pods/sidecar.yaml");
  const auto translated = translatePod(pod, context());
  ASSERT_OK(translated);
  EXPECT_FALSE(updateHostPod(translated->pod, pod, context()).exists());
  doc::Draft changed(pod);
  changed["spec"]["containers"].at(1)["image"] = "example/reader:2";
  changed["metadata"]["labels"].erase("version");
  const doc::Doc updated = updateHostPod(translated->pod, changed.finish(), context());
  ASSERT_TRUE(updated.exists());
  EXPECT_EQ(updated["spec"]["containers"][size_t{1}]["image"].text(), "example/reader:2");
  EXPECT_FALSE(
      updated["metadata"]["labels"][hostLabelKey("version", {"cluster1", "cluster1"})].exists());
  EXPECT_TRUE(
      updated["metadata"]["labels"][hostLabelKey("app", {"cluster1", "cluster1"})].exists());
}

TEST(TranslatePod, RefusesWhatItCannotTranslate) {
  doc::Draft pod(readYaml("testdata/pods/own_dns.yaml"));
  doc::Draft term =
      doc::Draft::object({{"topologyKey", "zone"}, {"namespaceSelector", doc::Draft::object()}});
  pod["spec"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
      doc::Draft::array({std::move(term)});
  const auto translated = translatePod(pod.finish(), context());
  ASSERT_TRUE(!translated.has_value());
  EXPECT_CONTAINS(translated.error().message(), "resolver.with.dots");
}

}  // namespace
}  // namespace meshka::vcluster
