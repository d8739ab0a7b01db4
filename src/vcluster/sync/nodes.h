// The host's nodes, shown inside: all of them, or those that run a pod of this virtual cluster.
#pragma once

#include "vcluster/sync/context.h"

namespace meshka::vcluster {

class NodeSyncer {
 public:
  NodeSyncer(SyncContext& context, client::Collection& host_nodes,
             client::Collection& virtual_nodes);
  ~NodeSyncer();

 private:
  io::Task<Result<void>> sync(std::string name);
  struct Handler final : client::CollectionHandler {
    explicit Handler(client::WorkQueue& q) : queue(q) {}
    void onChange(const client::ObjectKey& key, const doc::Doc&, const doc::Doc&) override {
      queue.add(key.name);
    }
    client::WorkQueue& queue;
  };
  struct PodHandler final : client::CollectionHandler {
    explicit PodHandler(client::WorkQueue& q) : queue(q) {}
    void onChange(const client::ObjectKey&, const doc::Doc& before, const doc::Doc& after) override;
    client::WorkQueue& queue;
  };

  SyncContext& context_;
  client::Collection& host_;
  client::Collection& virtual_;
  client::WorkQueue queue_;
  Handler handler_;
  PodHandler pod_handler_;
};

// Events about synced pods, upwards.
class EventSyncer {
 public:
  EventSyncer(SyncContext& context, client::Collection& host_events);
  ~EventSyncer();

 private:
  io::Task<Result<void>> sync(std::string name);
  struct Handler final : client::CollectionHandler {
    explicit Handler(client::WorkQueue& q) : queue(q) {}
    void onChange(const client::ObjectKey& key, const doc::Doc&, const doc::Doc& after) override {
      if (after.exists()) queue.add(key.name);
    }
    client::WorkQueue& queue;
  };

  SyncContext& context_;
  client::Collection& host_events_;
  client::WorkQueue queue_;
  Handler handler_;
};

}  // namespace meshka::vcluster
