#include "apiserver/watch.h"

#include "apiserver/objects.h"
#include "apiserver/status.h"
#include "base/strings.h"

namespace meshka::apiserver {

std::string_view toString(WatchType type) {
  switch (type) {
    case WatchType::kAdded:
      return "ADDED";
    case WatchType::kModified:
      return "MODIFIED";
    case WatchType::kDeleted:
      return "DELETED";
  }
  return "";
}

Watch::~Watch() = default;

Result<std::unique_ptr<Watch>> Watch::open(const Engine& engine, Call& call, WatchSink& sink) {
  std::unique_ptr<Watch> out(new Watch(sink));
  const Options& o = call.options;
  Call plain;  // the plan of a watch looks at selectors and range only; resourceVersion has another
               // meaning here
  plain.attributes = call.attributes;
  plain.kind = call.kind;
  plain.options.label_selector = o.label_selector;
  plain.options.field_selector = o.field_selector;
  MESHKA_TRY(Engine::ListPlan plan, engine.planList(plain));
  out->selection_ = std::move(plan.selection);

  store::Store& store = engine.objects().store();
  const bool newest = o.resource_version.empty() || o.resource_version == "0";
  const bool wants_initial = o.send_initial_events ? *o.send_initial_events : newest;
  store::Revision after = store.current();
  if (!newest) {
    const auto wanted = parseInt(o.resource_version);
    if (!wanted || *wanted < 0) {
      return fail(
          Error(Code::kInvalid, cat("invalid resource version \"", o.resource_version, "\"")));
    }
    const auto revision = static_cast<store::Revision>(*wanted);
    if (revision > after) {
      ErrorDetails details;
      details.retry_after_s = 1;
      details.causes.push_back({"", "ResourceVersionTooLarge", "Too large resource version"});
      return fail(
          Error(Code::kTimeout, cat("Too large resource version: ", revision, ", current: ", after))
              .withDetails(std::move(details)));
    }
    if (!wants_initial) after = revision;
  }
  if (wants_initial) {
    MESHKA_TRY(const store::Page page, store.list(plan.range));
    after = page.revision;
    for (const store::Item& item : page.items) {
      if (out->selection_.matches(item.value)) sink.onEvent(WatchType::kAdded, item.value);
    }
    if (o.send_initial_events) sink.onInitialEnd(after);
  }
  out->revision_ = after;
  auto subscription = store.watch(plan.range, after, *out);
  if (!subscription) {
    if (subscription.error().code() == Code::kExpired) {
      return fail(Error(Code::kExpired,
                        cat("too old resource version: ", after, " (", store.compacted(), ")")));
    }
    return fail(subscription.error());
  }
  out->subscription_ = std::move(*subscription);
  return out;
}

void Watch::onEvents(const std::vector<const store::Event*>& events) {
  for (const store::Event* event : events) {
    revision_ = event->item.modified;
    const bool was = event->previous && (selection_.all() || selection_.matches(*event->previous));
    if (event->type == store::EventType::kDelete) {
      if (was) sink_.onEvent(WatchType::kDeleted, event->item.value);
      continue;
    }
    const bool is = selection_.all() || selection_.matches(event->item.value);
    if (is) {
      sink_.onEvent(was ? WatchType::kModified : WatchType::kAdded, event->item.value);
    } else if (was) {
      // The last state that matched, at the revision at which it stopped matching.
      sink_.onEvent(WatchType::kDeleted, stampRevision(*event->previous, event->item.modified));
    }
  }
}

doc::Doc bookmark(const api::Kind& kind, store::Revision revision, bool initial_end) {
  doc::Draft out = doc::Draft::object();
  out["apiVersion"] = kind.apiVersion();
  out["kind"] = kind.kind();
  out["metadata"]["resourceVersion"] = cat(revision);
  out["metadata"]["creationTimestamp"] = nullptr;
  if (initial_end) out["metadata"]["annotations"]["k8s.io/initial-events-end"] = "true";
  return out.finish();
}

}  // namespace meshka::apiserver
