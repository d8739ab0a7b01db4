// An API server in memory for tests: revisions, watches, selectors, patches, finalizers, graceful
// deletion of pods, status, binding and token subresources. It knows no kinds: nothing is defaulted
// or validated, and any resource exists. It passes client/test/api_client_contract.h.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/rng.h"
#include "client/api_client.h"
#include "doc/doc.h"
#include "io/loop.h"

namespace meshka::client {

class FakeApiClient final : public ApiClient {
 public:
  FakeApiClient(io::Loop& loop, Rng& rng);
  ~FakeApiClient() override;

  io::Task<Result<doc::Doc>> get(Resource r, std::string ns, std::string name,
                                 Instant deadline) override;
  io::Task<Result<ObjectList>> list(Resource r, std::string ns, ListOptions options,
                                    Instant deadline) override;
  // A status that the object brings along is kept (a real server drops it for most kinds).
  io::Task<Result<doc::Doc>> create(Resource r, std::string ns, doc::Doc object, Instant deadline,
                                    WriteOptions options = {}) override;
  io::Task<Result<doc::Doc>> update(Resource r, std::string ns, doc::Doc object, Instant deadline,
                                    WriteOptions options = {}) override;
  // A strategic patch is taken as a merge patch: kinds are not known.
  io::Task<Result<doc::Doc>> patch(Resource r, std::string ns, std::string name, PatchType type,
                                   doc::Doc patch, Instant deadline,
                                   WriteOptions options = {}) override;
  io::Task<Result<void>> remove(Resource r, std::string ns, std::string name, DeleteOptions options,
                                Instant deadline) override;
  // status, binding, token, eviction, finalize.
  io::Task<Result<doc::Doc>> subresource(std::string method, Resource r, std::string ns,
                                         std::string name, std::string subresource, doc::Doc body,
                                         Instant deadline) override;
  io::Task<Result<std::unique_ptr<WatchStream>>> watch(Resource r, std::string ns,
                                                       ListOptions options,
                                                       Instant deadline) override;
  // GET /version only.
  io::Task<Result<doc::Doc>> raw(std::string method, std::string target, doc::Doc body,
                                 Instant deadline) override;

  // For tests, at once and without faults.
  doc::Doc find(const Resource& r, std::string_view ns, std::string_view name) const;
  size_t count(const Resource& r) const;
  // The next `n` calls (watch events excepted) fail so.
  void failNext(Error error, size_t n = 1);
  // Watches end as when a connection is lost.
  void breakWatches();
  // Revisions before now are forgotten: watches from them expire, running ones too.
  void compact();
  void sendBookmarks();
  size_t calls() const { return calls_; }    // all but watch events
  size_t writes() const { return writes_; }  // that changed something

 private:
  class Watch;
  using Key = std::pair<std::string, std::string>;  // namespace, name
  struct Change {
    uint64_t revision;
    Resource resource;
    doc::Doc before;
    doc::Doc after;
  };
  io::Task<Result<void>> arrive();
  Result<doc::Doc> stored(const Resource& r, const std::string& ns, const std::string& name) const;
  doc::Doc commit(const Resource& r, doc::Draft object, const doc::Doc& before);
  Result<doc::Doc> replace(const Resource& r, const doc::Doc& before, doc::Draft wanted,
                           bool status_only, bool dry_run);
  Result<void> removeNow(const Resource& r, const doc::Doc& object, const DeleteOptions& options);
  void erase(const Resource& r, const doc::Doc& object);
  void record(const Resource& r, doc::Doc before, doc::Doc after);

  io::Loop& loop_;
  Rng& rng_;
  std::map<Resource, std::map<Key, doc::Doc>> objects_;
  std::vector<Change> history_;
  std::set<Watch*> watches_;
  std::vector<Error> failures_;
  uint64_t revision_ = 1000;
  uint64_t compacted_ = 0;
  size_t calls_ = 0;
  size_t writes_ = 0;
};

}  // namespace meshka::client
