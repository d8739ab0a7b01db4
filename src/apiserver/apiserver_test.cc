// Transcripts: what clients send and get, over the whole pipeline in a simulated world.
#include "apiserver/test/fixture.h"

namespace meshka::apiserver::test {

namespace {

constexpr std::string_view kConfigMap =
    R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"v"}})";
const std::string kMaps = "/api/v1/namespaces/default/configmaps";

std::string configMap(std::string_view name, std::string_view extra = "{}") {
  return cat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")", name,
             R"(","labels":)", extra, "}}");
}

}  // namespace

TEST(Verbs, CreateGetUpdateDelete) {
  Fixture f;
  f.start();
  Reply r = f.post(kMaps, std::string(kConfigMap));
  EXPECT_EQ(r.status, 201);
  EXPECT_EQ(r.json["metadata"]["namespace"].text(), "default");
  EXPECT_FALSE(r.json["metadata"]["uid"].text().empty());
  EXPECT_EQ(r.json["metadata"]["creationTimestamp"].text(), "2026-01-01T00:00:00Z");
  const std::string revision(r.json["metadata"]["resourceVersion"].text());

  r = f.post(kMaps, std::string(kConfigMap));
  EXPECT_EQ(r.status, 409);
  EXPECT_EQ(r.json["reason"].text(), "AlreadyExists");
  EXPECT_EQ(r.json["message"].text(), "configmaps \"a\" already exists");

  r = f.merge(kMaps + "/a", R"({"data":{"k":"w","n":"1"}})");
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.json["data"]["k"].text(), "w");
  // The first revision is out of date now.
  r = f.put(
      kMaps + "/a",
      cat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","resourceVersion":")",
          revision, R"("}})"));
  EXPECT_EQ(r.status, 409);
  EXPECT_CONTAINS(r.body, "the object has been modified");
  // A write that changes nothing makes no revision.
  const std::string before(f.get(kMaps + "/a").json["metadata"]["resourceVersion"].text());
  EXPECT_EQ(f.merge(kMaps + "/a", "{}").json["metadata"]["resourceVersion"].text(), before);

  r = f.remove(kMaps + "/a");
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.json["status"].text(), "Success");
  EXPECT_EQ(r.json["details"]["kind"].text(), "configmaps");
  r = f.get(kMaps + "/a");
  EXPECT_EQ(r.status, 404);
  EXPECT_EQ(r.json["message"].text(), "configmaps \"a\" not found");
}

TEST(Verbs, NamesOfBodyAndPathMustAgree) {
  Fixture f;
  f.start();
  EXPECT_EQ(f.post(kMaps, R"({"metadata":{"name":"a","namespace":"other"}})").status, 400);
  EXPECT_EQ(f.post(kMaps, R"({"kind":"Secret","metadata":{"name":"a"}})").status, 400);
  EXPECT_EQ(f.post(kMaps, R"({"apiVersion":"v2","metadata":{"name":"a"}})").status, 400);
  EXPECT_EQ(f.post("/api/v1/namespaces/absent/configmaps", std::string(kConfigMap)).status, 404);
  EXPECT_EQ(f.post(kMaps, R"({"metadata":{"name":"Not_Valid"}})").status, 422);
  EXPECT_EQ(f.post(kMaps, R"({"metadata":{"generateName":"gen-"}})").status, 201);
  EXPECT_EQ(f.post(kMaps, std::string(kConfigMap)).status, 201);
  EXPECT_EQ(f.put(kMaps + "/b", std::string(kConfigMap)).status, 400);
}

TEST(Verbs, DryRunLeavesNothing) {
  Fixture f;
  f.start();
  EXPECT_EQ(f.post(kMaps + "?dryRun=All", std::string(kConfigMap)).status, 201);
  EXPECT_EQ(f.get(kMaps + "/a").status, 404);
  EXPECT_EQ(f.post(kMaps + "?dryRun=Maybe", std::string(kConfigMap)).status, 422);
}

