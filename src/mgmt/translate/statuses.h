// The status of each object that a user wrote: findings are collected while translating, each names
// the field and the fix; the worst gives the state. Every object known gets a status each time, so
// none can be stale.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mgmt/translate/kinds.h"
#include "mgmt/translate/world.h"

namespace meshka::mgmt {

// In order of severity.
enum class State : uint8_t { kAccepted, kWarning, kInvalid, kFailed };
std::string_view toString(State state);

class Statuses {
 public:
  // The object exists; `form` says where its state goes.
  void expect(const ObjectId& id, int64_t generation, StatusForm form);

  // Applied as written; the user may still want to know.
  void note(const ObjectId& id, std::string message);
  // Applied in part.
  void warn(const ObjectId& id, std::string message);
  // Not applied.
  void invalid(const ObjectId& id, std::string message);
  // Something was written for this workspace to this cluster.
  void applied(const ObjectId& id, const std::string& workspace, const std::string& cluster);
  // Further fields of the status.
  doc::Draft& body(const ObjectId& id);

  State state(const ObjectId& id) const;
  std::vector<StatusUpdate> finish() const;

 private:
  struct Entry {
    int64_t generation = 0;
    StatusForm form = StatusForm::kGeneric;
    State state = State::kAccepted;
    std::vector<std::string> messages;  // without repetition
    std::map<std::string, std::map<std::string, bool>> applied;
    doc::Draft body = doc::Draft::object();
  };
  void add(const ObjectId& id, State state, std::string message);
  static doc::Doc statusOf(const Entry& entry);
  std::map<ObjectId, Entry> entries_;
};

}  // namespace meshka::mgmt
