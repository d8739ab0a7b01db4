// The syncer of one virtual cluster: everything between its API and its host's.
#pragma once

#include <memory>

#include "vcluster/sync/context.h"

namespace meshka::vcluster {

class Syncer {
 public:
  // `virt` speaks to the virtual API as an administrator, `host` with the rights of the chart's
  // Role.
  Syncer(io::World& world, client::ApiClient& host, client::ApiClient& virt, SyncConfig config,
         Owner owner, std::string kubernetes_ip);
  ~Syncer();

  // All collections of both sides have been listed once.
  bool hasSynced() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace meshka::vcluster