TEST(Verbs, FieldValidation) {
  Fixture f;
  f.start();
  const std::string unknown = R"({"metadata":{"name":"a"},"dataa":{}})";
  Reply r = f.post(kMaps + "?fieldValidation=Strict", unknown);
  EXPECT_EQ(r.status, 400);
  EXPECT_CONTAINS(r.body, "strict decoding error: unknown field \\\"dataa\\\"");
  r = f.post(kMaps + "?fieldValidation=Strict",
             R"({"metadata":{"name":"a"},"data":{"k":"1"},"data":{"k":"2"}})");
  EXPECT_EQ(r.status, 400);
  EXPECT_CONTAINS(r.body, "duplicate field");
  r = f.post(kMaps, unknown);
  EXPECT_EQ(r.status, 201);
  EXPECT_CONTAINS(r.headers.get("Warning").value_or(""), "unknown field");
}

TEST(Verbs, Finalizers) {
  Fixture f;
  f.start();
  EXPECT_EQ(f.post(kMaps, R"({"metadata":{"name":"a","finalizers":["example.com/hold"]}})").status,
            201);
  Reply r = f.remove(kMaps + "/a");
  EXPECT_EQ(r.status, 200);
  EXPECT_TRUE(r.json["metadata"]["deletionTimestamp"].exists());
  EXPECT_EQ(f.get(kMaps + "/a").status, 200);
  EXPECT_EQ(f.merge(kMaps + "/a", R"({"metadata":{"finalizers":null}})").status, 200);
  EXPECT_EQ(f.get(kMaps + "/a").status, 404);
}

TEST(Verbs, PreconditionsOfDelete) {
  Fixture f;
  f.start();
  f.post(kMaps, std::string(kConfigMap));
  EXPECT_EQ(f.remove(kMaps + "/a", R"({"preconditions":{"uid":"other"}})").status, 409);
  EXPECT_EQ(f.get(kMaps + "/a").status, 200);
  EXPECT_EQ(f.remove(kMaps + "/a", R"({"propagationPolicy":"Sideways"})").status, 422);
}

TEST(Verbs, GracefulPods) {
  Fixture f;
  f.start();
  f.post("/api/v1/namespaces/default/serviceaccounts", R"({"metadata":{"name":"default"}})");
  const std::string pods = "/api/v1/namespaces/default/pods";
  Reply r = f.post(
      pods, R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:1"}]}})");
  ASSERT_EQ(r.status, 201);
  EXPECT_EQ(r.json["status"]["phase"].text(), "Pending");
  EXPECT_EQ(r.json["status"]["qosClass"].text(), "BestEffort");
  EXPECT_EQ(r.json["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]
                  ["expirationSeconds"]
                      .integer(),
            3607);
  EXPECT_EQ(r.json["spec"]["tolerations"].size(), size_t{2});
  r = f.post(pods + "/p/binding",
             R"({"metadata":{"name":"p"},"target":{"kind":"Node","name":"n1"}})");
  EXPECT_EQ(r.status, 201);
  EXPECT_EQ(f.get(pods + "/p").json["spec"]["nodeName"].text(), "n1");
  r = f.remove(pods + "/p");
  EXPECT_EQ(r.json["metadata"]["deletionGracePeriodSeconds"].integer(), int64_t{30});
  r = f.remove(pods + "/p?gracePeriodSeconds=60");
  EXPECT_EQ(r.json["metadata"]["deletionGracePeriodSeconds"].integer(), int64_t{30});
  EXPECT_EQ(f.remove(pods + "/p?gracePeriodSeconds=0").json["status"].text(), "Success");
  EXPECT_EQ(f.get(pods + "/p").status, 404);
}

TEST(Lists, PagesAreOfOneRevision) {
  Fixture f;
  f.start();
  for (char c = 'a'; c <= 'e'; ++c) f.post(kMaps, configMap(std::string(1, c), R"({"x":"y"})"));
  Reply r = f.get(kMaps + "?limit=2");
  EXPECT_EQ(r.json["items"].size(), size_t{2});
  EXPECT_EQ(r.json["metadata"]["remainingItemCount"].integer(), int64_t{3});
  const std::string token(r.json["metadata"]["continue"].text());
  const std::string revision(r.json["metadata"]["resourceVersion"].text());
  f.remove(kMaps + "/c");
  r = f.get(kMaps + "?limit=2&continue=" + token);
  EXPECT_EQ(r.json["metadata"]["resourceVersion"].text(), revision);
  EXPECT_EQ(r.json["items"][0]["metadata"]["name"].text(), "c");
  EXPECT_EQ(f.get(kMaps + "?continue=nonsense").status, 400);
  // A token cannot leave the range that it is used with.
  EXPECT_EQ(
      f.get("/api/v1/namespaces/kube-system/configmaps?continue=" + token).json["items"].size(),
      size_t{0});
  EXPECT_EQ(f.get(kMaps + "?labelSelector=x%3Dy").json["items"].size(), size_t{4});
  EXPECT_EQ(f.get(kMaps + "?labelSelector=x!%3Dy").json["items"].size(), size_t{0});
  EXPECT_EQ(f.get(kMaps + "?fieldSelector=metadata.name%3Db").json["items"].size(), size_t{1});
  r = f.get(kMaps + "?fieldSelector=data.k%3Db");
  EXPECT_EQ(r.status, 400);
  EXPECT_CONTAINS(r.body, "field label not supported: data.k");
  EXPECT_EQ(f.get(kMaps + "?resourceVersion=999999").status, 504);
}

TEST(Lists, ACompactedPageSaysHowToGoOn) {
  store::Limits limits;
  limits.window_events = 4;
  Fixture f("1.37", limits);
  f.start();
  for (char c = 'a'; c <= 'd'; ++c) f.post(kMaps, configMap(std::string(1, c)));
  const Reply first = f.get(kMaps + "?limit=1");
  const std::string revision(first.json["metadata"]["resourceVersion"].text());
  for (int i = 0; i < 10; ++i) f.merge(kMaps + "/d", cat(R"({"data":{"n":")", i, R"("}})"));
  Reply r = f.get(cat(kMaps, "?limit=1&continue=", first.json["metadata"]["continue"].text()));
  EXPECT_EQ(r.status, 410);
  EXPECT_EQ(r.json["reason"].text(), "Expired");
  const std::string fresh(r.json["metadata"]["continue"].text());
  EXPECT_FALSE(fresh.empty());
  // The fresh token goes on behind the first page, at the newest revision.
  r = f.get(cat(kMaps, "?continue=", fresh));
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.json["items"].size(), size_t{3});
  EXPECT_EQ(r.json["items"][0]["metadata"]["name"].text(), "b");
  r = f.get(cat(kMaps, "?watch=1&resourceVersion=", revision));
  EXPECT_EQ(r.status, 410);
  EXPECT_CONTAINS(r.body, "too old resource version");
}

