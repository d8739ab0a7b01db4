#include "node/volumes/projection.h"

#include "base/test/test.h"
#include "doc/yaml.h"
#include "node/test/fakes.h"

namespace meshka::node {
namespace {

doc::Doc yaml(std::string_view text) {
  auto d = doc::parseYamlDocument(text);
  EXPECT_OK(d);
  return d ? *d : doc::Doc();
}

std::string show(const Result<FileTree>& tree) {
  if (!tree) return cat("error: ", tree.error().message());
  std::string out;
  for (const auto& [path, file] : *tree) {
    out += cat(out.empty() ? "" : " ", path, "=", file.bytes, ":", file.mode >> 6,
               file.mode >> 3 & 7, file.mode & 7);
  }
  return out;
}

TEST(projection, volumes) {
  NodeConfig config;
  testing::Cluster cluster;
  cluster.config_maps["c"] = yaml("{data: {a: '1', b: '2'}, binaryData: {z: aGk=}}");
  cluster.secrets["s"] = yaml("{data: {k: dg==}}");
  const doc::Doc pod = yaml(
      "{metadata: {name: p, namespace: shop, labels: {x: why}}, spec: {containers: [{name: m, "
      "resources: {limits: {cpu: 2}}}]}}");
  const std::map<std::string, std::string> tokens = {{"token", "T"}};
  const struct {
    const char* volume;
    const char* want;
  } cases[] = {
      {"{configMap: {name: c}}", "a=1:644 b=2:644 z=hi:644"},
      {"{configMap: {name: c, defaultMode: 0400, items: [{key: a, path: d/e}, {key: b, path: f, "
       "mode: 0555}]}}",
       "d/e=1:400 f=2:555"},
      {"{configMap: {name: c, items: [{key: nokey, path: x}]}}",
       "error: references non-existent config key: nokey"},
      {"{configMap: {name: c, optional: true, items: [{key: nokey, path: x}]}}", ""},
      {"{configMap: {name: none}}", "error: configmap \"none\" not found"},
      {"{configMap: {name: none, optional: true}}", ""},
      {"{secret: {secretName: s, defaultMode: 256}}", "k=v:400"},
      {"{secret: {secretName: none}}", "error: secret \"none\" not found"},
      {"{downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}, {path: cpu, "
       "resourceFieldRef: {containerName: m, resource: limits.cpu}}]}}",
       "cpu=2:644 labels=x=\"why\":644"},
      {"{projected: {sources: [{serviceAccountToken: {path: token}}, {configMap: {name: c, items: "
       "[{key: a, path: ca}]}}, {secret: {name: s}}]}}",
       "ca=1:644 k=v:644 token=T:644"},
      {"{projected: {sources: [{serviceAccountToken: {path: other}}]}}",
       "error: the service account token is not there yet"},
      {"{projected: {sources: [{clusterTrustBundle: {}}]}}",
       "error: volume : projected source clusterTrustBundle is not supported yet"},
      {"{configMap: {name: c, items: [{key: a, path: ../x}]}}",
       "error: invalid volume path \"../x\""},
      {"{configMap: {name: c, items: [{key: a, path: a/../../x}]}}",
       "error: invalid volume path \"a/../../x\""},
      {"{configMap: {name: c, items: [{key: a, path: /x}]}}", "error: invalid volume path \"/x\""},
      {"{configMap: {name: c, items: [{key: a, path: ..data}]}}",
       "error: invalid volume path \"..data\""},
  };
  const PodAddresses none;
  for (const auto& c : cases) {
    const doc::Doc volume = yaml(c.volume);
    EXPECT_EQ(cat(c.volume, " -> ",
                  show(volumeFiles({.config = config,
                                    .pod = pod,
                                    .addresses = none,
                                    .objects = cluster,
                                    .tokens = tokens},
                                   volume))),
              cat(c.volume, " -> ", c.want));
  }
}

TEST(projection, references) {
  const doc::Doc pod = yaml(R"({spec: {
    volumes: [{configMap: {name: a}}, {secret: {secretName: b}}, {projected: {sources: [{configMap: {name: c}}]}}],
    initContainers: [{envFrom: [{secretRef: {name: d}}]}],
    containers: [{env: [{valueFrom: {configMapKeyRef: {name: e, key: k}}}, {valueFrom: {fieldRef: {}}}]}]}})");
  EXPECT_EQ(join(referencedObjects(pod), " "),
            "configmap/a configmap/c configmap/e secret/b secret/d");
}

}  // namespace
}  // namespace meshka::node
