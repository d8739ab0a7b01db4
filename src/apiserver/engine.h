// The verbs of the API over the store: get, list, create, update, patch, delete, deletecollection
// and the subresources. Both fronts call it: HTTP (server.h) and the in-process client
// (local_client.h). Watches are in watch.h.
//
// A write is: decode (types, unknown fields, defaults) -> hub form -> admission -> validation ->
// one commit at the revision that was read. Only webhooks and the commit itself wait; after a
// conflict a patch starts again from the newest object.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/registry.h"
#include "apiserver/admission.h"
#include "apiserver/auth_interfaces.h"
#include "apiserver/call.h"
#include "apiserver/config.h"
#include "apiserver/objects.h"
#include "apiserver/remote_admission.h"
#include "apiserver/selection.h"
#include "io/loop.h"
#include "io/task.h"

namespace meshka::apiserver {

class Webhooks;  // admission/webhooks.h

// Parts that an engine borrows; all outlive it. Null: the feature answers that it is not supported
// yet.
struct EngineParts {
  Authorizer* authorizer = nullptr;  // never null
  Reviews* reviewer = nullptr;
  EscalationCheck* escalation = nullptr;
  Webhooks* webhooks = nullptr;
  RemoteAdmission* remote = nullptr;
};

// Turns the current object (in the requested version) into the wanted one; asked again after a
// conflict.
class Mutation {
 public:
  virtual ~Mutation() = default;
  virtual Result<doc::Doc> apply(const doc::Doc& current) = 0;
};

class Engine {
 public:
  Engine(io::World world, Objects& objects, const Config& config, EngineParts parts,
         AdmissionChain chain);
  ~Engine();

  const Objects& objects() const { return objects_; }
  const io::World& world() const { return world_; }
  const Config& config() const { return config_; }

  // Errors: kForbidden, worded as the API server's.
  Result<void> authorize(const User& user, const Attributes& wanted) const;
  // Errors: kNotFound (not served), kUnsupported (405).
  Result<api::KindRef> route(const Attributes& wanted) const;

  // All verbs but watch and connect. Authorization is done before. `call` outlives the task.
  io::Task<Result<Answer>> handle(Call& call, Body body);

  // Pieces that watches use too.
  struct ListPlan {
    Selection selection;
    store::Range range;
    store::Revision at = 0;  // 0: newest
    std::optional<store::Key> after;
    bool inconsistent = false;  // a continue token that goes on at the newest revision
  };
  Result<ListPlan> planList(Call& call) const;

 private:
  struct Change;  // one prepared write

  // read.cc
  Result<Answer> get(Call& call) const;
  Result<Answer> list(Call& call) const;
  Result<store::Item> stored(const Call& call) const;

  // write.cc
  io::Task<Result<Answer>> create(Call& call, Body body);
  io::Task<Result<Answer>> modify(Call& call, Mutation& mutation, bool create_when_absent);
  io::Task<Result<doc::Doc>> modifyOnce(Call& call, const store::Item& item, Mutation& mutation);
  Result<doc::Doc> decode(Call& call, const doc::Doc& object,
                          const std::vector<std::string>& duplicates) const;
  Result<doc::Doc> prepareCreate(Call& call, const doc::Doc& decoded, bool& generated_name) const;
  Result<doc::Doc> prepareUpdate(Call& call, const doc::Doc& wanted, const doc::Doc& old) const;
  io::Task<Result<void>> admit(AdmissionRequest& request);
  Result<void> reserve(AdmissionRequest& request);
  void release(const AdmissionRequest& request);
  // The final step in one turn: reservations, then the commit. `expected` 0: the object must be
  // absent.
  io::Task<Result<doc::Doc>> commit(AdmissionRequest& request, store::Revision expected);
  io::Task<Result<doc::Doc>> createOnce(Call& call, const doc::Doc& decoded, bool& generated_name);
  AdmissionRequest admissionRequest(Call& call, Operation operation, doc::Doc object,
                                    doc::Doc old) const;
  Result<doc::Doc> redefault(const AdmissionRequest& request, const doc::Doc& before) const;

  // remove.cc
  io::Task<Result<Answer>> remove(Call& call);
  io::Task<Result<Answer>> removeItem(Call& call, store::Item item);
  io::Task<Result<Answer>> removeCollection(Call& call);

  // subresources.cc
  io::Task<Result<Answer>> scale(Call& call, Body body);
  io::Task<Result<Answer>> bind(Call& call, Body body);
  io::Task<Result<Answer>> evict(Call& call, Body body);
  Result<Answer> review(Call& call, Body body) const;
  Result<doc::Doc> scaleOf(const Call& call, const doc::Doc& object) const;

  friend class PatchMutation;
  friend class ReplaceMutation;

  io::World world_;
  Objects& objects_;
  const Config& config_;
  EngineParts parts_;
  AdmissionChain chain_;
};

// Applies a patch body to an object; strategic merge looks its keys up in the kind's schema.
// Errors: kInvalid, 415 (strategic on a custom resource), kTooLarge (operations).
Result<doc::Doc> applyPatch(const api::Kind& kind, PatchType type, doc::Value current,
                            doc::Value patch);

}  // namespace meshka::apiserver