TEST(Watches, SelectorsMakeEventsOfTheirOwn) {
  Fixture f;
  f.start();
  const std::string from(f.get(kMaps).json["metadata"]["resourceVersion"].text());
  f.post(kMaps, configMap("a", R"({"x":"y"})"));
  f.post(kMaps, configMap("b", R"({"x":"z"})"));
  f.merge(kMaps + "/b", R"({"metadata":{"labels":{"x":"y"}}})");
  f.merge(kMaps + "/a", R"({"metadata":{"labels":{"x":"z"}}})");
  Reply r =
      f.get(cat(kMaps, "?watch=1&timeoutSeconds=1&labelSelector=x%3Dy&resourceVersion=", from));
  std::string seen;
  for (std::string_view line : split(r.body, '\n')) {
    if (auto event = doc::parseJson(line); event && (*event)["type"].exists()) {
      seen += cat((*event)["type"].text(), " ", (*event)["object"]["metadata"]["name"].text(), ";");
    }
  }
  EXPECT_EQ(seen, "ADDED a;ADDED b;DELETED a;");
}

TEST(Watches, InitialEventsEndWithABookmark) {
  Fixture f;
  f.start();
  f.post(kMaps, std::string(kConfigMap));
  Reply r = f.get(kMaps +
                  "?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch="
                  "NotOlderThan&allowWatchBookmarks=1");
  EXPECT_CONTAINS(r.body, R"({"type":"ADDED")");
  EXPECT_CONTAINS(r.body, R"("k8s.io/initial-events-end":"true")");
  EXPECT_EQ(f.get(kMaps + "?watch=1&sendInitialEvents=true").status, 422);
}

