// Keeps objects in a cluster as they should be: creates, corrects and deletes what carries our
// label, and nothing else. An object of the same name that somebody else made is an error of that
// object. Drift is repaired when the cluster reports it, whoever caused it.
#pragma once

#include <map>
#include <set>
#include <string>

#include "client/work_queue.h"
#include "mgmt/objects/live_kinds.h"

namespace meshka::mgmt {

inline constexpr const char* kReconcilerLabel = "reconciler.mesh.gloo.solo.io/name";

// "Kind.group/ns/name", "Kind/ns/name" in the core group, "Kind.group/name" without a namespace.
std::string referenceOf(doc::Value object);
// 16 hex digits of what the object should be.
std::string contentHash(const doc::Doc& object);

class Applier final : private KindHandler {
 public:
  // Of one object: "" or an error, for this content hash. Told once per outcome.
  using Report =
      Function<void(const std::string& reference, const std::string& hash, std::string error)>;

  // `reconciler` is the value of our label: what carries it is ours to delete. Before
  // kinds.start().
  Applier(io::World world, client::ApiClient& client, LiveKinds& kinds, std::string reconciler,
          Report report);
  ~Applier() override;

  // From now on the object should be so. It gets our label if it has another.
  void upsert(const std::string& reference, const std::string& hash, doc::Doc object);
  void erase(const std::string& reference);
  // What is wanted is all that is wanted: other objects with our label go.
  void complete();
  // All at once, for who knows everything.
  void replaceAll(const std::vector<doc::Doc>& objects);
  std::map<std::string, std::string> hashes() const;  // of what is wanted
  // The last outcome of each, where it is an error: reference -> (hash, error).
  std::map<std::string, std::pair<std::string, std::string>> failures() const;
  bool idle() const { return queue_.idle(); }

 private:
  struct Wanted {
    std::string hash;
    doc::Doc object;
    std::string reported = "?";  // the last outcome told; "?" none
  };
  void onObject(const LiveKind& kind, const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override;
  void onKind(const LiveKind& kind) override;
  void onSynced() override;
  bool ours(doc::Value object) const;
  void removeLeftovers();
  io::Task<Result<void>> work(std::string reference);
  io::Task<Result<void>> ensure(std::string reference);
  io::Task<Result<void>> removeIfOurs(std::string reference);
  Result<void> tell(const std::string& reference, const std::string& hash, Result<void> outcome);

  io::World world_;
  client::ApiClient& client_;
  LiveKinds& kinds_;
  const std::string reconciler_;
  Report report_;
  std::map<std::string, Wanted> wanted_;
  // Where to find what is to be deleted: the object as it was last seen or wanted.
  std::map<std::string, doc::Doc> doomed_;
  bool complete_ = false;
  client::WorkQueue queue_;
};

// The same by keys and labels only: true when `current` needs no update to be as `wanted` says.
bool fulfils(doc::Value current, doc::Value wanted);

}  // namespace meshka::mgmt
