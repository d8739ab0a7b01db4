#include "vcluster/sync/nodes.h"

#include "base/strings.h"
#include "vcluster/lifecycle/resources.h"
#include "vcluster/limits.h"
#include "vcluster/translate/status.h"

namespace meshka::vcluster {

using io::Task;

NodeSyncer::NodeSyncer(SyncContext& context, client::Collection& host_nodes,
                       client::Collection& virtual_nodes)
    : context_(context),
      host_(host_nodes),
      virtual_(virtual_nodes),
      queue_(context.world.loop, context.world.rng, context.world.log,
             {.name = "nodes", .workers = 2},
             [this](std::string name) { return sync(std::move(name)); }),
      handler_(queue_),
      pod_handler_(queue_) {
  host_.addHandler(handler_);
  virtual_.addHandler(handler_);
  if (!context_.config.sync_all_nodes) context_.host_pods.addHandler(pod_handler_);
}

NodeSyncer::~NodeSyncer() {
  host_.removeHandler(handler_);
  virtual_.removeHandler(handler_);
  if (!context_.config.sync_all_nodes) context_.host_pods.removeHandler(pod_handler_);
}

void NodeSyncer::PodHandler::onChange(const client::ObjectKey&, const doc::Doc& before,
                                      const doc::Doc& after) {
  const std::string_view node = (after.exists() ? after : before)["spec"]["nodeName"].text();
  if (!node.empty()) queue.add(std::string(node));
}

Task<Result<void>> NodeSyncer::sync(std::string name) {
  co_await context_.synced.wait();
  const doc::Doc* host = host_.get("", name);
  const doc::Doc* virt = virtual_.get("", name);
  const bool wanted = host != nullptr && (context_.config.sync_all_nodes ||
                                          !context_.host_pods.byIndex("node", name).empty());
  if (!wanted) {
    if (virt == nullptr) co_return Result<void>();
    co_return settled(
        co_await context_.virt.remove(nodes(), "", name, {}, context_.callDeadline()));
  }
  const doc::Doc source = *host;
  if (virt == nullptr) {
    co_return settled(
        co_await context_.virt.create(nodes(), "", virtualNode(source), context_.callDeadline()));
  }
  if (const doc::Doc changed = updateVirtualNode(*virt, source); changed.exists()) {
    co_return settled(co_await context_.virt.update(nodes(), "", changed, context_.callDeadline()));
  }
  if (const doc::Doc changed = updateVirtualNodeStatus(*virt, source); changed.exists()) {
    co_return settled(co_await context_.virt.subresource("PUT", nodes(), "", name, "status",
                                                         changed, context_.callDeadline()));
  }
  co_return Result<void>();
}

EventSyncer::EventSyncer(SyncContext& context, client::Collection& host_events)
    : context_(context),
      host_events_(host_events),
      queue_(context.world.loop, context.world.rng, context.world.log,
             {.name = "events", .workers = 2},
             [this](std::string name) { return sync(std::move(name)); }),
      handler_(queue_) {
  host_events_.addHandler(handler_);
}

EventSyncer::~EventSyncer() {
  host_events_.removeHandler(handler_);
}

Task<Result<void>> EventSyncer::sync(std::string name) {
  co_await context_.synced.wait();
  const std::string& host_ns = context_.tenant().host_namespace;
  const doc::Doc* event = host_events_.get(host_ns, name);
  if (event == nullptr || (*event)["involvedObject"]["kind"].text() != "Pod")
    co_return Result<void>();
  const doc::Doc* host = context_.host_pods.get(host_ns, (*event)["involvedObject"]["name"].text());
  client::ObjectKey key;
  if (host == nullptr || !virtualIdentity(*host, context_.tenant(), key.ns, key.name))
    co_return Result<void>();
  const doc::Doc* pod = context_.virtual_pods.get(key.ns, key.name);
  if (pod == nullptr) co_return Result<void>();
  const doc::Doc copy = virtualEvent(*event, *pod);
  auto made = co_await context_.virt.create(events(), key.ns, copy, context_.callDeadline());
  if (made || made.error().code() != Code::kAlreadyExists) co_return settled(std::move(made));
  co_return settled(
      co_await context_.virt.patch(events(), key.ns, std::string(copy["metadata"]["name"].text()),
                                   client::PatchType::kMerge, copy, context_.callDeadline()));
}

}  // namespace meshka::vcluster
