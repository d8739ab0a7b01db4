// The server's picture of one cluster, put together from what its agent pushes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/collection.h"
#include "doc/doc.h"
#include "mgmt/relay/messages.h"

namespace meshka::mgmt {

class Snapshot {
 public:
  using Objects = std::map<std::string, std::map<client::ObjectKey, doc::Doc>>;  // by resource
  struct Change {
    std::string resource;
    client::ObjectKey key;
    doc::Doc object;  // missing: gone
  };

  // True: the picture is whole again (false: more pieces follow). What changed is appended to
  // `changes`. Errors: kConflict (of another session), kTooLarge; the picture stays as it was.
  Result<bool> apply(const Delta& delta, std::vector<Change>& changes);
  // A stream ended: pieces of an unfinished snapshot are dropped.
  void dropPieces() {
    staging_.clear();
    staged_ = 0;
  }
  // As kept from an earlier life.
  void restore(std::string session, uint64_t version, Objects objects);

  const std::string& session() const { return session_; }
  uint64_t version() const { return version_; }
  const Objects& objects() const { return objects_; }
  const doc::Doc* get(const std::string& resource, const client::ObjectKey& key) const;
  size_t size() const;

 private:
  void replaceAll(std::vector<Change>& changes);

  std::string session_;
  uint64_t version_ = 0;
  Objects objects_;
  Objects staging_;
  size_t staged_ = 0;
};

}  // namespace meshka::mgmt
