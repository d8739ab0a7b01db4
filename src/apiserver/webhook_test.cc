// Admission webhooks: who is asked, what a patch changes, what a refusal and a silence mean.
#include "apiserver/admission/webhook_transport.h"
#include "apiserver/test/fixture.h"

namespace meshka::apiserver::test {

namespace {

// Answers every review with the same response; remembers what it was asked.
class FakeTransport final : public WebhookTransport {
 public:
  io::Task<Result<std::string>> post(WebhookTarget target, std::string body, Instant) override {
    targets.push_back(target);
    auto review = doc::parseJson(body);
    requests.push_back(review ? *review : doc::Doc());
    if (silent) co_return fail(Code::kUnavailable, "connection refused");
    doc::Draft out = doc::Draft::object();
    out["apiVersion"] = "admission.k8s.io/v1";
    out["kind"] = "AdmissionReview";
    out["response"]["uid"] = (*review)["request"]["uid"];
    out["response"]["allowed"] = allowed;
    if (!message.empty()) out["response"]["status"]["message"] = message;
    if (!patch.empty()) {
      out["response"]["patchType"] = "JSONPatch";
      out["response"]["patch"] = base64Encode(patch);
    }
    co_return doc::toJson(out.finish());
  }
  bool allowed = true;
  bool silent = false;
  std::string message;
  std::string patch;
  std::vector<WebhookTarget> targets;
  std::vector<doc::Doc> requests;
};

std::string configuration(std::string_view kind, std::string_view more) {
  return cat(R"({"metadata":{"name":"w"},"kind":")", kind,
             R"(","apiVersion":"admissionregistration.k8s.io/v1","webhooks":[{
    "name":"w.example.com","sideEffects":"None","admissionReviewVersions":["v1"],
    "clientConfig":{"service":{"namespace":"default","name":"hook","path":"/inject"},"caBundle":"Y2E="},
    "rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["configmaps"]}])",
             more, "}]}");
}

const std::string kMaps = "/api/v1/namespaces/default/configmaps";
const std::string kMutating = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const std::string kValidating =
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

struct WebhookFixture : Fixture {
  WebhookFixture() {
    webhooks = &transport;
    start();
    post(
        "/api/v1/namespaces/default/services",
        R"({"metadata":{"name":"hook"},"spec":{"ports":[{"name":"https","port":443,"targetPort":8443}]}})");
    post(
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
        R"({"metadata":{"name":"hook-1","labels":{"kubernetes.io/service-name":"hook"}},"addressType":"IPv4",
             "endpoints":[{"addresses":["10.0.0.9"],"conditions":{"ready":false}},{"addresses":["10.0.0.7"]}],
             "ports":[{"name":"https","port":8443}]})");
  }
  FakeTransport transport;
};

}  // namespace

TEST(Webhooks, PatchWhatTheyMatch) {
  WebhookFixture f;
  f.transport.patch = R"([{"op":"add","path":"/data","value":{"injected":"yes"}}])";
  ASSERT_EQ(f.post(kMutating, configuration("MutatingWebhookConfiguration",
                                            R"(,"objectSelector":{"matchLabels":{"in":"1"}})"))
                .status,
            201);
  EXPECT_EQ(f.post(kMaps, R"({"metadata":{"name":"out"}})").json["data"].size(), size_t{0});
  EXPECT_EQ(f.transport.requests.size(), size_t{0});
  Reply r = f.post(kMaps, R"({"metadata":{"name":"in","labels":{"in":"1"}}})");
  EXPECT_EQ(r.json["data"]["injected"].text(), "yes");
  ASSERT_EQ(f.transport.targets.size(), size_t{1});
  EXPECT_EQ(f.transport.targets[0].endpoint.toString(), "10.0.0.7:8443");
  EXPECT_EQ(f.transport.targets[0].server_name, "hook.default.svc");
  EXPECT_EQ(f.transport.targets[0].path, "/inject?timeout=10s");
  const doc::Value request = f.transport.requests[0]["request"];
  EXPECT_EQ(request["operation"].text(), "CREATE");
  EXPECT_EQ(request["kind"]["kind"].text(), "ConfigMap");
  EXPECT_EQ(request["userInfo"]["username"].text(), "admin");
  EXPECT_FALSE(request["dryRun"].boolean(true));
}

TEST(Webhooks, PatchesCannotForgeServerFields) {
  WebhookFixture f;
  f.transport.patch =
      R"([{"op":"replace","path":"/metadata/uid","value":"forged"},{"op":"replace","path":"/metadata/namespace","value":"kube-system"}])";
  f.post(kMutating, configuration("MutatingWebhookConfiguration", ""));
  const Reply r = f.post(kMaps, R"({"metadata":{"name":"a"}})");
  EXPECT_EQ(r.json["metadata"]["namespace"].text(), "default");
  EXPECT_FALSE(r.json["metadata"]["uid"].text() == "forged");
}

TEST(Webhooks, DenyAndFail) {
  WebhookFixture f;
  f.transport.allowed = false;
  f.transport.message = "no maps today";
  ASSERT_EQ(f.post(kValidating, configuration("ValidatingWebhookConfiguration", "")).status, 201);
  Reply r = f.post(kMaps, R"({"metadata":{"name":"a"}})");
  EXPECT_EQ(r.status, 403);
  EXPECT_EQ(r.json["message"].text(),
            "admission webhook \"w.example.com\" denied the request: no maps today");
  f.transport.allowed = true;
  f.transport.silent = true;
  r = f.post(kMaps, R"({"metadata":{"name":"a"}})");
  EXPECT_EQ(r.status, 500);
  EXPECT_CONTAINS(r.body, "failed calling webhook \\\"w.example.com\\\"");
  f.merge(kValidating + "/w",
          configuration("ValidatingWebhookConfiguration", R"(,"failurePolicy":"Ignore")"));
  EXPECT_EQ(f.post(kMaps, R"({"metadata":{"name":"a"}})").status, 201);
  // Configurations do not guard themselves.
  EXPECT_EQ(f.remove(kValidating + "/w").status, 200);
}

TEST(Webhooks, RefusesWhatItCannotDo) {
  WebhookFixture f;
  EXPECT_EQ(
      f.post(kMutating, configuration("MutatingWebhookConfiguration",
                                      R"(,"matchConditions":[{"name":"x","expression":"true"}])"))
          .status,
      422);
  Reply r =
      f.post(kMutating,
             R"({"metadata":{"name":"u"},"webhooks":[{"name":"u.example.com","sideEffects":"None",
    "admissionReviewVersions":["v1"],"clientConfig":{"url":"https://127.0.0.1:1/x","caBundle":"Y2E="}}]})");
  EXPECT_EQ(r.status, 422);
  EXPECT_CONTAINS(r.body, "points at this machine");
}

}  // namespace meshka::apiserver::test