TEST(Forms, TablesMetadataYamlAndNothingElse) {
  Fixture f;
  f.start();
  f.post(kMaps, std::string(kConfigMap));
  Reply r = f.get(kMaps, "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
  EXPECT_EQ(r.json["kind"].text(), "Table");
  EXPECT_EQ(r.json["columnDefinitions"][1]["name"].text(), "Data");
  EXPECT_EQ(r.json["rows"][0]["cells"][1].integer(), int64_t{1});
  r = f.get(kMaps + "/a", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io");
  EXPECT_EQ(r.json["kind"].text(), "PartialObjectMetadata");
  EXPECT_FALSE(r.json["data"].exists());
  EXPECT_CONTAINS(f.get(kMaps + "/a", "application/yaml").body, "kind: ConfigMap\n");
  EXPECT_EQ(f.get(kMaps + "/a", "text/html").status, 406);
  EXPECT_EQ(f.ask("POST", kMaps, "x", "text/plain").status, 415);
  r = f.ask("PATCH", kMaps + "/a", "{}", "application/apply-patch+yaml");
  EXPECT_EQ(r.status, 415);
  EXPECT_CONTAINS(r.body, "server-side apply is not supported yet");
}

TEST(Services, AddressesAreAllocatedOnce) {
  Fixture f;
  f.start();
  const std::string services = "/api/v1/namespaces/default/services";
  auto body = [](std::string_view name, std::string_view spec) {
    return cat(R"({"metadata":{"name":")", name, R"("},"spec":{"ports":[{"port":80}])", spec, "}}");
  };
  Reply r = f.post(services, body("a", R"(,"clusterIP":"10.96.3.4")"));
  EXPECT_EQ(r.json["spec"]["clusterIPs"][0].text(), "10.96.3.4");
  EXPECT_EQ(f.post(services, body("b", R"(,"clusterIP":"10.96.3.4")")).status, 422);
  r = f.post(services, body("c", R"(,"clusterIP":"4.4.4.4")"));
  EXPECT_EQ(r.status, 422);
  EXPECT_CONTAINS(r.body, "The range of valid IPs is 10.96.0.0/16");
  r = f.post(services, body("d", R"(,"type":"LoadBalancer")"));
  EXPECT_TRUE(r.json["spec"]["ports"][0]["nodePort"].integer() >= 30000);
  EXPECT_EQ(r.json["spec"]["externalTrafficPolicy"].text(), "Cluster");
  // Back to ClusterIP: what belonged to the other type goes with it.
  doc::Draft inside(r.json);
  inside["spec"]["type"] = "ClusterIP";
  r = f.put(services + "/d", doc::toJson(inside.finish()));
  EXPECT_EQ(r.status, 200);
  EXPECT_FALSE(r.json["spec"]["externalTrafficPolicy"].exists());
  EXPECT_FALSE(r.json["spec"]["ports"][0]["nodePort"].exists());
  EXPECT_EQ(f.post(services, body("e", R"(,"clusterIP":"None")")).json["spec"]["clusterIP"].text(),
            "None");
  EXPECT_EQ(f.post(services, body("x", R"(,"externalIPs":["1.2.3.4"])")).status, 403);
  f.remove(services + "/a");
  EXPECT_EQ(f.post(services, body("b", R"(,"clusterIP":"10.96.3.4")")).status, 201);
  EXPECT_EQ(f.get(services + "/kubernetes").json["spec"]["clusterIP"].text(), "10.96.0.1");
}

TEST(Namespaces, EndByFinalize) {
  Fixture f;
  f.start();
  EXPECT_EQ(f.post("/api/v1/namespaces", R"({"metadata":{"name":"n"}})").status, 201);
  EXPECT_EQ(f.get("/api/v1/namespaces/n")
                .json["metadata"]["labels"]["kubernetes.io/metadata.name"]
                .text(),
            "n");
  EXPECT_EQ(f.remove("/api/v1/namespaces/n").json["status"]["phase"].text(), "Terminating");
  Reply r = f.post("/api/v1/namespaces/n/configmaps", std::string(kConfigMap));
  EXPECT_EQ(r.status, 403);
  EXPECT_CONTAINS(r.body, "NamespaceTerminating");
  EXPECT_EQ(f.put("/api/v1/namespaces/n/finalize",
                  R"({"metadata":{"name":"n"},"spec":{"finalizers":[]}})")
                .status,
            200);
  EXPECT_EQ(f.get("/api/v1/namespaces/n").status, 404);
  EXPECT_EQ(f.remove("/api/v1/namespaces/default").status, 403);
}

}  // namespace meshka::apiserver::test
