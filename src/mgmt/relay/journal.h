// What an agent knows of its cluster, each object with the version of its last change, so that a
// server that has seen everything up to some version gets only what is newer. Deletions are
// remembered up to a bound; who is further behind gets everything.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/collection.h"
#include "doc/doc.h"
#include "mgmt/relay/messages.h"

namespace meshka::mgmt {

class Journal {
 public:
  // `session` tells this journal's versions from those of an earlier life.
  explicit Journal(std::string session) : session_(std::move(session)) {}

  // `object` missing: gone. The same object again is no change.
  void set(const std::string& resource, const client::ObjectKey& key, const doc::Doc& object);

  const std::string& session() const { return session_; }
  uint64_t version() const { return version_; }
  size_t size() const { return objects_; }
  // Pieces of bounded size, each complete by itself. Nothing: too long ago, or of another session;
  // then everything() is due.
  std::optional<std::vector<Delta>> since(const std::string& session, uint64_t version) const;
  std::vector<Delta> everything() const;

 private:
  using Reference = std::pair<std::string, client::ObjectKey>;
  struct Entry {
    uint64_t version = 0;
    doc::Doc object;  // missing: deleted
  };
  std::vector<Delta> collect(uint64_t after, bool full) const;
  void forgetOldDeletions();

  const std::string session_;
  uint64_t version_ = 0;
  uint64_t floor_ = 0;  // deletions up to this version may be forgotten
  size_t objects_ = 0;
  std::map<Reference, Entry> entries_;
  std::map<uint64_t, Reference> by_version_;
  std::map<uint64_t, Reference> tombstones_;
};

}  // namespace meshka::mgmt
