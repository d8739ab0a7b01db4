// Snapshots in a Redis that comes and goes, and RESP piece by piece.
#include "mgmt/server/redis_store.h"

#include "base/test/test.h"
#include "doc/json.h"
#include "mgmt/test/fake_redis.h"
#include "sim/world.h"

using namespace meshka;
using namespace meshka::mgmt;
using namespace meshka::mgmt::test;

namespace {

doc::Doc service(std::string_view name, int port) {
  return *doc::parseJson(
      cat(R"({"metadata":{"name":")", name, R"(","namespace":"default"},"port":)", port, "}"));
}

struct Fixture {
  Fixture() { start(); }
  void start() { EXPECT_OK(redis.listen(sim.network, {"10.0.0.1", 6379, false})); }
  std::unique_ptr<RedisStore> newStore() {
    return std::make_unique<RedisStore>(sim.world(),
                                        net::ClientOptions{.endpoint = {"10.0.0.1", 6379, false}});
  }
  void push(RedisStore& store, Delta delta) {
    std::vector<Snapshot::Change> changes;
    EXPECT_OK(snapshot.apply(delta, changes));
    store.changed("c1", snapshot, changes, delta.full);
    sim.loop.advance(seconds(1));
  }
  std::vector<StoredSnapshot> reload() {
    const auto store = newStore();
    auto loaded = sim.loop.run(store->load(sim.in(seconds(5))));
    EXPECT_OK(loaded);
    return loaded ? *loaded : std::vector<StoredSnapshot>();
  }
  sim::SimWorld sim{1};
  FakeRedis redis;
  Snapshot snapshot;
};

}  // namespace

TEST(RedisStore, KeepsWhatItWasGiven) {
  Fixture f;
  auto store = f.newStore();
  f.push(*store, {.session = "s",
                  .version = 2,
                  .full = true,
                  .upserts = {{"services", {service("a", 1), service("b", 2)}}}});
  auto loaded = f.reload();
  ASSERT_EQ(loaded.size(), 1u);
  EXPECT_EQ(loaded[0].session, "s");
  EXPECT_EQ(loaded[0].version, 2u);
  EXPECT_TRUE(loaded[0].objects == f.snapshot.objects());
  // A delta writes its objects only.
  const size_t before = f.redis.commands;
  f.push(*store, {.session = "s",
                  .version = 4,
                  .upserts = {{"services", {service("a", 9)}}},
                  .deletes = {{"services", {"default/b"}}}});
  EXPECT_TRUE(f.redis.commands - before <= 6);
  loaded = f.reload();
  EXPECT_EQ(loaded.at(0).version, 4u);
  EXPECT_EQ(loaded.at(0).objects.at("services").size(), 1u);
  store->forget("c1");
  f.sim.loop.advance(seconds(1));
  EXPECT_EQ(f.reload().size(), 0u);
}

TEST(RedisStore, AnOutageIsMadeUpFor) {
  Fixture f;
  auto store = f.newStore();
  f.push(
      *store,
      {.session = "s", .version = 1, .full = true, .upserts = {{"services", {service("a", 1)}}}});
  f.redis.stop();
  f.push(*store, {.session = "s", .version = 2, .upserts = {{"services", {service("b", 1)}}}});
  EXPECT_FALSE(store->healthy());
  f.redis.hashes.clear();  // it lost its memory
  f.start();
  f.sim.loop.advance(seconds(10));
  EXPECT_TRUE(store->healthy());
  EXPECT_TRUE(f.reload().at(0).objects == f.snapshot.objects());
  // What is incomplete is not used.
  f.redis.hashes.begin()->second.erase("services default/a");
  EXPECT_EQ(f.reload().size(), 0u);
}

TEST(Resp, PieceByPiece) {
  const std::string bytes = "*3\r\n$3\r\na\r\n\r\n*2\r\n:-7\r\n$-1\r\n*0\r\n-ERR no\r\n+OK\r\n";
  for (size_t step = 1; step <= bytes.size(); ++step) {
    RespReader reader;
    std::vector<RespValue> values;
    for (size_t at = 0; at < bytes.size(); at += step) {
      reader.feed(std::string_view(bytes).substr(at, step));
      for (auto v = reader.next(); v && *v; v = reader.next()) values.push_back(**v);
    }
    ASSERT_EQ(values.size(), 3u);
    ASSERT_EQ(values[0].items.size(), 3u);
    EXPECT_EQ(values[0].items[0].text, "a\r\n");
    EXPECT_EQ(values[0].items[1].items.at(0).number, -7);
    EXPECT_TRUE(values[0].items[1].items.at(1).kind == RespValue::Kind::kNil);
    EXPECT_TRUE(values[0].items[2].kind == RespValue::Kind::kArray);
    EXPECT_TRUE(values[1].kind == RespValue::Kind::kError);
    EXPECT_EQ(values[2].text, "OK");
  }
  for (const char* bad : {"?\r\n", "\r\n", ":x\r\n", "$-2\r\n", "*99999999999\r\n",
                          "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"}) {
    RespReader reader;
    reader.feed(bad);
    EXPECT_FALSE(reader.next().has_value());
  }
}
