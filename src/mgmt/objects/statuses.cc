#include "mgmt/objects/statuses.h"

#include "base/strings.h"
#include "mgmt/limits.h"

namespace meshka::mgmt {

using client::ObjectKey;
using doc::Doc;
using io::Task;

StatusWriter::StatusWriter(io::World world, client::ApiClient& client, LiveKinds& kinds)
    : world_(world),
      client_(client),
      kinds_(kinds),
      queue_(world.loop, world.rng, world.log,
             {.name = "statuses", .workers = kApplyWorkers, .longest_retry = seconds(10)},
             [this](std::string name) { return work(std::move(name)); }) {
  kinds_.addHandler(*this);
}

StatusWriter::~StatusWriter() = default;

void StatusWriter::set(const std::string& resource, const ObjectKey& key, Doc status) {
  std::string name = cat(resource, " ", key.toString());
  Doc& wanted = wanted_[name];
  if (wanted.exists() && wanted == status) return;
  wanted = std::move(status);
  queue_.add(std::move(name));
}

void StatusWriter::forget(const std::string& resource, const ObjectKey& key) {
  wanted_.erase(cat(resource, " ", key.toString()));
}

void StatusWriter::onObject(const LiveKind& kind, const ObjectKey& key, const Doc&,
                            const Doc& after) {
  if (!after.exists()) return;
  std::string name = cat(kind.name, " ", key.toString());
  if (wanted_.contains(name)) queue_.add(std::move(name));
}

Task<Result<void>> StatusWriter::work(std::string name) {
  const auto found = wanted_.find(name);
  if (found == wanted_.end()) co_return Result<void>();
  const size_t blank = name.find(' ');
  const std::string resource = name.substr(0, blank);
  const ObjectKey key = ObjectKey::parse(std::string_view(name).substr(blank + 1));
  const Doc* current = kinds_.get(resource, key);
  const LiveKind* info = kinds_.info(resource);
  if (current == nullptr || current->value()["status"] == found->second) co_return Result<void>();
  doc::Draft next(*current);
  next["apiVersion"] = info->apiVersion();
  next["kind"] = info->kind;
  next["status"] = doc::Draft(found->second);
  auto done = co_await client_.subresource("PUT", info->resource, key.ns, key.name, "status",
                                           next.finish(), world_.clock().now() + kCallTimeout);
  if (done || done.error().code() == Code::kNotFound) co_return Result<void>();
  co_return fail(done.error());
}

}  // namespace meshka::mgmt
