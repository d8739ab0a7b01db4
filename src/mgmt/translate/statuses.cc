#include "mgmt/translate/statuses.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/strings.h"
#include "mgmt/translate/limits.h"

namespace meshka::mgmt {

using doc::Draft;

std::string_view toString(State state) {
  switch (state) {
    case State::kAccepted:
      return "ACCEPTED";
    case State::kWarning:
      return "WARNING";
    case State::kInvalid:
      return "INVALID";
    case State::kFailed:
      return "FAILED";
  }
  return "FAILED";
}

void Statuses::expect(const ObjectId& id, int64_t generation, StatusForm form) {
  Entry& entry = entries_[id];
  entry.generation = generation;
  entry.form = form;
}

void Statuses::add(const ObjectId& id, State state, std::string message) {
  const auto found = entries_.find(id);
  MESHKA_ASSERT(found != entries_.end());  // expect() comes first
  Entry& entry = found->second;
  entry.state = std::max(entry.state, state);
  const auto& known = entry.messages;
  if (std::find(known.begin(), known.end(), message) == known.end()) {
    entry.messages.push_back(std::move(message));
  }
}

void Statuses::note(const ObjectId& id, std::string message) {
  add(id, State::kAccepted, std::move(message));
}
void Statuses::warn(const ObjectId& id, std::string message) {
  add(id, State::kWarning, std::move(message));
}
void Statuses::invalid(const ObjectId& id, std::string message) {
  add(id, State::kInvalid, std::move(message));
}

void Statuses::applied(const ObjectId& id, const std::string& workspace,
                       const std::string& cluster) {
  const auto found = entries_.find(id);
  MESHKA_ASSERT(found != entries_.end());
  found->second.applied[workspace][cluster] = true;
}

Draft& Statuses::body(const ObjectId& id) {
  const auto found = entries_.find(id);
  MESHKA_ASSERT(found != entries_.end());
  return found->second.body;
}

State Statuses::state(const ObjectId& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? State::kAccepted : found->second.state;
}

doc::Doc Statuses::statusOf(const Entry& entry) {
  std::vector<std::string> shown = entry.messages;
  if (shown.size() > kMaxStatusFindings) {
    const size_t hidden = shown.size() - kMaxStatusFindings;
    shown.resize(kMaxStatusFindings);
    shown.push_back(cat("and ", hidden, " more"));
  }
  Draft state =
      Draft::object({{"state", toString(entry.state)}, {"observedGeneration", entry.generation}});
  if (!shown.empty()) state["message"] = join(shown, "; ");
  Draft status = entry.body;
  switch (entry.form) {
    case StatusForm::kGeneric:
      status["generic"] = std::move(state);
      break;
    case StatusForm::kGlobal:
      for (const auto& [workspace, clusters] : entry.applied) {
        for (const auto& [cluster, yes] : clusters) {
          status["workspaces"][workspace]["clusters"][cluster] = state;
        }
      }
      status["global"] = std::move(state);
      break;
    case StatusForm::kFlat:
      for (const std::string& key : state.keys()) status[key] = *state.find(key);
      break;
  }
  return status.finish();
}

std::vector<StatusUpdate> Statuses::finish() const {
  std::vector<StatusUpdate> updates;
  updates.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) {
    updates.push_back({id.cluster, id.resource, id.ns, id.name, statusOf(entry)});
  }
  return updates;
}

}  // namespace meshka::mgmt
