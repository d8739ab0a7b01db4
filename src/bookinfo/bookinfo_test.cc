// The four services in a simulated network, asked as a browser and as the mesh would.
#include "base/test/test.h"
#include "bookinfo/load/load.h"
#include "bookinfo/page.h"
#include "bookinfo/program.h"
#include "bookinfo/upstream.h"
#include "net/client.h"
#include "net/server.h"
#include "sim/world.h"

namespace meshka::bookinfo {
namespace {

// Addresses stand for names.
class Names final : public net::Resolver {
 public:
  io::Task<Result<std::vector<std::string>>> resolve(std::string name, Instant) override {
    if (name == "details") co_return std::vector<std::string>{"10.0.0.1"};
    if (name == "reviews") co_return std::vector<std::string>{"10.0.0.2"};
    if (name == "ratings") co_return std::vector<std::string>{"10.0.0.3"};
    if (name == "productpage") co_return std::vector<std::string>{"10.0.0.4"};
    co_return fail(Code::kNotFound, cat("no such host: ", name));
  }
};

struct Shop {
  sim::SimWorld s{1};
  io::World world = s.world();
  std::shared_ptr<Names> names = std::make_shared<Names>();
  struct Served {
    std::unique_ptr<Program> program;
    std::unique_ptr<net::Handler> handler;
    std::unique_ptr<net::HttpServer> server;
  };
  std::vector<Served> served;

