// What the kind syncers share: both sides' clients, and the live collections of both sides. A
// syncer is a queue of virtual keys; a change on either side puts the virtual key into it, and the
// work function compares both sides and writes the difference. Nothing is remembered between two
// runs, so a restart needs no recovery.
#pragma once

#include <memory>
#include <string>

#include "client/collection.h"
#include "client/work_queue.h"
#include "io/async.h"
#include "io/loop.h"
#include "vcluster/chart/values.h"
#include "vcluster/translate/metadata.h"

namespace meshka::vcluster {

struct SyncConfig {
  Tenant tenant;
  std::string service_name;  // of the control plane on the host
  std::string own_ip;        // this pod's: endpoints may name it
  std::string cluster_domain = "cluster.local";
  bool sync_nodes = false;
  bool sync_all_nodes = false;
};

struct SyncContext {
  io::World& world;
  // Set when all collections have been listed once. Every work function waits for it: before, an
  // object of one side looks as if it had no counterpart, and would be deleted.
  io::Event& synced;
  client::ApiClient& host;
  client::ApiClient& virt;
  SyncConfig config;
  Owner owner;                // the control plane's Service
  std::string kubernetes_ip;  // its ClusterIP

  client::Collection& host_services;
  client::Collection& host_pods;
  client::Collection& host_config_maps;
  client::Collection& host_secrets;
  client::Collection& host_endpoints;
  client::Collection& virtual_services;
  client::Collection& virtual_pods;
  client::Collection& virtual_config_maps;
  client::Collection& virtual_secrets;
  client::Collection& virtual_endpoints;
  client::Collection& virtual_namespaces;

  const Tenant& tenant() const { return config.tenant; }
  Instant callDeadline() const;
};

// Index on virtual_pods: "configmap/NS/NAME" and "secret/NS/NAME" of everything a pod uses.
inline constexpr const char* kUsesIndex = "uses";

// Forwards changes of a host collection and a virtual collection to one queue, as virtual keys.
class KeyFeed {
 public:
  KeyFeed(const SyncContext& context, client::Collection* host, client::Collection& virt,
          client::WorkQueue& queue);
  ~KeyFeed();

 private:
  struct Host;
  struct Virtual;
  client::Collection* host_collection_;
  client::Collection& virtual_collection_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<Virtual> virtual_;
};

// NotFound on a delete, Conflict on an update that the other side's next event will bring again:
// not failures.
Result<void> settled(Result<void> result);
template <class T>
Result<void> settled(Result<T> result) {
  if (result) return {};
  return settled(Result<void>(fail(std::move(result).error())));
}

}  // namespace meshka::vcluster
