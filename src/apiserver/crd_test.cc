// CustomResourceDefinitions from creation to the last instance.
#include "apiserver/test/fixture.h"

namespace meshka::apiserver::test {

namespace {

const std::string kCrds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const std::string kTabs = "/apis/stable.example.com/v1/namespaces/default/crontabs";

constexpr std::string_view kCronTab = R"({
  "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
  "metadata": {"name": "crontabs.stable.example.com"},
  "spec": {"group": "stable.example.com", "scope": "Namespaced",
    "names": {"plural": "crontabs", "kind": "CronTab", "shortNames": ["ct"]},
    "versions": [
      {"name": "v1", "served": true, "storage": true,
       "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
       "additionalPrinterColumns": [{"name": "Spec", "type": "string", "jsonPath": ".spec.cronSpec"}],
       "schema": {"openAPIV3Schema": {"type": "object", "properties": {
         "spec": {"type": "object", "required": ["cronSpec"], "properties": {
           "cronSpec": {"type": "string", "pattern": "^\\S+$"}, "replicas": {"type": "integer", "default": 1}}},
         "status": {"type": "object", "properties": {"replicas": {"type": "integer"}}}}}}},
      {"name": "v1beta1", "served": true, "storage": false,
       "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})";

}  // namespace

TEST(Crds, AreServedAtOnce) {
  Fixture f;
  f.start();
  EXPECT_EQ(f.get(kTabs).status, 404);
  Reply r = f.post(kCrds, std::string(kCronTab));
  ASSERT_EQ(r.status, 201);
  EXPECT_EQ(r.json["status"]["conditions"][1]["type"].text(), "Established");
  EXPECT_EQ(r.json["status"]["conditions"][1]["status"].text(), "True");
  EXPECT_EQ(r.json["status"]["storedVersions"][0].text(), "v1");
  EXPECT_EQ(r.json["status"]["acceptedNames"]["listKind"].text(), "CronTabList");

  r = f.post(
      kTabs,
      R"({"metadata":{"name":"a"},"spec":{"cronSpec":"x","more":1},"status":{"replicas":7}})");
  ASSERT_EQ(r.status, 201);
  EXPECT_EQ(r.json["spec"]["replicas"].integer(), int64_t{1});
  EXPECT_FALSE(r.json["spec"]["more"].exists());
  EXPECT_FALSE(r.json["status"].exists());
  EXPECT_EQ(f.post(kTabs, R"({"metadata":{"name":"b"},"spec":{}})").status, 422);
  EXPECT_EQ(f.post(kTabs, R"({"metadata":{"name":"b"},"spec":{"cronSpec":"a b"}})").status, 422);

  EXPECT_EQ(f.get("/apis/stable.example.com/v1beta1/namespaces/default/crontabs/a")
                .json["apiVersion"]
                .text(),
            "stable.example.com/v1beta1");
  r = f.get(kTabs, "application/json;as=Table;v=v1;g=meta.k8s.io");
  EXPECT_EQ(r.json["columnDefinitions"][1]["name"].text(), "Spec");
  EXPECT_EQ(r.json["rows"][0]["cells"][1].text(), "x");

  EXPECT_EQ(
      f.merge(kTabs + "/a/scale", R"({"spec":{"replicas":5}})").json["spec"]["replicas"].integer(),
      int64_t{5});
  EXPECT_EQ(f.get(kTabs + "/a").json["metadata"]["generation"].integer(), int64_t{2});
  EXPECT_EQ(f.ask("PATCH", kTabs + "/a", "{}", "application/strategic-merge-patch+json").status,
            415);
}

TEST(Crds, GoAfterTheirInstances) {
  Fixture f;
  f.start();
  f.post(kCrds, std::string(kCronTab));
  f.post(kTabs,
         R"({"metadata":{"name":"a","finalizers":["example.com/hold"]},"spec":{"cronSpec":"x"}})");
  f.post(kTabs, R"({"metadata":{"name":"b"},"spec":{"cronSpec":"x"}})");
  EXPECT_EQ(f.remove(kCrds + "/crontabs.stable.example.com").status, 200);
  f.sim.loop.settle();
  EXPECT_EQ(f.get(kTabs).json["items"].size(), size_t{1});
  EXPECT_EQ(f.get(kCrds + "/crontabs.stable.example.com").status, 200);
  f.merge(kTabs + "/a", R"({"metadata":{"finalizers":null}})");
  f.sim.loop.settle();
  EXPECT_EQ(f.get(kCrds + "/crontabs.stable.example.com").status, 404);
  EXPECT_EQ(f.get(kTabs).status, 404);
  EXPECT_EQ(f.sim.log.errors(), size_t{0});
}

TEST(Crds, NamesThatAreTakenAreNotAccepted) {
  Fixture f;
  f.start();
  f.post(kCrds, std::string(kCronTab));
  std::string other(kCronTab);
  const std::string from = "crontabs";
  for (size_t at = other.find(from); at != std::string::npos; at = other.find(from, at + 8))
    other.replace(at, 8, "pcrontab");
  Reply r = f.post(kCrds, other);
  EXPECT_EQ(r.status, 201);
  EXPECT_EQ(r.json["status"]["conditions"][0]["status"].text(), "False");
  EXPECT_EQ(r.json["status"]["conditions"][1]["status"].text(), "False");
  EXPECT_EQ(f.get("/apis/stable.example.com/v1/namespaces/default/pcrontab").status, 404);
}

TEST(Crds, MustBeStructural) {
  Fixture f;
  f.start();
  Reply r = f.post(kCrds, R"({"metadata":{"name":"as.b.c"},"spec":{"group":"b.c","scope":"Cluster",
    "names":{"plural":"as","kind":"A"},"versions":[{"name":"v1","served":true,"storage":true,
    "schema":{"openAPIV3Schema":{"properties":{"x":{}}}}}]}})");
  EXPECT_EQ(r.status, 422);
  EXPECT_EQ(r.json["reason"].text(), "Invalid");
}

TEST(Crds, SurviveARestart) {
  Fixture f;
  f.start();
  f.post(kCrds, std::string(kCronTab));
  f.post(kTabs, R"({"metadata":{"name":"a"},"spec":{"cronSpec":"x"}})");
  f.client.reset();
  f.server.reset();
  f.registry.removeCustom("crontabs.stable.example.com");
  f.start();
  EXPECT_EQ(f.get(kTabs + "/a").status, 200);
}

}  // namespace meshka::apiserver::test
