// Admission: what may change or refuse a write between authorization and the store. Plug-ins are
// plain functions over the newest stored state; webhooks (admission/webhooks.h) are the only part
// that waits. The chain runs on hub forms.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/registry.h"
#include "apiserver/auth_interfaces.h"
#include "apiserver/call.h"
#include "apiserver/objects.h"
#include "doc/doc.h"

namespace meshka::apiserver {

enum class Operation : uint8_t { kCreate, kUpdate, kDelete, kConnect };
std::string_view toString(Operation operation);  // "CREATE"

struct AdmissionRequest {
  Operation operation = Operation::kCreate;
  const User& user;
  const api::Kind& kind;  // in the requested version
  std::string_view subresource;
  std::string_view ns;
  std::string_view name;
  bool dry_run = false;
  doc::Doc object;      // hub form; missing on delete
  doc::Doc old_object;  // hub form; missing on create
  doc::Doc options;     // CreateOptions, UpdateOptions, DeleteOptions as webhooks see them
  Warnings& warnings;

  bool is(std::string_view group, std::string_view plural) const {
    return kind->storage_group == group && kind->storage_plural == plural;
  }
};

class AdmissionPlugin {
 public:
  virtual ~AdmissionPlugin() = default;
  // May replace request.object.
  virtual Result<void> mutate(AdmissionRequest&) { return {}; }
  // Sees the final object.
  virtual Result<void> validate(const AdmissionRequest&) { return {}; }
  // Takes what the object needs (an address) in the turn of the commit; may write it into the
  // object.
  virtual Result<void> reserve(AdmissionRequest&) { return {}; }
  // Gives back what reserve() took: the commit failed, or it was a dry run.
  virtual void release(const AdmissionRequest&) {}
};

using AdmissionChain = std::vector<std::unique_ptr<AdmissionPlugin>>;

}  // namespace meshka::apiserver
