#include "vcluster/sync/context.h"

#include "vcluster/limits.h"

namespace meshka::vcluster {

Instant SyncContext::callDeadline() const {
  return world.clock().now() + kCallTimeout;
}

struct KeyFeed::Host final : client::CollectionHandler {
  Host(const Tenant& t, client::WorkQueue& q) : tenant(t), queue(q) {}
  void onChange(const client::ObjectKey&, const doc::Doc& before, const doc::Doc& after) override {
    client::ObjectKey key;
    if (virtualIdentity(after.exists() ? after : before, tenant, key.ns, key.name))
      queue.add(key.toString());
  }
  const Tenant& tenant;
  client::WorkQueue& queue;
};

struct KeyFeed::Virtual final : client::CollectionHandler {
  explicit Virtual(client::WorkQueue& q) : queue(q) {}
  void onChange(const client::ObjectKey& key, const doc::Doc&, const doc::Doc&) override {
    queue.add(key.toString());
  }
  client::WorkQueue& queue;
};

KeyFeed::KeyFeed(const SyncContext& context, client::Collection* host, client::Collection& virt,
                 client::WorkQueue& queue)
    : host_collection_(host),
      virtual_collection_(virt),
      host_(host == nullptr ? nullptr : std::make_unique<Host>(context.tenant(), queue)),
      virtual_(std::make_unique<Virtual>(queue)) {
  if (host_ != nullptr) host_collection_->addHandler(*host_);
  virtual_collection_.addHandler(*virtual_);
}

KeyFeed::~KeyFeed() {
  if (host_ != nullptr) host_collection_->removeHandler(*host_);
  virtual_collection_.removeHandler(*virtual_);
}

Result<void> settled(Result<void> result) {
  if (result) return {};
  const Code code = result.error().code();
  if (code == Code::kNotFound || code == Code::kConflict || code == Code::kAlreadyExists) return {};
  return result;
}

}  // namespace meshka::vcluster
