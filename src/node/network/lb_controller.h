// Writes LoadBalancer addresses into the statuses of Services.
#pragma once

#include <memory>

#include "client/collection.h"
#include "io/running.h"
#include "node/network/lb_pool.h"
#include "node/object/events.h"

namespace meshka::node {

class LbController final : private client::CollectionHandler {
 public:
  LbController(io::World world, client::ApiClient& api, client::Collection& services,
               EventRecorder& events, Cidr pool);
  ~LbController() override;

 private:
  void onChange(const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override;
  void onSynced() override { changed(); }
  void changed();
  io::Task<void> apply();

  io::World world_;
  client::ApiClient& api_;
  client::Collection& services_;
  EventRecorder& events_;
  Cidr pool_;
  io::Timer settle_;
  std::map<client::ObjectKey, std::string> told_;  // problems that have an event
  bool running_ = false, dirty_ = false;
  std::unique_ptr<io::Running> task_;
};

}  // namespace meshka::node
