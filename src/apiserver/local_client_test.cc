// The in-process client meets the same rules as HTTP, and its watches the same events.
#include "apiserver/test/fixture.h"

namespace meshka::apiserver::test {

namespace {

const client::Resource kMaps{"", "v1", "configmaps"};

User named(std::string name, std::vector<std::string> groups) {
  User out;
  out.name = std::move(name);
  out.groups = std::move(groups);
  return out;
}

doc::Doc map(std::string_view name) {
  doc::Draft out = doc::Draft::object();
  out["metadata"]["name"] = name;
  return out.finish();
}

}  // namespace

TEST(LocalClient, SameVerbsSameErrors) {
  Fixture f;
  f.start();
  auto admin = f.server->localClient(named("admin", {"system:masters"}));
  const Instant soon = f.sim.in(seconds(10));
  auto made = f.run(admin->create(kMaps, "default", map("a"), soon));
  ASSERT_OK(made);
  EXPECT_EQ((*made)["kind"].text(), "ConfigMap");
  auto again = f.run(admin->create(kMaps, "default", map("a"), soon));
  ASSERT_TRUE(!again);
  EXPECT_TRUE(again.error().code() == Code::kAlreadyExists);
  EXPECT_EQ(f.run(admin->list(kMaps, "", {}, soon))->items.size(), size_t{1});
  auto version = f.run(admin->raw("GET", "/version", {}, soon));
  ASSERT_OK(version);
  EXPECT_EQ((*version)["minor"].text(), "37");
  auto nobody = f.server->localClient(named("nobody", {}));
  auto refused = f.run(nobody->get(kMaps, "default", "a", soon));
  ASSERT_TRUE(!refused);
  EXPECT_TRUE(refused.error().code() == Code::kForbidden);
  EXPECT_OK(f.run(admin->remove(kMaps, "default", "a", {}, soon)));
}

TEST(LocalClient, WatchesFromAList) {
  Fixture f;
  f.start();
  auto admin = f.server->localClient(named("admin", {"system:masters"}));
  const Instant soon = f.sim.in(seconds(10));
  auto list = f.run(admin->list(kMaps, "", {}, soon));
  ASSERT_OK(list);
  client::ListOptions from;
  from.resource_version = list->resource_version;
  auto watch = f.run(admin->watch(kMaps, "default", from, soon));
  ASSERT_OK(watch);
  EXPECT_OK(f.run(admin->create(kMaps, "default", map("a"), soon)));
  EXPECT_OK(f.run(admin->remove(kMaps, "default", "a", {}, soon)));
  auto first = f.run((*watch)->next());
  ASSERT_OK(first);
  EXPECT_TRUE(first->type == client::WatchEvent::Type::kAdded);
  auto second = f.run((*watch)->next());
  ASSERT_OK(second);
  EXPECT_TRUE(second->type == client::WatchEvent::Type::kDeleted);
}

TEST(LocalClient, TwoWritersLoseNothing) {
  Fixture f;
  f.start();
  auto admin = f.server->localClient(named("admin", {"system:masters"}));
  const Instant soon = f.sim.in(seconds(10));
  EXPECT_OK(f.run(admin->create(kMaps, "default", map("a"), soon)));
  constexpr int kWriters = 10;
  int done = 0;
  io::Group group(f.sim.loop, kWriters);
  struct Writer {
    static io::Task<void> write(client::ApiClient& c, int i, Instant deadline, int& count) {
      doc::Draft patch = doc::Draft::object();
      patch["data"][cat("k", i)] = "v";
      auto r = co_await c.patch(kMaps, "default", "a", client::PatchType::kMerge, patch.finish(),
                                deadline);
      if (r) ++count;
    }
  };
  for (int i = 0; i < kWriters; ++i) EXPECT_TRUE(group.spawn(Writer::write(*admin, i, soon, done)));
  f.sim.loop.runUntil([&] { return group.running() == 0; });
  EXPECT_EQ(done, kWriters);
  EXPECT_EQ((*f.run(admin->get(kMaps, "default", "a", soon)))["data"].size(), size_t{kWriters});
}

}  // namespace meshka::apiserver::test
