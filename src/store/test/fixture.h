// Small values and a store on the test world.
#pragma once

#include <string>

#include "base/test/test.h"
#include "io/network.h"
#include "io/runtime.h"
#include "store/local_store.h"
#include "store/test/test_world.h"

namespace meshka::store::test {

inline doc::Doc stampTestDoc(doc::Value value, Revision revision) {
  doc::Draft draft(value);
  draft["rv"] = static_cast<int64_t>(revision);
  return draft.finish();
}
inline doc::Doc testDoc(int64_t x) {
  return doc::Draft::object({{"x", x}}).finish();
}

inline Key podKey(std::string name, std::string ns = "default") {
  return {.cluster = "c", .resource = "/pods", .ns = std::move(ns), .name = std::move(name)};
}
inline Range pods() {
  return {.cluster = "c", .resource = "/pods", .ns = std::nullopt};
}

// Never used by the store, but part of the world.
class NoNetwork final : public io::Network {
  io::Task<Result<std::unique_ptr<io::Stream>>> connect(io::Endpoint, Instant) override {
    co_return fail(Code::kUnsupported, "no network here");
  }
  Result<std::unique_ptr<io::Listener>> listen(const io::Endpoint&, io::AcceptHandler&) override {
    return fail(Code::kUnsupported, "no network here");
  }
  Result<std::unique_ptr<io::DatagramSocket>> bindDatagram(const io::Endpoint&) override {
    return fail(Code::kUnsupported, "no network here");
  }
};
class NoRuntime final : public io::Runtime {
  io::Task<Result<io::ProcessResult>> run(io::ProcessSpec, Instant) override {
    co_return fail(Code::kUnsupported, "no processes here");
  }
  Result<std::unique_ptr<io::Child>> spawn(io::SpawnSpec) override {
    return fail(Code::kUnsupported, "no processes here");
  }
  io::Task<void> offload(Callback work) override {
    work();
    co_return;
  }
};

struct Machine {
  explicit Machine(uint64_t seed) : rng(seed), disk(loop, rng) {}
  Result<std::unique_ptr<LocalStore>> open(const Limits& limits = {}) {
    io::World world{loop, rng, network, disk, runtime, log};
    auto out = runTask(loop, LocalStore::open(world, "db", stampTestDoc, limits));
    if (!out) return fail(Code::kTimeout, "the disk hangs");
    return std::move(*out);
  }

  TestLoop loop;
  SeededRng rng;
  CrashDisk disk;
  NoNetwork network;
  NoRuntime runtime;
  NullLog log;
};

inline Result<Committed> commitNow(TestLoop& loop, Store& store, std::vector<Write> writes) {
  auto out = runTask(loop, store.commit(std::move(writes)));
  if (!out) return fail(Code::kTimeout, "not durable");
  return std::move(*out);
}
inline Result<Committed> put(TestLoop& loop, Store& store, Key key, int64_t x,
                             std::optional<Revision> expected = std::nullopt) {
  std::vector<Write> writes;
  writes.push_back({.key = std::move(key), .value = testDoc(x), .expected = expected});
  return commitNow(loop, store, std::move(writes));
}
inline Result<Committed> erase(TestLoop& loop, Store& store, Key key,
                               std::optional<Revision> expected = std::nullopt) {
  std::vector<Write> writes;
  writes.push_back({.key = std::move(key), .value = std::nullopt, .expected = expected});
  return commitNow(loop, store, std::move(writes));
}

// "put default/a@3 x=1; delete default/a@4", one line per call.
class Recorder final : public Watcher {
 public:
  void onEvents(const std::vector<const Event*>& events) override {
    if (!text.empty()) text += "\n";
    for (size_t i = 0; i < events.size(); ++i) {
      const Event& e = *events[i];
      text += cat(i > 0 ? "; " : "", e.type == EventType::kPut ? "put " : "delete ", e.item.key.ns,
                  "/", e.item.key.name, "@", e.item.modified, " x=", e.item.value["x"].integer(-1),
                  " was ", e.previous ? (*e.previous)["x"].integer(-1) : -1);
    }
  }
  void onProgress(Revision revision) override { progress = revision; }
  std::string text;
  Revision progress = 0;
};

}  // namespace meshka::store::test
