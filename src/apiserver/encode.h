// Bytes of answers: objects, lists, tables and metadata-only forms. Encoded objects are kept by
// (object, revision, group-version, form), so the answer to a write, later reads and all watchers
// share one encoding.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "apiserver/call.h"
#include "apiserver/negotiate.h"
#include "apiserver/objects.h"
#include "io/loop.h"

namespace meshka::apiserver {

using Bytes = std::shared_ptr<const std::string>;

class Encoder {
 public:
  Encoder(const Objects& objects, const io::Clock& clock) : objects_(objects), clock_(clock) {}

  // One object of `kind`, in that kind's version. `include` is includeObject of tables ("" is
  // Metadata).
  std::string object(const api::Kind& kind, const Accepted& form, std::string_view include,
                     const doc::Doc& object);
  std::string list(const api::Kind& kind, const Accepted& form, std::string_view include,
                   const ListAnswer& list);
  // Another object (Status, Scale, discovery): tables do not apply.
  std::string plain(const Accepted& form, doc::Value object, bool pretty) const;

  // JSON of a stored (hub form) object as a watch event's object; shared by all watchers of one
  // turn. `columns`: tables send their column definitions with the first event only.
  Result<Bytes> watched(const api::Kind& kind, const Accepted& form, std::string_view include,
                        bool columns, const doc::Doc& stored);
  doc::Doc bookmarkForm(const api::Kind& kind, const Accepted& form,
                        const doc::Doc& bookmark) const;

  size_t cacheHits() const { return hits_; }

 private:
  uint8_t minor() const { return objects_.registry().emulation().minor; }
  Bytes cached(const std::string& key) const;
  void keep(const std::string& key, Bytes bytes);

  const Objects& objects_;
  const io::Clock& clock_;
  // Two generations: what is not used while the younger one fills up goes.
  std::unordered_map<std::string, Bytes> young_, old_;
  size_t young_bytes_ = 0;
  mutable size_t hits_ = 0;
};

// meta.k8s.io PartialObjectMetadata of an object.
doc::Doc partialMetadata(doc::Value object, std::string_view meta_version);

}  // namespace meshka::apiserver