  Surroundings around(const Variables& variables = {}) {
    auto settings = settingsFrom(variables);
    EXPECT_OK(settings);
    return {.world = world, .resolver = names, .settings = *settings};
  }
  void serve(std::unique_ptr<Program> program, const std::string& address) {
    Served one;
    one.program = std::move(program);
    one.handler = newHandler(*one.program, world.log);
    one.server = std::make_unique<net::HttpServer>(s.loop, *one.handler);
    EXPECT_OK(one.server->listen(s.fabric.host(address), {address, 9080}));
    served.push_back(std::move(one));
  }
  std::string get(const std::string& url, net::Headers headers = {}) {
    LoadOptions options{.url = url, .headers = std::move(headers)};
    auto out = s.loop.tryRun(runLoad(world, names, std::move(options)));
    if (!out || !*out) return "!";
    last = (*out)->tally.toText();
    return (*out)->last_body;
  }
  std::string last;
};

TEST(Bookinfo, detailsAndRatings) {
  Shop shop;
  shop.serve(newDetails(shop.around()), "10.0.0.1");
  shop.serve(newRatings(shop.around()), "10.0.0.3");
  EXPECT_CONTAINS(shop.get("http://details:9080/details/0"), "\"ISBN-10\":\"1234567890\"");
  EXPECT_CONTAINS(shop.last, "status 200: 1");
  EXPECT_EQ(shop.get("http://details:9080/details/x"),
            "{\"error\":\"please provide numeric product id\"}\n");
  EXPECT_CONTAINS(shop.last, "status 400: 1");
  EXPECT_EQ(shop.get("http://ratings:9080/ratings/0"),
            "{\"id\":0,\"ratings\":{\"Reviewer1\":5,\"Reviewer2\":4}}\n");
}

TEST(Bookinfo, reviewsWithAndWithoutStars) {
  Shop shop;
  shop.serve(newReviews(shop.around({{"HOSTNAME", "r-1"}, {"CLUSTER_NAME", "c1"}})), "10.0.0.2");
  const std::string plain = shop.get("http://reviews:9080/reviews/0");
  EXPECT_CONTAINS(plain, "\"clustername\":\"c1\"");
  EXPECT_TRUE(plain.find("rating") == std::string::npos);
  EXPECT_CONTAINS(shop.last, "pod r-1: 1");

  Shop starry;
  starry.serve(newReviews(starry.around({{"ENABLE_RATINGS", "true"}, {"STAR_COLOR", "red"}})),
               "10.0.0.2");
  EXPECT_CONTAINS(starry.get("http://reviews:9080/reviews/0"),
                  "{\"error\":\"Ratings service is currently unavailable\"}");
  starry.serve(newRatings(starry.around()), "10.0.0.3");
  EXPECT_CONTAINS(starry.get("http://reviews:9080/reviews/0"),
                  "\"rating\":{\"color\":\"red\",\"stars\":5}");
}

TEST(Bookinfo, pageTellsWhatIsMissing) {
  Shop shop;
  shop.serve(newProductPage(shop.around()), "10.0.0.4");
  std::string page = shop.get("http://productpage:9080/productpage");
  EXPECT_CONTAINS(shop.last, "status 200: 1");
  EXPECT_CONTAINS(page, "Sorry, product reviews are currently unavailable");
  EXPECT_CONTAINS(page, "Sorry, product details are currently unavailable");
  shop.serve(newDetails(shop.around()), "10.0.0.1");
  shop.serve(newRatings(shop.around()), "10.0.0.3");
  shop.serve(newReviews(shop.around({{"ENABLE_RATINGS", "true"},
                                     {"STAR_COLOR", "red"},
                                     {"HOSTNAME", "r-3"},
                                     {"CLUSTER_NAME", "c2"}})),
             "10.0.0.2");
  page = shop.get("http://productpage:9080/productpage");
  EXPECT_CONTAINS(page, "data-color=\"red\"");
  EXPECT_CONTAINS(page, "1234567890");
  EXPECT_CONTAINS(shop.last, "pod r-3: 1");
  EXPECT_CONTAINS(shop.last, "cluster c2: 1");
  EXPECT_CONTAINS(shop.get("http://productpage:9080/api/v1/products/0/reviews"), "\"podname\"");
  EXPECT_CONTAINS(shop.get("http://productpage:9080/api/v1/products"), "The Comedy of Errors");
  EXPECT_CONTAINS(shop.get("http://productpage:9080/api/v1/products/0/ratings"), "Reviewer2");
  (void)shop.get("http://productpage:9080/nothing");
  EXPECT_CONTAINS(shop.last, "status 404: 1");
}

TEST(Bookinfo, userAndTracingGoAlong) {
  Shop shop;
  net::Headers headers;
  headers.add("X-Request-Id", "7");
  headers.add("X-Secret", "no");
  headers.add("Cookie", "a=b; session=jason%0d%0a");
  const net::Headers along = forwarded(headers);
  EXPECT_EQ(along.get("x-request-id").value_or(""), "7");
  EXPECT_TRUE(!along.get("x-secret"));
  // The echo stands where reviews would: it says which user came along.
  shop.serve(newProductPage(shop.around()), "10.0.0.4");
  shop.serve(newEcho(shop.around()), "10.0.0.2");
  const std::string url = "http://productpage:9080/api/v1/products/0/reviews";
  EXPECT_TRUE(shop.get(url, headers).find("end-user") == std::string::npos);
  headers.set("Cookie", "a=b; session=jason");
  EXPECT_CONTAINS(shop.get(url, headers), "\"end-user\":\"jason\"");
}

TEST(Bookinfo, foreignTextIsEscaped) {
  EXPECT_EQ(escapeHtml("<a href='x'>&\""), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
}

TEST(Settings, whatHasNoEffectIsNamed) {
  const auto unusual =
      settingsFrom({{"SERVICE_VERSION", "v-faulty"}, {"ENABLE_EXTERNAL_BOOK_SERVICE", "true"}});
  ASSERT_OK(unusual);
  ASSERT_TRUE(unusual->ignored.size() == 2);
  EXPECT_CONTAINS(unusual->ignored[0], "SERVICE_VERSION: \"v-faulty\"");
  EXPECT_CONTAINS(unusual->ignored[1], "ENABLE_EXTERNAL_BOOK_SERVICE");
  EXPECT_TRUE(settingsFrom({{"SERVICE_VERSION", "v3"}})->ignored.empty());
}

TEST(Settings, portsAreChecked) {
  EXPECT_EQ(settingsFrom({{"REVIEWS_SERVICE_PORT", "tcp://10.0.0.1"}}).error().message(),
            "environment variable REVIEWS_SERVICE_PORT: \"tcp://10.0.0.1\" is no port");
  const auto settings = settingsFrom({{"SERVICES_DOMAIN", "ns.svc"}, {"RATINGS_HOSTNAME", "r"}});
  ASSERT_OK(settings);
  EXPECT_EQ(settings->ratings.host, "r.ns.svc");
}

TEST(Load, countsEverything) {
  Shop shop;
  shop.serve(newEcho(shop.around({{"HOSTNAME", "e"}})), "10.0.0.2");
  auto out = shop.s.loop.tryRun(
      runLoad(shop.world, shop.names,
              {.url = "http://reviews:9080/x", .count = 20, .concurrency = 4, .rate = 10}));
  ASSERT_TRUE(out && *out);
  const doc::Doc report = (*out)->tally.toDraft().finish();
  EXPECT_EQ(report["byStatus"]["200"].integer(), 20);
  EXPECT_EQ(report["byPod"]["e"].integer(), 20);
  EXPECT_TRUE((*out)->time >= millis(1'900) && (*out)->time < millis(2'500));
  out = shop.s.loop.tryRun(
      runLoad(shop.world, shop.names, {.url = "http://nobody:1/", .timeout = seconds(1)}));
  ASSERT_TRUE(out && *out);
  EXPECT_EQ((*out)->tally.unanswered(), 1u);
}

TEST(Load, percentilesAreNearestRank) {
  Tally tally;
  for (int i = 1; i <= 200; ++i) tally.add({.status = 200, .latency = millis(i)});
  const doc::Doc report = tally.toDraft().finish();
  EXPECT_EQ(report["latencyMs"]["p99"].integer(), 198);
  EXPECT_EQ(report["latencyMs"]["p50"].integer(), 100);
  EXPECT_EQ(report["latencyMs"]["max"].integer(), 200);
}

}  // namespace
}  // namespace meshka::bookinfo
