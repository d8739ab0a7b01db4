// Services with the addresses of the pods that they select: the example of the design page.
#include "client/derived.h"

#include "base/test/test.h"
#include "client/fake_api_client.h"
#include "doc/json.h"
#include "sim/world.h"

using namespace meshka;
using namespace meshka::client;

namespace {

const Resource kPods{"", "v1", "pods"};
const Resource kServices{"", "v1", "services"};

std::vector<std::string> appOf(doc::Value pod) {
  return {cat(pod["metadata"]["namespace"].text(), "/", pod["metadata"]["labels"]["app"].text())};
}

struct Fixture {
  explicit Fixture(uint64_t seed = 1) : sim(seed) { pods.addIndex("app", appOf); }

  void pod(std::string_view name, std::string_view app, std::string_view ip) {
    put(kPods, name,
        cat(R"({"metadata":{"labels":{"app":")", app, R"("}},"spec":{"ip":")", ip, R"("}})"));
  }
  void service(std::string_view name, std::string_view app) {
    put(kServices, name, cat(R"({"spec":{"app":")", app, R"("}})"));
  }
  void put(const Resource& r, std::string_view name, const std::string& text) {
    doc::Draft object(*doc::parseJson(text));
    object["metadata"]["name"] = name;
    if (api.find(r, "ns", name).exists()) {
      EXPECT_OK(sim.loop.run(
          api.patch(r, "ns", std::string(name), PatchType::kMerge, object.finish(), kNever)));
    } else {
      EXPECT_OK(sim.loop.run(api.create(r, "ns", object.finish(), kNever)));
    }
    sim.loop.settle();
  }
  void remove(const Resource& r, std::string_view name) {
    EXPECT_OK(sim.loop.run(api.remove(r, "ns", std::string(name), {}, kNever)));
    sim.loop.settle();
  }
  std::optional<std::string> compute(const std::string& name, Fetch& fetch) {
    const doc::Doc* found = fetch.get(services, "ns", name);
    if (found == nullptr) return std::nullopt;
    std::string ips;
    for (const doc::Doc& p :
         fetch.byIndex(pods, "app", cat("ns/", (*found)["spec"]["app"].text()))) {
      ips += cat(p["spec"]["ip"].text(), ",");
    }
    return ips;
  }
  std::string take() { return std::exchange(log, {}); }

  sim::SimWorld sim;
  FakeApiClient api{sim.loop, sim.rng};
  std::unique_ptr<Collection> pod_collection =
      makeCollection(sim.loop, sim.rng, sim.log, api, kPods);
  std::unique_ptr<Collection> service_collection =
      makeCollection(sim.loop, sim.rng, sim.log, api, kServices);
  Source pods{*pod_collection};
  Source services{*service_collection};
  std::string log;
};

struct Endpoints {
  explicit Endpoints(Fixture& f)
      : derived(
            f.sim.loop, f.services,
            [](doc::Value service) {
              return std::vector<std::string>{std::string(service["metadata"]["name"].text())};
            },
            {&f.pods},
            [&f](const std::string& name, Fetch& fetch) { return f.compute(name, fetch); }) {
    derived.addHandler(
        [&f](const std::string& name, const std::string* before, const std::string* after) {
          f.log += cat(name, ":", before == nullptr ? "-" : *before, ">",
                       after == nullptr ? "-" : *after, " ");
        });
  }
  Derived<std::string, std::string> derived;
};

}  // namespace

