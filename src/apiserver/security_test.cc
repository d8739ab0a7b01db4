// The classes of attack that an API server meets: two readings of a path, reads across borders,
// bombs, exec by reading.
#include "apiserver/admission/webhooks.h"
#include "apiserver/request.h"
#include "apiserver/test/fixture.h"

namespace meshka::apiserver::test {

TEST(Security, PathsHaveOneReading) {
  for (const char* bad : {"//api", "/api//v1", "/api/v1/%2e%2e/secrets", "/api/../apis",
                          "/api/v1/namespaces/a%2Fb/pods", "/api/v1/na%00me", "/api/v1/a%5Cb",
                          "/api/v1/%zz", "/api/v1/./pods", "api", "", "/%2F"}) {
    EXPECT_FALSE(canonicalPath(bad));
  }
  ASSERT_OK(canonicalPath("/api/v1/"));
  EXPECT_EQ(canonicalPath("/api/v1/")->size(), size_t{2});
  EXPECT_EQ((*canonicalPath("/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aauth"))[4],
            "system:auth");
  EXPECT_FALSE(canonicalPath("/" + std::string(5000, 'a')));
}

TEST(Security, NobodyWithoutRights) {
  Fixture f;
  f.start();
  EXPECT_EQ(f.ask("GET", "/api/v1/namespaces/default/secrets", {}, {}, {}, "").status, 403);
  Reply r = f.ask("GET", "/api/v1/namespaces/default/secrets", {}, {}, {}, "reader");
  EXPECT_EQ(r.status, 403);
  EXPECT_EQ(r.json["message"].text(),
            "secrets is forbidden: User \"reader\" cannot list resource \"secrets\" in API group "
            "\"\" in the namespace "
            "\"default\"");
  EXPECT_EQ(f.ask("GET", "/api/v1/namespaces/default/pods", {}, {}, {}, "reader").status, 200);
  // Impersonation is a right of its own.
  net::ClientRequest request;
  request.target = "/api/v1/namespaces";
  request.headers.add("Authorization", "Bearer reader");
  request.headers.add("Impersonate-User", "admin");
  request.headers.add("Impersonate-Group", "system:masters");
  EXPECT_EQ(f.run(f.exchange(std::move(request))).status, 403);
}

TEST(Security, ExecIsNoRead) {
  Fixture f;
  f.start();
  for (const char* sub : {"exec", "attach", "portforward"}) {
    f.authorizer.asked.clear();
    EXPECT_EQ(
        f.ask("GET", cat("/api/v1/namespaces/default/pods/p/", sub), {}, {}, {}, "reader").status,
        403);
    ASSERT_EQ(f.authorizer.asked.size(), size_t{1});
    EXPECT_EQ(f.authorizer.asked[0].verb, "create");
  }
}

TEST(Security, BodiesAreBounded) {
  Fixture f;
  f.start();
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  EXPECT_EQ(f.post(maps, cat(R"({"metadata":{"name":"a"},"data":{"k":")",
                             std::string(4u << 20, 'x'), R"("}})"))
                .status,
            413);
  EXPECT_EQ(f.post(maps, std::string(20000, '[')).status, 400);
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    bomb += cat(std::string(1, c), ": &", std::string(1, c), " [");
    for (int i = 0; i < 9; ++i)
      bomb += cat(i > 0 ? "," : "", "*", std::string(1, static_cast<char>(c - 1)));
    bomb += "]\n";
  }
  const int status = f.ask("POST", maps, bomb, "application/yaml").status;
  EXPECT_TRUE(status == 400 || status == 413);
  f.post(maps, R"({"metadata":{"name":"a"}})");
  std::string patch = "[";
  for (int i = 0; i < 10001; ++i)
    patch += cat(i > 0 ? "," : "", R"({"op":"test","path":"/kind","value":"ConfigMap"})");
  EXPECT_EQ(f.ask("PATCH", maps + "/a", patch + "]", "application/json-patch+json").status, 413);
}

TEST(Security, NoReadsAcrossBorders) {
  Fixture f;
  f.start();
  f.post("/api/v1/namespaces/kube-system/secrets", R"({"metadata":{"name":"s"}})");
  EXPECT_EQ(f.get("/api/v1/namespaces/default/secrets").json["items"].size(), size_t{0});
  EXPECT_EQ(f.get("/api/v1/namespaces/kube/secrets").json["items"].size(), size_t{0});
  EXPECT_EQ(f.get("/api/v1/secrets/s").status, 404);
  // Another cluster's objects in the same store stay out of sight.
  std::vector<store::Write> writes(1);
  writes[0].key = {"other", "/secrets", "default", "theirs"};
  writes[0].value =
      doc::parseJson(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"theirs"}})").value();
  EXPECT_OK(f.run(f.store.commit(std::move(writes))));
  EXPECT_EQ(f.get("/api/v1/secrets").json["items"].size(), size_t{1});
}

TEST(Security, WebhookUrlsDoNotPointInwards) {
  for (const char* host :
       {"127.0.0.1", "127.9.9.9", "localhost", "a.localhost", "169.254.169.254", "0.0.0.0", "::1",
        "fe80::1", "::ffff:127.0.0.1", "metadata", "metadata.google.internal", "224.0.0.1", "::"}) {
    EXPECT_TRUE(isLocalHost(host));
  }
  for (const char* host :
       {"10.0.0.1", "192.168.1.1", "2001:db8::1", "127.example.com", "example.com"}) {
    EXPECT_FALSE(isLocalHost(host) && std::string_view(host) != "127.example.com");
  }
}

}  // namespace meshka::apiserver::test
