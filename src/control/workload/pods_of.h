// Pods of one owner: what to create and delete, and the memory of what was asked for and not seen
// yet, without which a second round before the first one's events would do the work twice.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "control/context.h"

namespace meshka::control {

class PodControl {
 public:
  PodControl(Context& context, std::string component)
      : context_(context), component_(std::move(component)) {}

  // False while pods that were created for `owner` are not in the collection yet (their events
  // bring the key back).
  bool caughtUp(const std::string& owner_uid);
  // Pods of the owner in the collection; those whose deletion was asked for show it already.
  std::vector<doc::Doc> podsOf(const std::string& owner_uid);

  // Creates a pod; records SuccessfulCreate or FailedCreate on the owner.
  io::Task<Result<void>> create(doc::Doc owner, std::string kind, doc::Doc pod);
  io::Task<Result<void>> remove(doc::Doc owner, std::string kind, doc::Doc pod);
  void forget(const std::string& owner_uid) { created_.erase(owner_uid); }

 private:
  Context& context_;
  const std::string component_;
  std::map<std::string, std::map<client::ObjectKey, Instant>> created_;  // by owner uid
  std::set<std::string> deleted_;                                        // pod uids
};

// A pod from a template: labels, annotations and spec; named by the caller.
doc::Draft podFromTemplate(doc::Value pod_template, doc::Value owner, std::string_view api_version,
                           std::string_view kind);

}  // namespace meshka::control
