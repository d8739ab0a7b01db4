// CustomResourceDefinitions: checked and given their status in admission, put into the Registry
// when they are committed, cleaned up (instances first) when they are deleted.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/registry.h"
#include "apiserver/admission.h"
#include "apiserver/objects.h"
#include "client/api_client.h"
#include "io/async.h"
#include "io/loop.h"

namespace meshka::apiserver {

class CrdController final : private store::Watcher {
 public:
  CrdController(io::World world, const Objects& objects, api::Registry& registry);
  ~CrdController() override;
  // Takes up what the store holds and follows it. `client` may delete instances and write CRDs.
  // Errors: of the store.
  Result<void> start(std::unique_ptr<client::ApiClient> client);

 private:
  class Instances;
  void onEvents(const std::vector<const store::Event*>& events) override;
  void take(const doc::Doc& crd);
  // Deletes the instances, waits until they are gone, then lets the CRD go.
  io::Task<void> cleanUp(doc::Doc crd);

  io::World world_;
  const Objects& objects_;
  api::Registry& registry_;
  std::unique_ptr<client::ApiClient> client_;
  std::unique_ptr<store::Subscription> subscription_;
  std::map<std::string, bool> cleaning_;
  io::Group tasks_;  // last: ends first
};

// Structural rules, names, finalizer and status of CRDs.
std::unique_ptr<AdmissionPlugin> newCrdAdmission(const Objects& objects, const io::Clock& clock);

}  // namespace meshka::apiserver
