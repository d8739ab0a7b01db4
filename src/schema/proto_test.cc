#include "schema/proto.h"

#include "base/test/test.h"
#include "doc/json.h"
#include "schema/proto_fuzz.h"
#include "schema/tables.h"
#include "schema/wire.h"

namespace meshka::schema {
namespace {

const Schema& type(std::string_view name) {
  return *builtinType(cat("io.k8s.", name));
}

doc::Doc json(std::string_view text) {
  Result<doc::Doc> parsed = doc::parseJson(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : doc::Doc();
}

std::string field(uint32_t number, std::string_view bytes) {
  std::string out;
  WireWriter(out).bytes(number, bytes);
  return out;
}

std::string number(uint32_t field, int64_t value) {
  std::string out;
  WireWriter(out).number(field, value);
  return out;
}

TEST(proto, bytes_of_a_config_map) {
  // metadata {name "a", labels {k: v}}, data {x: y}: the numbers are those of generated.proto.
  std::string want = field(1, field(1, "a") + field(11, field(1, "k") + field(2, "v"))) +
                     field(2, field(1, "x") + field(2, "y"));
  doc::Doc object = json(
      R"({"apiVersion":"v1","data":{"x":"y"},"kind":"ConfigMap","metadata":{"labels":{"k":"v"},"name":"a"}})");
  Result<doc::Doc> decoded = decodeMessage(type("api.core.v1.ConfigMap"), want);
  ASSERT_OK(decoded);
  EXPECT_EQ(doc::toJson(*decoded),
            R"({"data":{"x":"y"},"metadata":{"labels":{"k":"v"},"name":"a"}})");
  Result<std::string> encoded = encodeMessage(type("api.core.v1.ConfigMap"), object);
  ASSERT_OK(encoded);
  EXPECT_OK(decodeMessage(type("api.core.v1.ConfigMap"), *encoded));
  EXPECT_TRUE(*decodeMessage(type("api.core.v1.ConfigMap"), *encoded) == *decoded);
}

TEST(proto, inlined_fields_are_nested) {
  // Volume {name = 1, volumeSource = 2 {hostPath = 1 {path = 1}}}
  Result<std::string> bytes =
      encodeMessage(type("api.core.v1.Volume"), json(R"({"hostPath":{"path":"/x"},"name":"v"})"));
  ASSERT_OK(bytes);
  EXPECT_EQ(toHex(*bytes), toHex(field(1, "v") + field(2, field(1, field(1, "/x")))));
}

TEST(proto, zero_of_plain_fields_is_absent) {
  // PodSpec: hostNetwork (11) false is what Go always writes; automountServiceAccountToken (21) is
  // a pointer.
  std::string bytes = number(11, 0) + number(21, 0) + field(9, "") + field(8, "sa");
  Result<doc::Doc> spec = decodeMessage(type("api.core.v1.PodSpec"), bytes);
  ASSERT_OK(spec);
  EXPECT_EQ(doc::toJson(*spec),
            R"({"automountServiceAccountToken":false,"serviceAccountName":"sa"})");
  // The zero time of creationTimestamp (8) is an empty message.
  Result<doc::Doc> meta =
      decodeMessage(type("apimachinery.pkg.apis.meta.v1.ObjectMeta"), field(1, "n") + field(8, ""));
  EXPECT_EQ(doc::toJson(*meta), R"({"name":"n"})");
}

TEST(proto, special_types) {
  struct Case {
    std::string_view type, object;
  };
  const Case cases[] = {
      {"api.core.v1.ServicePort", R"({"name":"p","port":80,"targetPort":"web"})"},
      {"api.core.v1.ServicePort", R"({"port":80,"targetPort":8080})"},
      {"api.core.v1.ResourceRequirements", R"({"limits":{"cpu":"1","memory":"1Gi"}})"},
      {"api.core.v1.Secret", R"({"data":{"a":"AAEC/w=="}})"},
      {"apimachinery.pkg.apis.meta.v1.ObjectMeta",
       R"({"creationTimestamp":"2022-05-01T10:00:00Z","managedFields":[{"fieldsV1":{"f:spec":{"f:x":{}}},"manager":"m"}]})"},
      {"api.coordination.v1.LeaseSpec",
       R"({"leaseDurationSeconds":15,"renewTime":"2022-05-01T10:00:00.123456Z"})"},
      {"api.authentication.v1.UserInfo", R"({"extra":{"k":["a","b"]},"username":"u"})"},
      {"api.apps.v1.ControllerRevision", R"({"data":{"spec":{"any":[1,"x"]}},"revision":3})"},
      {"api.core.v1.EnvFromSource",
       R"({"configMapRef":{"name":"c","optional":false},"prefix":"P_"})"},
      {"api.admissionregistration.v1.NamedRuleWithOperations",
       R"({"apiGroups":["apps"],"operations":["CREATE"],"resourceNames":["x"],"resources":["deployments"]})"},
      {"apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps",
       R"({"additionalProperties":{"type":"string"},"default":{"a":[1]},"enum":["a",1],"items":{"type":"integer"},"minimum":0,)"
       R"("properties":{"x":{"nullable":true,"type":"object"}},"type":"object","x-kubernetes-preserve-unknown-fields":true})"},
      {"apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps",
       R"({"additionalProperties":true})"},
  };
  for (const Case& c : cases) {
    Result<std::string> bytes = encodeMessage(type(c.type), json(c.object));
    ASSERT_OK(bytes);
    Result<doc::Doc> back = decodeMessage(type(c.type), *bytes);
    ASSERT_OK(back);
    EXPECT_EQ(doc::toJson(*back), c.object);
  }
}

TEST(proto, defaulted_objects_survive_the_round_trip) {
  struct Case {
    std::string_view type, name;
  };
  const Case cases[] = {{"api.core.v1.Pod", "pod"},
                        {"api.core.v1.Service", "service"},
                        {"api.apps.v1.Deployment", "deployment"},
                        {"api.apps.v1.StatefulSet", "statefulset"},
                        {"api.batch.v1.Job", "job"},
                        {"api.networking.v1.NetworkPolicy", "networkpolicy"},
                        {"api.admissionregistration.v1.MutatingWebhookConfiguration", "webhook"},
                        {"api.core.v1.LimitRange", "limitrange"}};
  for (const Case& c : cases) {
    doc::Doc object = json(test::readFileOrDie(cat("testdata/defaults/", c.name, ".out.json")));
    Result<std::string> bytes = encodeMessage(type(c.type), object);
    ASSERT_OK(bytes);
    Result<doc::Doc> back = decodeMessage(type(c.type), *bytes);
    ASSERT_OK(back);
    doc::Draft full(*back);  // apiVersion and kind travel in the wrapper
    full["apiVersion"] = doc::Draft(object["apiVersion"]);
    full["kind"] = doc::Draft(object["kind"]);
    EXPECT_EQ(doc::toJson(full.finish()), doc::toJson(object));
  }
}

TEST(proto, envelope) {
  std::string sealed = sealEnvelope("apps/v1", "Deployment", "body");
  EXPECT_EQ(toHex(sealed.substr(0, 4)), "6b387300");
  Result<ProtoEnvelope> opened = openEnvelope(sealed);
  ASSERT_OK(opened);
  EXPECT_EQ(opened->api_version, "apps/v1");
  EXPECT_EQ(opened->kind, "Deployment");
  EXPECT_EQ(opened->message, "body");
  EXPECT_FALSE(openEnvelope("{}"));
}

TEST(proto, broken_bytes_are_refused) {
  const Schema& pod = type("api.core.v1.Pod");
  EXPECT_FALSE(decodeMessage(pod, "\x0a"));  // no length
  EXPECT_FALSE(decodeMessage(pod,
                             "\x0a\x05"
                             "ab"));                          // too short
  EXPECT_FALSE(decodeMessage(pod, std::string(12, '\xff')));  // endless varint
  EXPECT_FALSE(decodeMessage(type("api.core.v1.ConfigMap"),
                             field(2, field(1, "\xff"))));  // a key that is not UTF-8
  EXPECT_OK(decodeMessage(pod, number(200, 1)));            // an unknown field
  std::string deep;
  for (int i = 0; i < 300; i++) deep = field(25, deep);  // JSONSchemaProps.allOf
  EXPECT_TRUE(
      decodeMessage(type("apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"), deep)
          .error()
          .code() == Code::kTooLarge);
}

TEST(proto, fuzz_corpus) {
  for (std::string_view seed : {"\x0a\x03\x0a\x01"
                                "a",
                                "", "\xff\xff", "\x12\x04\x12\x02\x0a\x00", "k8s"})
    fuzzProto(seed);
  for (std::string_view name : {"crd", "pod", "secret"}) {
    fuzzProto(test::readFileOrDie(cat("testdata/fuzz/proto/", name)));
  }
}

}  // namespace
}  // namespace meshka::schema