TEST(Derived, OnlyWhatDependsIsRecomputedAndOnlyChangesAreTold) {
  Fixture f;
  Endpoints endpoints(f);
  f.service("web", "web");
  f.service("db", "db");
  f.pod("p1", "web", "1");
  f.pod("p2", "web", "2");
  f.take();
  auto computed = [&, last = endpoints.derived.computations()]() mutable {
    return endpoints.derived.computations() - std::exchange(last, endpoints.derived.computations());
  };
  f.pod("p3", "web", "3");
  EXPECT_EQ(f.take(), "web:1,2,>1,2,3, ");
  EXPECT_EQ(computed(), 1u);
  f.pod("other", "batch", "9");  // nobody looks at it
  EXPECT_EQ(computed(), 0u);
  f.put(kPods, "p1", R"({"metadata":{"annotations":{"a":"b"}}})");  // looked at, same result
  EXPECT_EQ(computed(), 1u);
  EXPECT_EQ(f.take(), "");
  f.pod("p2", "db", "2");  // leaves one and joins the other
  EXPECT_EQ(f.take(), "web:1,2,3,>1,3, db:>2, ");
  EXPECT_EQ(computed(), 2u);
  f.service("web", "batch");  // reads something else from now on
  EXPECT_EQ(f.take(), "web:1,3,>9, ");
  EXPECT_EQ(computed(), 1u);
  f.pod("p1", "web", "7");
  EXPECT_EQ(computed(), 0u);
  f.remove(kServices, "web");
  EXPECT_EQ(f.take(), "web:9,>- ");
  f.pod("other", "batch", "8");
  EXPECT_EQ(f.take(), "");
  EXPECT_TRUE(endpoints.derived.get("web") == nullptr);
  EXPECT_EQ(*endpoints.derived.get("db"), "2,");
}

TEST(Derived, WaitsForAllInputs) {
  Fixture f;
  f.service("web", "web");
  f.pod("p1", "web", "1");
  // New collections, of which the first cannot be listed at once.
  auto slow = makeCollection(f.sim.loop, f.sim.rng, f.sim.log, f.api, kPods);
  auto quick = makeCollection(f.sim.loop, f.sim.rng, f.sim.log, f.api, kServices);
  f.api.failNext(Error(Code::kUnavailable, "connection refused"));
  Source pods(*slow), services(*quick);
  pods.addIndex("app", appOf);
  std::string log;
  Derived<std::string, std::string> derived(
      f.sim.loop, services, [](doc::Value) { return std::vector<std::string>{"all"}; }, {&pods},
      [&](const std::string&, Fetch& fetch) {
        return std::optional<std::string>(
            cat(fetch.list(pods).size(), " of ", fetch.list(services).size()));
      });
  derived.addHandler(
      [&](const std::string&, const std::string*, const std::string* after) { log += *after; });
  f.sim.loop.settle();
  EXPECT_TRUE(quick->hasSynced() && !slow->hasSynced());
  EXPECT_FALSE(derived.hasSynced());
  EXPECT_EQ(log, "");
  f.sim.loop.advance(seconds(1));
  EXPECT_TRUE(derived.hasSynced());
  EXPECT_EQ(log, "1 of 1");
}

TEST(Derived, MayComeLate) {
  Fixture f;
  f.service("web", "web");
  f.pod("p1", "web", "1");
  Endpoints late(f);
  f.sim.loop.settle();
  EXPECT_EQ(f.take(), "web:->1, ");
  f.pod("p2", "web", "2");
  EXPECT_EQ(f.take(), "web:1,>1,2, ");
}

// Whatever changes in whatever order, the derived values equal a computation from scratch.
TEST(Derived, EqualsAFreshComputation) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Fixture f(seed);
    Endpoints kept(f);
    SeededRng& rng = f.sim.fault_rng;
    for (int step = 0; step < 80; ++step) {
      const std::string pod = cat("p", rng.below(6));
      const std::string service = cat("s", rng.below(3));
      const std::string app(1, static_cast<char>('a' + rng.below(3)));
      switch (rng.below(6)) {
        case 0:
          if (f.api.find(kPods, "ns", pod).exists()) f.remove(kPods, pod);
          break;
        case 1:
          if (f.api.find(kServices, "ns", service).exists()) f.remove(kServices, service);
          break;
        case 2:
          f.service(service, app);
          break;
        case 3:
          f.api.breakWatches();
          f.api.compact();
          break;
        default:
          f.pod(pod, app, cat(step));
      }
    }
    f.sim.loop.advance(minutes(1));
    Endpoints fresh(f);
    f.sim.loop.settle();
    EXPECT_TRUE(kept.derived.list() == fresh.derived.list());
    EXPECT_EQ(kept.derived.list().size(), f.api.count(kServices));
  }
}
