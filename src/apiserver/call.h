// One API request between the front (HTTP, or the in-process client) and the verbs: who asks, for
// what, with which options; and its answer, before it has a form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/registry.h"
#include "apiserver/auth_interfaces.h"
#include "apiserver/request.h"
#include "doc/doc.h"
#include "store/store.h"

namespace meshka::apiserver {

// Texts of `Warning:` headers, each once.
class Warnings {
 public:
  void add(std::string_view text);
  const std::vector<std::string>& all() const { return texts_; }

 private:
  std::vector<std::string> texts_;
};

struct Call {
  User user;
  Attributes attributes;
  api::KindRef kind;  // in the requested version
  Options options;
  DeleteRequest removal;  // delete, deletecollection
  Warnings warnings;
  // Set with a 410 of a list: the token that goes on behind the compacted one.
  std::string fresh_continue;
};

enum class PatchType : uint8_t { kNone, kJson, kMerge, kStrategic };

struct Body {
  doc::Doc object;
  std::vector<std::string> duplicate_keys;
  PatchType patch = PatchType::kNone;
};

struct ListAnswer {
  std::vector<doc::Doc> items;  // in the requested version
  store::Revision revision = 0;
  std::string continue_token;
  std::optional<size_t> remaining;
};

struct Answer {
  int code = 200;
  doc::Doc object;      // in the requested version, or a Status
  bool is_kind = true;  // the object is of the call's kind: tables know its columns
  std::optional<ListAnswer> list;
};

}  // namespace meshka::apiserver
