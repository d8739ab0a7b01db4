#include "node/object/events.h"

#include "base/strings.h"
#include "node/limits.h"

namespace meshka::node {
namespace {

const client::Resource kEvents{"", "v1", "events"};

}  // namespace

EventRecorder::EventRecorder(io::World world, client::ApiClient& api, std::string node_name)
    : world_(world), api_(api), node_name_(std::move(node_name)) {}

EventRecorder::~EventRecorder() {
  *alive_ = false;
}

void EventRecorder::recordOn(std::string_view kind, const doc::Doc& object, const PodEvent& event) {
  const doc::Value meta = object["metadata"];
  const std::string now = toRfc3339(world_.clock().wall());
  doc::Draft e = doc::Draft::object();
  e["apiVersion"] = "v1";
  e["kind"] = "Event";
  e["type"] = event.warning ? "Warning" : "Normal";
  e["reason"] = event.reason;
  e["message"] = event.message;
  e["firstTimestamp"] = now;
  e["lastTimestamp"] = now;
  e["count"] = 1;
  e["source"] =
      doc::Draft::object({{"component", doc::Draft("kubelet")}, {"host", doc::Draft(node_name_)}});
  e["reportingComponent"] = "kubelet";
  e["reportingInstance"] = node_name_;
  doc::Draft& about = e["involvedObject"];
  about["apiVersion"] = "v1";
  about["kind"] = kind;
  about["namespace"] = meta["namespace"];
  about["name"] = meta["name"];
  about["uid"] = meta["uid"];
  if (meta["resourceVersion"].exists()) about["resourceVersion"] = meta["resourceVersion"];
  if (!event.container.empty()) {
    bool init = false;
    for (const doc::Value c : object["spec"]["initContainers"].elements())
      init |= c["name"].text() == event.container;
    about["fieldPath"] =
        cat(init ? "spec.initContainers{" : "spec.containers{", event.container, "}");
  }
  const std::string ns(meta["namespace"].text());
  const std::string name = cat(meta["name"].text().substr(0, 230), ".", toHex(world_.rng.bytes(8)));
  e["metadata"] = doc::Draft::object({{"name", doc::Draft(name)}, {"namespace", doc::Draft(ns)}});
  if (queue_.size() >= kMaxPendingEvents) queue_.pop_front();
  queue_.push_back(
      {cat(meta["uid"].text(), "|", event.container, "|", event.reason, "|", event.message), ns,
       name, e.finish()});
  if (writing_) return;
  writing_ = true;
  world_.loop.post([this, alive = alive_] {
    if (!*alive) return;
    task_ = std::make_unique<io::Running>(writeAll());
    task_->start();
  });
}

io::Task<void> EventRecorder::writeAll() {
  while (!queue_.empty()) {
    Pending next = std::move(queue_.front());
    queue_.pop_front();
    co_await writeOne(std::move(next));
  }
  writing_ = false;
}

// An event that cannot be written is dropped: it is a hint, not a record.
io::Task<void> EventRecorder::writeOne(Pending pending) {
  const Instant deadline = world_.clock().now() + kApiTimeout;
  if (const auto at = known_.find(pending.key); at != known_.end()) {
    doc::Draft patch = doc::Draft::object();
    patch["count"] = ++at->second.count;
    patch["lastTimestamp"] = pending.event["lastTimestamp"];
    auto r = co_await api_.patch(kEvents, pending.ns, at->second.name, client::PatchType::kMerge,
                                 patch.finish(), deadline);
    if (r || r.error().code() != Code::kNotFound) co_return;
    known_.erase(pending.key);  // expired meanwhile
  }
  auto r = co_await api_.create(kEvents, pending.ns, pending.event, deadline);
  if (!r) {
    world_.log.debug("cannot write an event", {{"error", r.error().message()}});
    co_return;
  }
  if (known_.size() >= kMaxPendingEvents) known_.erase(known_.begin());
  known_[pending.key] = {pending.name, 1};
}

}  // namespace meshka::node
