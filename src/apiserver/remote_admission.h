// The one step of admission that asks another API server: a virtual cluster makes a Service on its
// host first, whose addresses are then the virtual Service's own.
#pragma once

#include "api/registry.h"
#include "doc/doc.h"
#include "io/task.h"

namespace meshka::apiserver {

class RemoteAdmission {
 public:
  virtual ~RemoteAdmission() = default;
  // Called last, for every CREATE that is about to be committed; gives the object to store. A dry
  // run changes nothing. Errors refuse the request.
  virtual io::Task<Result<doc::Doc>> admitCreate(const api::Kind& kind, doc::Doc object,
                                                 bool dry_run) = 0;
};

}  // namespace meshka::apiserver
