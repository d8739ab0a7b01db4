// Every case: the configuration is the golden one, breaks no rule, has a wire form, and does not
// depend on the order in which objects were listed.
#include <string>

#include "base/strings.h"
#include "base/test/test.h"
#include "mesh/translate/test/cases.h"
#include "xds/codec.h"
#include "xds/types.h"

namespace meshka::mesh::test {
namespace {

constexpr std::string_view kCases[] = {"clusters-apart", "clusters-apart-east",
                                       "gateways",       "policies",
                                       "protocols",      "routes",
                                       "scoping",        "security"};

std::string inputOf(std::string_view name) {
  return cat("testdata/translate/", name, ".yaml");
}

void expectEncodes(const std::vector<NamedResource>& list, std::string_view type) {
  for (const NamedResource& resource : list) {
    EXPECT_OK(xds::encode(xds::messageOf(type), resource.config));
  }
}

}  // namespace

TEST(translate, golden) {
  for (const std::string_view name : kCases) {
    const Case c = loadCase(inputOf(name));
    ASSERT_TRUE(c.model != nullptr);
    EXPECT_GOLDEN(toYaml(c), cat("testdata/translate/", name, ".golden"));
  }
}

TEST(translate, breaks_no_rule) {
  for (const std::string_view name : kCases) {
    const Case c = loadCase(inputOf(name));
    for (const NamedProxy& proxy : c.proxies) {
      for (const std::string& broken : brokenRules(snapshotOf(*c.model, proxy.identity))) {
        EXPECT_EQ(cat(name, ", ", proxy.name, ": ", broken), "");
      }
    }
  }
}

TEST(translate, encodes) {
  for (const std::string_view name : kCases) {
    const Case c = loadCase(inputOf(name));
    for (const NamedProxy& proxy : c.proxies) {
      const Snapshot snapshot = snapshotOf(*c.model, proxy.identity);
      expectEncodes(snapshot.clusters, xds::kCluster);
      expectEncodes(snapshot.endpoints, xds::kEndpoints);
      expectEncodes(snapshot.listeners, xds::kListener);
      expectEncodes(snapshot.routes, xds::kRoute);
      if (snapshot.names) {
        EXPECT_OK(xds::encode(xds::messageOf(xds::kNameTable), *snapshot.names));
      }
    }
  }
}

TEST(translate, order_of_lists_does_not_matter) {
  for (const std::string_view name : kCases) {
    const std::string got = toYaml(loadCase(inputOf(name), true));
    const std::string want = toYaml(loadCase(inputOf(name)));
    const auto got_lines = split(got, '\n');
    const auto want_lines = split(want, '\n');
    size_t at = 0;
    while (at + 1 < got_lines.size() && at + 1 < want_lines.size() &&
           got_lines[at] == want_lines[at]) {
      ++at;
    }
    EXPECT_EQ(cat(name, " line ", at, ": ", got_lines[at]),
              cat(name, " line ", at, ": ", want_lines[at]));
    EXPECT_EQ(got_lines.size(), want_lines.size());
  }
}

TEST(translate, unknown_names_get_an_answer) {
  const Case c = loadCase(inputOf(kCases[0]));
  const ProxyIdentity& proxy = c.proxies[0].identity;
  const NamedResource endpoints = endpointsOf(*c.model, proxy, "outbound|1||nobody.example");
  EXPECT_EQ(endpoints.config["cluster_name"].text(), "outbound|1||nobody.example");
  EXPECT_TRUE(endpoints.config["endpoints"].empty());
  EXPECT_EQ(endpointsOf(*c.model, proxy, "odd").name, "odd");
  const NamedResource routes = routesOf(*c.model, proxy, "nobody.example:1");
  EXPECT_EQ(routes.name, "nobody.example:1");
  EXPECT_TRUE(routes.config["virtual_hosts"].empty());
}

}  // namespace meshka::mesh::test
