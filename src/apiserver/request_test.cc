// How requests are read.
#include "apiserver/request.h"
#include "apiserver/negotiate.h"
#include "apiserver/request_fuzz.h"
#include "apiserver/test/fixture.h"

namespace meshka::apiserver::test {

namespace {

std::string shown(std::string_view method, std::string_view path, std::string_view query = {}) {
  const auto q = parseQuery(query);
  const auto info = parseRequest(method, path, *q);
  if (!info) return cat("error ", toString(info.error().code()));
  const Attributes& a = info->attributes;
  if (!a.isResource()) return cat(a.verb, " ", a.path);
  return cat(a.verb, " ", a.group, "/", a.version, " ", a.resource, " ", a.subresource, " ", a.ns,
             " ", a.name, " ", info->rest);
}

}  // namespace

TEST(Requests, AreReadOneWay) {
  struct Row {
    const char* method;
    const char* path;
    const char* query;
    const char* want;
  };
  constexpr Row kRows[] = {
      {"GET", "/version", "", "get /version"},
      {"GET", "/api", "", "get /api"},
      {"GET", "/apis/apps/v1", "", "get /apis/apps/v1"},
      {"GET", "/api/v1/pods", "", "list /v1 pods    "},
      {"GET", "/api/v1/pods", "watch=true", "watch /v1 pods    "},
      {"GET", "/api/v1/namespaces", "", "list /v1 namespaces    "},
      {"GET", "/api/v1/namespaces/a", "", "get /v1 namespaces  a a "},
      {"PUT", "/api/v1/namespaces/a/finalize", "", "update /v1 namespaces finalize a a "},
      {"GET", "/api/v1/namespaces/a/pods/b/log", "", "get /v1 pods log a b "},
      {"POST", "/apis/apps/v1/namespaces/a/deployments", "", "create apps/v1 deployments  a  "},
      {"DELETE", "/apis/apps/v1/namespaces/a/deployments", "",
       "deletecollection apps/v1 deployments  a  "},
      {"GET", "/api/v1/nodes/n/proxy/stats/summary", "", "get /v1 nodes proxy  n /stats/summary"},
      {"GET", "/api/v1/secrets", "fieldSelector=metadata.name%3Dx", "list /v1 secrets   x "},
      {"GET", "/api/v1/namespaces/a/pods/b/log/more", "", "error not found"},
      {"BREW", "/api/v1/pods", "", "error unsupported"},
  };
  for (const Row& row : kRows) EXPECT_EQ(shown(row.method, row.path, row.query), row.want);
}

TEST(Requests, AcceptHeaders) {
  EXPECT_TRUE(negotiate("")->form == Form::kObject);
  EXPECT_TRUE(negotiate("application/json;as=Table;v=v1;g=meta.k8s.io,application/json")->form ==
              Form::kTable);
  EXPECT_EQ(negotiate("application/json;as=Table;g=meta.k8s.io;v=v1beta1")->meta_version,
            "v1beta1");
  EXPECT_TRUE(negotiate("application/vnd.kubernetes.protobuf,application/json")->form ==
              Form::kObject);
  EXPECT_TRUE(negotiate("application/json;as=Table;v=v9;g=meta.k8s.io,application/yaml")->yaml);
  EXPECT_TRUE(negotiate("application/yaml;q=0.1,application/json;q=0.9")->yaml == false);
  EXPECT_FALSE(negotiate("text/html"));
  EXPECT_FALSE(negotiate("application/json;as=Cake;v=v1;g=meta.k8s.io"));
  EXPECT_EQ(aggregatedDiscoveryVersion(
                "application/json;v=v2;as=APIGroupDiscoveryList;g=apidiscovery.k8s.io"),
            "v2");
  EXPECT_EQ(
      aggregatedDiscoveryVersion(
          "application/json,application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"),
      "");
}

TEST(Requests, Seeds) {
  for (const char* seed :
       {"/api/v1/namespaces/a/pods?watch=1&limit=5",
        "/apis/apps/v1/deployments?fieldSelector=metadata.name=x%2Cy", "//", "/%2e%2e/x", "/a%00b",
        "/%c3%28?%zz", "application/json;as=Table;v=v1;g=meta.k8s.io;q=0.3,*/*",
        "/api/v1/namespaces/a/services/https:s:443/proxy/x/../y",
        "?&&==&limit=-1&limit=99999999999999999999", ""}) {
    checkRequestBytes(seed);
  }
}

}  // namespace meshka::apiserver::test
