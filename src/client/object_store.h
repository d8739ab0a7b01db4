// The objects of a collection with their indexes and handlers. Synchronous: list and watch, and
// derived collections, feed it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "client/collection.h"
#include "io/loop.h"

namespace meshka::client {

class ObjectStore final {
 public:
  explicit ObjectStore(io::Loop& loop) : replay_(loop, [this] { replayNew(); }) {}
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;

  bool synced() const { return synced_; }
  const doc::Doc* get(std::string_view ns, std::string_view name) const;
  std::vector<doc::Doc> list(std::string_view ns) const;
  size_t size() const { return objects_.size(); }
  void addHandler(CollectionHandler& handler);
  void removeHandler(CollectionHandler& handler);
  void addIndex(std::string name, Collection::IndexFunction function);
  std::vector<doc::Doc> byIndex(std::string_view name, std::string_view value) const;
  std::vector<ObjectKey> keys() const;

  // Stores (missing: erases) and tells the handlers; nothing happens when it is what is there.
  void put(const ObjectKey& key, doc::Doc object);
  // The whole content: what is not in `objects` is gone.
  void replace(std::map<ObjectKey, doc::Doc> objects);
  void markSynced();

 private:
  struct KeyView {
    std::string_view ns;
    std::string_view name;
  };
  struct Less {
    using is_transparent = void;
    static KeyView view(const ObjectKey& k) { return {k.ns, k.name}; }
    static KeyView view(KeyView k) { return k; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      const KeyView x = view(a);
      const KeyView y = view(b);
      return x.ns != y.ns ? x.ns < y.ns : x.name < y.name;
    }
  };
  struct ByKey {
    bool operator()(const ObjectKey* a, const ObjectKey* b) const { return *a < *b; }
  };
  struct Index {
    Collection::IndexFunction function;
    // Values point to keys of objects_.
    std::map<std::string, std::set<const ObjectKey*, ByKey>, std::less<>> keys;
  };
  struct Listener {
    CollectionHandler* handler;  // null: removed while others were told
    bool live = false;           // has been told what was there
  };

  void unindex(const ObjectKey& key, doc::Value object);
  void index(const ObjectKey& key, doc::Value object);
  void tell(const ObjectKey& key, const doc::Doc& before, const doc::Doc& after);
  void replayNew();
  void dropRemoved();

  std::map<ObjectKey, doc::Doc, Less> objects_;
  std::map<std::string, Index, std::less<>> indexes_;
  std::vector<Listener> listeners_;
  int telling_ = 0;
  bool synced_ = false;
  io::Timer replay_;
};

}  // namespace meshka::client
