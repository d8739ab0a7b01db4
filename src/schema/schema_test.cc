#include "schema/schema.h"

#include "base/test/test.h"
#include "doc/json.h"
#include "schema/defaulting.h"
#include "schema/field_error.h"
#include "schema/prune.h"
#include "schema/tables.h"
#include "schema/validate.h"

namespace meshka::schema {
namespace {

doc::Doc json(std::string_view text) {
  Result<doc::Doc> parsed = doc::parseJson(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : doc::Doc();
}

const Schema& core(std::string_view name) {
  return *builtinType(cat("io.k8s.api.core.v1.", name));
}
const Schema& apps(std::string_view name) {
  return *builtinType(cat("io.k8s.api.apps.v1.", name));
}

TEST(tables, merge_data_of_lists) {
  const Schema* containers = lookup(apps("Deployment"), "spec.template.spec.containers");
  ASSERT_TRUE(containers != nullptr);
  EXPECT_TRUE(containers->list_type == ListType::kMap);
  EXPECT_EQ(containers->merge_key, "name");
  EXPECT_EQ(int{containers->patch}, int{kPatchMerge});
  const Schema* ports = lookup(core("Service"), "spec.ports");
  ASSERT_EQ(ports->map_keys.size(), size_t{2});
  EXPECT_EQ(ports->map_keys[0], "port");
  EXPECT_EQ(ports->merge_key, "port");
  const Schema* strategy = lookup(apps("Deployment"), "spec.strategy");
  EXPECT_EQ(int{strategy->patch}, int{kPatchRetainKeys});
  EXPECT_EQ(strategy->name, "io.k8s.api.apps.v1.DeploymentStrategy");
  EXPECT_EQ(int{core("Volume").property("hostPath")->proto[1]}, 1);
}

TEST(tables, sorted_and_complete) {
  std::string_view before;
  for (const Schema* type : builtinTypes()) {
    EXPECT_TRUE(before < type->name);
    before = type->name;
    for (size_t i = 1; i < type->properties.size(); i++) {
      EXPECT_TRUE(type->properties[i - 1].name < type->properties[i].name);
    }
  }
  for (const KindEntry& kind : builtinKinds()) {
    EXPECT_TRUE(kind.schema != nullptr);
    EXPECT_TRUE(kind.schema->property("metadata") != nullptr || !kind.stored);
    EXPECT_FALSE(kind.verbs.empty());
  }
}

TEST(decode, type_errors_are_worded_as_go_does) {
  struct Case {
    std::string_view object, text;
  };
  const Case cases[] = {
      {R"({"spec":{"replicas":"three"}})",
       "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type "
       "int32"},
      {R"({"spec":{"template":{"spec":{"containers":[{"ports":[{"containerPort":"80"}]}]}}}})",
       "json: cannot unmarshal string into Go struct field "
       "ContainerPort.spec.template.spec.containers.ports.containerPort "
       "of type int32"},
      {R"({"spec":{"template":{"spec":{"containers":{}}}}})",
       "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers "
       "of type []v1.Container"},
      {R"({"metadata":{"labels":{"a":1}}})",
       "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type "
       "string"},
      {R"({"spec":{"replicas":99999999999}})",
       "json: cannot unmarshal number 99999999999 into Go struct field "
       "DeploymentSpec.spec.replicas of type int32"},
      {R"({"spec":{"template":{"spec":{"containers":[{"resources":{"limits":{"cpu":"ten"}}}]}}}})",
       "quantities must match the regular expression "
       "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
      {R"({"metadata":{"creationTimestamp":"yesterday"}})", "parsing time \"yesterday\" as"},
  };
  for (const Case& c : cases) {
    Result<void> result = checkTypes(apps("Deployment"), json(c.object), "Deployment", "v1");
    ASSERT_TRUE(!result);
    EXPECT_EQ(result.error().reason(), "BadRequest");
    EXPECT_CONTAINS(
        result.error().message(),
        cat("Deployment in version \"v1\" cannot be handled as a Deployment: ", c.text));
  }
  EXPECT_OK(checkTypes(
      apps("Deployment"),
      json(
          R"({"spec":{"replicas":null,"strategy":{"rollingUpdate":{"maxSurge":1,"maxUnavailable":"10%"}},
                                "template":{"spec":{"containers":[{"resources":{"limits":{"cpu":2,"memory":"1.5Gi"}}}]}}}})"),
      "Deployment", "v1"));
}

TEST(decode, unknown_fields) {
  doc::Doc object = json(
      R"({"apiVersion":"apps/v1","kind":"Deployment","foo":1,"metadata":{"labels":{"any":"x"},"nam":"y"},
      "spec":{"template":{"spec":{"containers":[{"name":"a"},{"imag":"b"}],"hostnameOverride":"h"}}}})");
  std::vector<std::string> unknown = unknownFields(apps("Deployment"), object);
  EXPECT_EQ(join(unknown, " "), "foo metadata.nam spec.template.spec.containers[1].imag");
  unknown = unknownFields(apps("Deployment"), object, 22);  // hostnameOverride came later
  EXPECT_EQ(
      join(unknown, " "),
      "foo metadata.nam spec.template.spec.containers[1].imag spec.template.spec.hostnameOverride");
  Error error =
      strictDecodingError("Deployment", "v1", fieldMessages({"spec.foo"}, {"spec.replicas"}));
  EXPECT_EQ(error.message(),
            "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding "
            "error: unknown field "
            "\"spec.foo\", duplicate field \"spec.replicas\"");
}

TEST(prune, drops_unknown_members_only) {
  doc::Doc object =
      json(R"({"metadata":{"name":"x","bad":1},"spec":{"containers":[{"name":"a","imag":"b"}]}})");
  std::vector<std::string> dropped;
  doc::Doc pruned = prune(core("Pod"), object, 0, &dropped);
  EXPECT_EQ(doc::toJson(pruned),
            R"({"metadata":{"name":"x"},"spec":{"containers":[{"name":"a"}]}})");
  EXPECT_EQ(join(dropped, " "), "metadata.bad spec.containers[0].imag");
  EXPECT_EQ(
      doc::toJson(dropNulls(
          core("Pod"),
          json(R"({"metadata":{"creationTimestamp":null,"labels":{"a":null}},"spec":null})"))),
      R"({"metadata":{"labels":{"a":null}}})");
}

TEST(defaulting, golden_per_kind) {
  struct Case {
    std::string_view type, name;
  };
  const Case cases[] = {
      {"io.k8s.api.core.v1.Pod", "pod"},
      {"io.k8s.api.core.v1.Service", "service"},
      {"io.k8s.api.apps.v1.Deployment", "deployment"},
      {"io.k8s.api.apps.v1.StatefulSet", "statefulset"},
      {"io.k8s.api.batch.v1.Job", "job"},
      {"io.k8s.api.networking.v1.NetworkPolicy", "networkpolicy"},
      {"io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration", "webhook"},
      {"io.k8s.api.core.v1.LimitRange", "limitrange"}};
  for (const Case& c : cases) {
    doc::Doc in = json(test::readFileOrDie(cat("testdata/defaults/", c.name, ".in.json")));
    const Schema& schema = *builtinType(c.type);
    doc::Doc out = applyAllDefaults(schema, in);
    EXPECT_GOLDEN(doc::toPrettyJson(out, 2) + "\n", cat("testdata/defaults/", c.name, ".out.json"));
    EXPECT_TRUE(applyAllDefaults(schema, out) == out);  // idempotent
    EXPECT_TRUE(unknownFields(schema, out).empty());
    EXPECT_OK(checkTypes(schema, out, c.name, "v1"));
  }
}

TEST(defaulting, image_pull_policy_by_tag) {
  struct Case {
    std::string_view image, policy;
  };
  const Case cases[] = {{"nginx", "Always"},
                        {"nginx:latest", "Always"},
                        {"nginx:1.25", "IfNotPresent"},
                        {"localhost:5000/nginx", "Always"},
                        {"localhost:5000/nginx:1", "IfNotPresent"},
                        {"nginx@sha256:abcd", "IfNotPresent"}};
  for (const Case& c : cases) {
    doc::Doc out =
        applyAllDefaults(core("Container"), doc::Draft::object({{"image", c.image}}).finish());
    EXPECT_EQ(out["imagePullPolicy"].text(), c.policy);
  }
}

TEST(defaulting, string_data_goes_into_data) {
  doc::Doc out = applyAllDefaults(
      core("Secret"), json(R"({"data":{"a":"eA==","b":"eQ=="},"stringData":{"b":"new"}})"));
  EXPECT_EQ(doc::toJson(out), R"({"data":{"a":"eA==","b":"bmV3"},"type":"Opaque"})");
}

TEST(defaulting, fields_of_later_versions_stay_away) {
  doc::Doc in = json(R"({"spec":{}})");
  EXPECT_FALSE(
      applyAllDefaults(apps("StatefulSet"), in, 22)["spec"]["persistentVolumeClaimRetentionPolicy"]
          .exists());
  EXPECT_EQ(applyAllDefaults(apps("StatefulSet"), in,
                             37)["spec"]["persistentVolumeClaimRetentionPolicy"]["whenScaled"]
                .text(),
            "Retain");
}

TEST(field_error, invalid_object_message) {
  Error error = invalidObject("apps", "Deployment", "x",
                              {requiredValue("spec.selector"),
                               unsupportedValue("spec.strategy.type", doc::Draft("y").finish(),
                                                {"Recreate", "RollingUpdate"})});
  EXPECT_EQ(error.message(),
            "Deployment.apps \"x\" is invalid: [spec.selector: Required value, spec.strategy.type: "
            "Unsupported value: \"y\": "
            "supported values: \"Recreate\", \"RollingUpdate\"]");
  EXPECT_EQ(error.details()->causes.size(), size_t{2});
}

}  // namespace
}  // namespace meshka::schema
