#include "control/events.h"

#include "base/strings.h"
#include "control/limits.h"

namespace meshka::control {

using doc::Draft;

namespace {
constexpr size_t kMaxWrites = 64;  // at once; more are dropped, as events are best effort
}

EventRecorder::EventRecorder(io::World& world, client::ApiClient& client)
    : world_(world), client_(client), writes_(world.loop, kMaxWrites) {}

void EventRecorder::record(doc::Value about, std::string_view kind, std::string_view api_version,
                           std::string_view component, std::string_view type,
                           std::string_view reason, std::string message) {
  const doc::Value meta = about["metadata"];
  const std::string ns(meta["namespace"].text("default"));
  const std::string now = toRfc3339(world_.clock().wall());
  if (known_.size() > kMaxEventsRemembered) known_.clear();
  Known& known = known_[cat(meta["uid"].text(), "/", reason, "/", message)];
  const bool again = known.count++ > 0;
  if (!again) {
    known.name = cat(meta["name"].text(), ".", toHex(world_.rng.bytes(8)));
    known.first = now;
  }
  Draft event = Draft::object({{"apiVersion", "v1"}, {"kind", "Event"}});
  event["metadata"] = Draft::object({{"name", known.name}, {"namespace", ns}});
  event["involvedObject"] = Draft::object({{"apiVersion", api_version},
                                           {"kind", kind},
                                           {"name", meta["name"]},
                                           {"namespace", meta["namespace"]},
                                           {"uid", meta["uid"]},
                                           {"resourceVersion", meta["resourceVersion"]}});
  event["type"] = type;
  event["reason"] = reason;
  event["message"] = message;
  event["source"] = Draft::object({{"component", component}});
  event["firstTimestamp"] = known.first;
  event["lastTimestamp"] = now;
  event["count"] = known.count;
  (void)writes_.spawn(write(event.finish(), ns, again));
}

io::Task<void> EventRecorder::write(doc::Doc event, std::string ns, bool again) {
  const client::Resource resource{"", "v1", "events"};
  const Instant deadline = world_.clock().now() + kCallTimeout;
  if (again) {
    auto patched =
        co_await client_.patch(resource, ns, std::string(event["metadata"]["name"].text()),
                               client::PatchType::kMerge, event, deadline);
    if (patched || patched.error().code() != Code::kNotFound) co_return;
  }
  auto made = co_await client_.create(resource, ns, event, deadline);
  if (!made && made.error().code() != Code::kNotFound && made.error().code() != Code::kForbidden) {
    world_.log.warn("event not recorded", {{"event", event["metadata"]["name"].text()},
                                           {"error", made.error().message()}});
  }
}

}  // namespace meshka::control
