// Keeps the status of objects as it should be, in whichever cluster they live.
#pragma once

#include <map>
#include <string>

#include "client/work_queue.h"
#include "mgmt/objects/live_kinds.h"

namespace meshka::mgmt {

class StatusWriter final : private KindHandler {
 public:
  // Before kinds.start().
  StatusWriter(io::World world, client::ApiClient& client, LiveKinds& kinds);
  ~StatusWriter() override;

  // The whole status of the object. Nothing happens while there is no such object.
  void set(const std::string& resource, const client::ObjectKey& key, doc::Doc status);
  void forget(const std::string& resource, const client::ObjectKey& key);
  bool idle() const { return queue_.idle(); }

 private:
  void onObject(const LiveKind& kind, const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override;
  io::Task<Result<void>> work(std::string name);

  io::World world_;
  client::ApiClient& client_;
  LiveKinds& kinds_;
  std::map<std::string, doc::Doc> wanted_;  // by "resource ns/name"
  client::WorkQueue queue_;
};

}  // namespace meshka::mgmt
