// Collection: a live, ordered view of one kind of object: list, then watch, then list again when
// the watch breaks. Controllers read collections and react to their changes; nobody polls.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/function.h"
#include "client/api_client.h"
#include "doc/doc.h"
#include "io/loop.h"

namespace meshka::client {

struct ObjectKey {
  std::string ns;  // empty: cluster-scoped
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
  std::string toString() const { return ns.empty() ? name : ns + "/" + name; }
  static ObjectKey of(doc::Value object) {
    return {std::string(object["metadata"]["namespace"].text()),
            std::string(object["metadata"]["name"].text())};
  }
  // The inverse of toString(): work queues carry keys as text.
  static ObjectKey parse(std::string_view text) {
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos) return {{}, std::string(text)};
    return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  }
};

class CollectionHandler {
 public:
  virtual ~CollectionHandler() = default;
  // Called on the loop, in order, after the collection shows `after`. `before` missing: added;
  // `after` missing: gone. After a relist, what vanished meanwhile is reported as gone.
  virtual void onChange(const ObjectKey& key, const doc::Doc& before, const doc::Doc& after) = 0;
  // Once, when the first list is complete.
  virtual void onSynced() {}
};

class Collection {
 public:
  using IndexFunction = Function<std::vector<std::string>(doc::Value object)>;

  virtual ~Collection() = default;
  virtual bool hasSynced() const = 0;
  virtual const doc::Doc* get(std::string_view ns,
                              std::string_view name) const = 0;  // nullptr when absent
  // In order of key; ns "" lists all namespaces.
  virtual std::vector<doc::Doc> list(std::string_view ns = {}) const = 0;
  virtual size_t size() const = 0;

  // The handler outlives the collection or is removed. What is there already is reported as added
  // in a later turn.
  virtual void addHandler(CollectionHandler& handler) = 0;
  virtual void removeHandler(CollectionHandler& handler) = 0;

  // Before objects arrive: objects findable by the values the function gives ("owner uid", "node
  // name").
  virtual void addIndex(std::string name, IndexFunction function) = 0;
  virtual std::vector<doc::Doc> byIndex(std::string_view name, std::string_view value) const = 0;
};

struct CollectionOptions {
  std::string ns;  // "": all namespaces
  std::string label_selector;
  std::string field_selector;
};

// Starts listing at once. Errors of the server are logged and retried with jittered back-off
// (limits.h).
std::unique_ptr<Collection> makeCollection(io::Loop& loop, Rng& rng, Log& log, ApiClient& client,
                                           Resource resource, CollectionOptions options = {});

}  // namespace meshka::client
