// Derived: values computed from collections, recomputed only when something they looked at changes.
// What a computation reads is recorded while it reads; nobody writes a dependency by hand.
// docs/design/derived-collections.md
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/collection.h"
#include "client/limits.h"
#include "io/loop.h"

namespace meshka::client {

// Somebody whose numbered values depend on sources.
class Dependent {
 public:
  virtual ~Dependent() = default;
  virtual void onInputChanged(uint64_t node) = 0;
  // A source's object changed; told for every object, for those that make keys of them.
  virtual void onObject(const void* source, const doc::Doc& before, const doc::Doc& after) = 0;
  virtual void onInputSynced() = 0;
};

class Fetch;

// A collection as an input. It outlives what is derived from it; the collection outlives it.
class Source final : private CollectionHandler {
 public:
  explicit Source(Collection& collection);
  ~Source() override;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Before anything is derived. Twice as many calls as objects: the function is cheap.
  void addIndex(std::string name, std::vector<std::string> (*function)(doc::Value object));
  bool hasSynced() const { return collection_.hasSynced(); }

  void attach(Dependent& dependent);
  void detach(Dependent& dependent);

 private:
  friend class Fetch;
  using Subscriber = std::pair<Dependent*, uint64_t>;
  void onChange(const ObjectKey& key, const doc::Doc& before, const doc::Doc& after) override;
  void onSynced() override;
  void wake(const std::string& what);

  Collection& collection_;
  std::map<std::string, std::vector<std::string> (*)(doc::Value), std::less<>> indexes_;
  // What was read ("=ns/name", "@ns", "#index/value", "*") and by whom.
  std::map<std::string, std::set<Subscriber>> readers_;
  std::vector<Dependent*> dependents_;
  std::set<ObjectKey> told_;  // what the collection has reported to us
};

// What a computation reads through. Records each read, and forgets them when it dies.
class Fetch final {
 public:
  Fetch(Dependent& dependent, uint64_t node) : dependent_(dependent), node_(node) {}
  ~Fetch() { forget(); }
  Fetch(Fetch&& other) noexcept
      : dependent_(other.dependent_), node_(other.node_), reads_(std::exchange(other.reads_, {})) {}
  Fetch& operator=(Fetch&&) = delete;

  const doc::Doc* get(Source& source, std::string_view ns, std::string_view name);
  std::vector<doc::Doc> list(Source& source, std::string_view ns = {});
  std::vector<doc::Doc> byIndex(Source& source, std::string_view index, std::string_view value);
  void forget();

 private:
  void record(Source& source, std::string what);
  Dependent& dependent_;
  uint64_t node_;
  std::set<std::pair<Source*, std::string>> reads_;
};

// Key is ordered; Out compares with ==. Recomputation happens in a later turn than the change, once
// for all changes of a turn, and not before all inputs have been listed.
template <class Key, class Out>
class Derived final : private Dependent {
 public:
  using KeysOf = Function<std::vector<Key>(doc::Value object)>;
  // nullopt: there is no such value now.
  using Compute = Function<std::optional<Out>(const Key& key, Fetch& fetch)>;
  // before or after may be null, not both. Not called when a recomputation gives the same value.
  using Handler = Function<void(const Key& key, const Out* before, const Out* after)>;

  // The objects of `primary` name the keys that exist; `inputs` are all other sources that
  // `compute` reads.
  Derived(io::Loop& loop, Source& primary, KeysOf keys_of, std::vector<Source*> inputs,
          Compute compute)
      : primary_(&primary),
        keys_of_(std::move(keys_of)),
        inputs_(std::move(inputs)),
        compute_(std::move(compute)),
        timer_(loop, [this] { flush(); }) {
    inputs_.push_back(&primary);
    for (Source* input : inputs_) input->attach(*this);
  }
  ~Derived() override {
    for (Source* input : inputs_) input->detach(*this);
  }

  void addHandler(Handler handler) { handlers_.push_back(std::move(handler)); }
  const Out* get(const Key& key) const {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return nullptr;
    const Node& node = nodes_.at(found->second);
    return node.value ? &*node.value : nullptr;
  }
  std::vector<std::pair<Key, Out>> list() const {
    std::vector<std::pair<Key, Out>> out;
    for (const auto& [key, id] : keys_) {
      if (const Node& node = nodes_.at(id); node.value) out.emplace_back(key, *node.value);
    }
    return out;
  }
  // All inputs have been listed and all values are computed.
  bool hasSynced() const { return inputsSynced() && dirty_.empty(); }
  size_t computations() const { return computations_; }

 private:
  struct Node {
    Key key;
    size_t references = 0;  // primary objects that name it
    std::optional<Out> value;
    std::optional<Fetch> reads;
  };

  bool inputsSynced() const {
    for (const Source* input : inputs_) {
      if (!input->hasSynced()) return false;
    }
    return true;
  }
  void onInputSynced() override { timer_.armAfter(Duration{}); }
  void onInputChanged(uint64_t id) override {
    dirty_.insert(id);
    timer_.armAfter(Duration{});
  }
  void onObject(const void* source, const doc::Doc& before, const doc::Doc& after) override {
    if (source != primary_) return;
    if (after.exists()) {
      for (Key& key : keys_of_(after)) {
        const auto [at, added] = keys_.emplace(key, next_id_);
        if (added) nodes_.emplace(next_id_++, Node{.key = std::move(key)});
        ++nodes_.at(at->second).references;
        onInputChanged(at->second);
      }
    }
    if (before.exists()) {
      for (const Key& key : keys_of_(before)) {
        const auto at = keys_.find(key);
        if (at == keys_.end()) continue;
        --nodes_.at(at->second).references;
        onInputChanged(at->second);
      }
    }
  }

  void flush() {
    if (!inputsSynced()) return;
    for (size_t i = 0; i < kDerivedBurst && !dirty_.empty(); ++i) {
      const uint64_t id = *dirty_.begin();
      dirty_.erase(dirty_.begin());
      recompute(id);
    }
    if (!dirty_.empty()) timer_.armAfter(Duration{});
  }

  void recompute(uint64_t id) {
    const auto at = nodes_.find(id);
    if (at == nodes_.end()) return;
    Node& node = at->second;
    const Key key = node.key;
    std::optional<Out> before = std::move(node.value);
    node.reads.reset();
    std::optional<Out> after;
    if (node.references > 0) {
      ++computations_;
      Fetch fetch(*this, id);
      after = compute_(key, fetch);
      node.reads.emplace(std::move(fetch));
      node.value = after;
    } else {
      keys_.erase(key);
      nodes_.erase(at);
    }
    if (before == after) return;
    for (Handler& handler : handlers_) {
      handler(key, before ? &*before : nullptr, after ? &*after : nullptr);
    }
  }

  Source* const primary_;
  KeysOf keys_of_;
  std::vector<Source*> inputs_;
  Compute compute_;
  std::vector<Handler> handlers_;
  std::map<Key, uint64_t> keys_;
  std::map<uint64_t, Node> nodes_;
  std::set<uint64_t> dirty_;
  uint64_t next_id_ = 1;
  size_t computations_ = 0;
  io::Timer timer_;
};

}  // namespace meshka::client
