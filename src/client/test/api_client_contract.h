// What every ApiClient does, whatever is behind it. Uses ConfigMaps of one namespace, which exists
// and holds nothing but what a server puts there by itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/test/test.h"
#include "client/api_client.h"
#include "doc/json.h"
#include "io/async.h"

// A failed precondition leaves the coroutine.
#define ASSERT_CO_OK(x) \
  if (!::meshka::test::expectOk((x), #x, __FILE__, __LINE__)) co_return

namespace meshka::client::contract {

struct Harness {
  io::Loop& loop;
  ApiClient& api;
  std::string ns;
  Instant soon() const { return loop.clock().now() + seconds(30); }
};

inline const Resource kConfigMaps{"", "v1", "configmaps"};

inline doc::Doc configMap(std::string_view name, std::string_view label, std::string_view data) {
  return *doc::parseJson(cat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")", name,
                             R"(","labels":{"contract":")", label, R"("}},"data":{"k":")", data,
                             R"("}})"));
}

inline std::string revisionOf(const doc::Doc& object) {
  return std::string(object["metadata"]["resourceVersion"].text());
}

template <class T>
void expectError(const Result<T>& result, Code code, std::string_view message) {
  EXPECT_FALSE(result.has_value());
  if (result) return;
  EXPECT_TRUE(result.error().code() == code);
  EXPECT_CONTAINS(result.error().message(), message);
}

inline io::Task<void> createsAndReads(Harness h) {
  ApiClient& api = h.api;
  const auto made = co_await api.create(kConfigMaps, h.ns, configMap("a", "x", "1"), h.soon());
  ASSERT_CO_OK(made);
  EXPECT_EQ((*made)["metadata"]["namespace"].text(), h.ns);
  EXPECT_FALSE((*made)["metadata"]["uid"].text().empty());
  EXPECT_OK(parseRfc3339((*made)["metadata"]["creationTimestamp"].text()));
  const auto got = co_await api.get(kConfigMaps, h.ns, "a", h.soon());
  ASSERT_CO_OK(got);
  EXPECT_EQ(revisionOf(*got), revisionOf(*made));
  expectError(co_await api.create(kConfigMaps, h.ns, configMap("a", "x", "2"), h.soon()),
              Code::kAlreadyExists, "configmaps \"a\" already exists");
  expectError(co_await api.get(kConfigMaps, h.ns, "none", h.soon()), Code::kNotFound,
              "configmaps \"none\" not found");
  EXPECT_OK(co_await api.create(kConfigMaps, h.ns, configMap("dry", "x", "1"), h.soon(),
                                {.dry_run = true}));
  expectError(co_await api.get(kConfigMaps, h.ns, "dry", h.soon()), Code::kNotFound, "dry");
  doc::Draft generated(configMap("x", "x", "1"));
  generated["metadata"].erase("name");
  generated["metadata"]["generateName"] = "gen-";
  const auto named = co_await api.create(kConfigMaps, h.ns, generated.finish(), h.soon());
  ASSERT_CO_OK(named);
  EXPECT_TRUE((*named)["metadata"]["name"].text().starts_with("gen-"));
  EXPECT_OK(co_await api.remove(kConfigMaps, h.ns, std::string((*named)["metadata"]["name"].text()),
                                {}, h.soon()));
}

inline io::Task<void> updatesAndPatches(Harness h) {
  ApiClient& api = h.api;
  const auto first = co_await api.get(kConfigMaps, h.ns, "a", h.soon());
  ASSERT_CO_OK(first);
  doc::Draft change(*first);
  change["data"]["k"] = "2";
  const auto second = co_await api.update(kConfigMaps, h.ns, change.finish(), h.soon());
  ASSERT_CO_OK(second);
  EXPECT_TRUE(revisionOf(*second) != revisionOf(*first));
  // The revision of the first read is stale now.
  change["data"]["k"] = "3";
  expectError(co_await api.update(kConfigMaps, h.ns, change.finish(), h.soon()), Code::kConflict,
              "Operation cannot be fulfilled on configmaps \"a\"");
  const auto patched =
      co_await api.patch(kConfigMaps, h.ns, "a", PatchType::kMerge,
                         *doc::parseJson(R"({"data":{"k":null,"n":"new"}})"), h.soon());
  ASSERT_CO_OK(patched);
  EXPECT_EQ(doc::toJson((*patched)["data"]), R"({"n":"new"})");
  // A write that changes nothing makes no revision.
  const auto same = co_await api.patch(kConfigMaps, h.ns, "a", PatchType::kMerge,
                                       *doc::parseJson(R"({"data":{"n":"new"}})"), h.soon());
  ASSERT_CO_OK(same);
  EXPECT_EQ(revisionOf(*same), revisionOf(*patched));
  const auto json = co_await api.patch(
      kConfigMaps, h.ns, "a", PatchType::kJson,
      *doc::parseJson(R"([{"op":"replace","path":"/data/n","value":"json"}])"), h.soon());
  ASSERT_CO_OK(json);
  EXPECT_EQ((*json)["data"]["n"].text(), "json");
  expectError(co_await api.patch(kConfigMaps, h.ns, "none", PatchType::kMerge,
                                 *doc::parseJson("{}"), h.soon()),
              Code::kNotFound, "configmaps \"none\" not found");
}

inline io::Task<void> removesWithPreconditionsAndFinalizers(Harness h) {
  ApiClient& api = h.api;
  expectError(co_await api.remove(kConfigMaps, h.ns, "a", {.uid = "not-its-uid"}, h.soon()),
              Code::kConflict, "Precondition failed: UID in precondition: not-its-uid");
  EXPECT_OK(co_await api.patch(
      kConfigMaps, h.ns, "a", PatchType::kMerge,
      *doc::parseJson(R"({"metadata":{"finalizers":["meshka.io/contract"]}})"), h.soon()));
  EXPECT_OK(co_await api.remove(kConfigMaps, h.ns, "a", {}, h.soon()));
  const auto dying = co_await api.get(kConfigMaps, h.ns, "a", h.soon());
  ASSERT_CO_OK(dying);
  EXPECT_TRUE((*dying)["metadata"]["deletionTimestamp"].exists());
  EXPECT_OK(co_await api.patch(kConfigMaps, h.ns, "a", PatchType::kMerge,
                               *doc::parseJson(R"({"metadata":{"finalizers":null}})"), h.soon()));
  expectError(co_await api.get(kConfigMaps, h.ns, "a", h.soon()), Code::kNotFound, "\"a\"");
  expectError(co_await api.remove(kConfigMaps, h.ns, "a", {}, h.soon()), Code::kNotFound,
              "configmaps \"a\" not found");
}

inline io::Task<std::string> nextOf(Harness h, WatchStream& stream, std::string* revision) {
  constexpr std::string_view kTypes[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"};
  for (;;) {
    const auto event = co_await io::withDeadline(h.loop, h.soon(), stream.next(), "watch event");
    if (!event) co_return event.error().message();
    if (event->type == WatchEvent::Type::kBookmark) continue;
    *revision = revisionOf(event->object);
    co_return cat(kTypes[static_cast<int>(event->type)], " ",
                  event->object["metadata"]["name"].text());
  }
}

// Nothing between list and watch is lost; a selector turns changes into additions and deletions.
inline io::Task<void> listsAndWatches(Harness h) {
  ApiClient& api = h.api;
  for (const char* name : {"w1", "w2", "w3"}) {
    EXPECT_OK(co_await api.create(
        kConfigMaps, h.ns, configMap(name, name == std::string_view("w2") ? "no" : "yes", "1"),
        h.soon()));
  }
  const auto list = co_await api.list(kConfigMaps, h.ns,
                                      {.label_selector = "contract=yes", .limit = 1}, h.soon());
  ASSERT_CO_OK(list);
  std::string names;
  for (const doc::Doc& item : list->items) names += cat(item["metadata"]["name"].text(), " ");
  EXPECT_EQ(names, "w1 w3 ");
  const auto by_field =
      co_await api.list(kConfigMaps, h.ns, {.field_selector = "metadata.name=w2"}, h.soon());
  ASSERT_CO_OK(by_field);
  EXPECT_EQ(by_field->items.size(), 1u);

  // Before the watch is opened: it begins at the list.
  EXPECT_OK(co_await api.patch(kConfigMaps, h.ns, "w1", PatchType::kMerge,
                               *doc::parseJson(R"({"data":{"k":"2"}})"), h.soon()));
  const auto watch = co_await api.watch(
      kConfigMaps, h.ns,
      {.label_selector = "contract=yes", .resource_version = list->resource_version}, h.soon());
  ASSERT_CO_OK(watch);
  for (const char* label : {"yes", "no"}) {
    EXPECT_OK(co_await api.patch(
        kConfigMaps, h.ns, "w2", PatchType::kMerge,
        *doc::parseJson(cat(R"({"metadata":{"labels":{"contract":")", label, R"("}}})")),
        h.soon()));
  }
  EXPECT_OK(co_await api.remove(kConfigMaps, h.ns, "w3", {}, h.soon()));
  int64_t last = 0;
  for (const char* want : {"MODIFIED w1", "ADDED w2", "DELETED w2", "DELETED w3"}) {
    std::string revision;
    EXPECT_EQ(co_await nextOf(h, **watch, &revision), want);
    const int64_t now = parseInt(revision).value_or(-1);
    EXPECT_TRUE(now > last);
    last = now;
  }
  for (const char* name : {"w1", "w2"}) {
    EXPECT_OK(co_await api.remove(kConfigMaps, h.ns, name, {}, h.soon()));
  }
}

inline io::Task<void> checkApiClient(Harness h) {
  co_await createsAndReads(h);
  co_await updatesAndPatches(h);
  co_await removesWithPreconditionsAndFinalizers(h);
  co_await listsAndWatches(h);
}

}  // namespace meshka::client::contract
