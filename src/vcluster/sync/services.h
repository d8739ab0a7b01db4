// Services both ways. A virtual Service is born with the address that the host gave (ServiceGate);
// later changes of either side are carried over by the syncer.
#pragma once

#include "vcluster/sync/context.h"

namespace meshka::vcluster {

// Asked by the virtual API server before a Service is stored: makes the host Service and returns
// the virtual one with its ClusterIP and node ports. A dry run makes nothing and returns the object
// as it is.
class ServiceGate {
 public:
  ServiceGate(io::World& world, client::ApiClient& host, Tenant tenant, Owner owner)
      : world_(world), host_(host), tenant_(std::move(tenant)), owner_(std::move(owner)) {}

  // Errors: those of the host, in the virtual object's words.
  io::Task<Result<doc::Doc>> admitCreate(doc::Doc virtual_service, bool dry_run);

 private:
  io::World& world_;
  client::ApiClient& host_;
  Tenant tenant_;
  Owner owner_;
};

class ServiceSyncer {
 public:
  explicit ServiceSyncer(SyncContext& context);

 private:
  io::Task<Result<void>> sync(std::string key);
  io::Task<Result<void>> syncBoth(doc::Doc virt, doc::Doc host);
  // True when a host Service without a virtual one is old enough to be nobody's: one that
  // ServiceGate just made is there before the virtual Service is stored.
  bool isAbandoned(const std::string& key, doc::Value host);
  SyncContext& context_;
  client::WorkQueue queue_;
  KeyFeed feed_;
};

// Endpoints of Services without selector, downwards. Only addresses of this virtual cluster's own
// pods pass.
class EndpointsSyncer {
 public:
  explicit EndpointsSyncer(SyncContext& context);

 private:
  io::Task<Result<void>> sync(std::string key);
  SyncContext& context_;
  client::WorkQueue queue_;
  KeyFeed feed_;
};

}  // namespace meshka::vcluster
