#include "apiserver/local_client.h"

#include <deque>

#include "apiserver/limits.h"
#include "apiserver/status.h"
#include "apiserver/watch.h"
#include "base/strings.h"
#include "io/async.h"

namespace meshka::apiserver {

namespace {

void apply(const client::WriteOptions& from, Call& to) {
  to.options.dry_run = from.dry_run;
  to.options.field_manager = from.field_manager;
}

// Events wait here until the reader takes them; a reader that falls too far behind has to list
// again.
class LocalWatch final : public client::WatchStream, private WatchSink {
 public:
  LocalWatch(const Engine& engine, Call call)
      : engine_(engine), call_(std::move(call)), ready_(engine.world().loop) {}

  Result<void> open() {
    MESHKA_TRY(watch_, Watch::open(engine_, call_, *this));
    opened_ = true;
    return {};
  }

  io::Task<Result<client::WatchEvent>> next() override {
    while (events_.empty()) {
      if (failed_) co_return fail(*failed_);
      ready_.reset();
      const bool event = co_await ready_.wait(engine_.world().clock().now() + kBookmarkInterval);
      if (!event && watch_->revision() > bookmarked_) {
        bookmarked_ = watch_->revision();
        co_return client::WatchEvent{client::WatchEvent::Type::kBookmark,
                                     bookmark(*call_.kind, bookmarked_, false)};
      }
    }
    client::WatchEvent out = std::move(events_.front());
    events_.pop_front();
    co_return out;
  }

 private:
  void onEvent(WatchType type, const doc::Doc& stored) override {
    if (failed_) return;
    auto object = engine_.objects().present(*call_.kind, stored);
    if (!object) {
      end(object.error());
      return;
    }
    if (opened_ && events_.size() >= kMaxLocalWatchEvents) {
      events_.clear();
      end(Error(Code::kExpired, "the watch fell too far behind; list again"));
      return;
    }
    const auto as = type == WatchType::kAdded      ? client::WatchEvent::Type::kAdded
                    : type == WatchType::kModified ? client::WatchEvent::Type::kModified
                                                   : client::WatchEvent::Type::kDeleted;
    events_.push_back({as, std::move(*object)});
    ready_.set();
  }
  void onInitialEnd(store::Revision revision) override {
    events_.push_back({client::WatchEvent::Type::kBookmark, bookmark(*call_.kind, revision, true)});
  }
  void end(Error error) {
    failed_ = std::move(error);
    ready_.set();
  }

  const Engine& engine_;
  Call call_;
  io::Event ready_;
  std::deque<client::WatchEvent> events_;
  std::optional<Error> failed_;
  store::Revision bookmarked_ = 0;
  bool opened_ = false;
  std::unique_ptr<Watch> watch_;  // last: ends first
};

}  // namespace

LocalClient::LocalClient(Engine& engine, User user, PathFunction paths)
    : engine_(engine), user_(std::move(user)), paths_(std::move(paths)) {}

Result<Call> LocalClient::prepare(std::string_view verb, const client::Resource& r,
                                  std::string_view ns, std::string_view name,
                                  std::string_view subresource) const {
  Call call;
  call.user = user_;
  Attributes& a = call.attributes;
  a.verb = verb;
  a.group = r.group;
  a.version = r.version;
  a.resource = r.name;
  a.ns = ns;
  a.name = name;
  a.subresource = subresource;
  if (r.group.empty() && r.name == "namespaces" && ns.empty()) a.ns = name;
  MESHKA_CHECK(engine_.authorize(user_, a));
  MESHKA_TRY(call.kind, engine_.route(a));
  return call;
}

io::Task<Result<Answer>> LocalClient::run(Call& call, Body body, Instant deadline) {
  co_return co_await io::withDeadline(engine_.world().loop, deadline,
                                      engine_.handle(call, std::move(body)),
                                      cat(call.attributes.verb, " ", call.attributes.resource));
}

io::Task<Result<doc::Doc>> LocalClient::runForObject(Call call, Body body, Instant deadline) {
  MESHKA_CO_TRY(Answer answer, co_await run(call, std::move(body), deadline));
  co_return std::move(answer.object);
}

io::Task<Result<doc::Doc>> LocalClient::get(client::Resource r, std::string ns, std::string name,
                                            Instant deadline) {
  MESHKA_CO_TRY(Call call, prepare("get", r, ns, name));
  co_return co_await runForObject(std::move(call), {}, deadline);
}

io::Task<Result<client::ObjectList>> LocalClient::list(client::Resource r, std::string ns,
                                                       client::ListOptions options,
                                                       Instant deadline) {
  MESHKA_CO_TRY(Call call, prepare("list", r, ns, ""));
  call.options.label_selector = options.label_selector;
  call.options.field_selector = options.field_selector;
  call.options.resource_version = options.resource_version;
  // Pages save nothing within one process: the snapshot is one either way.
  MESHKA_CO_TRY(Answer answer, co_await run(call, {}, deadline));
  client::ObjectList out;
  out.items = std::move(answer.list->items);
  out.resource_version = cat(answer.list->revision);
  co_return out;
}

io::Task<Result<doc::Doc>> LocalClient::create(client::Resource r, std::string ns, doc::Doc object,
                                               Instant deadline, client::WriteOptions options) {
  MESHKA_CO_TRY(Call call, prepare("create", r, ns, ""));
  apply(options, call);
  Body body;
  body.object = std::move(object);
  co_return co_await runForObject(std::move(call), std::move(body), deadline);
}

io::Task<Result<doc::Doc>> LocalClient::update(client::Resource r, std::string ns, doc::Doc object,
                                               Instant deadline, client::WriteOptions options) {
  const std::string name(object["metadata"]["name"].text());
  MESHKA_CO_TRY(Call call, prepare("update", r, ns, name));
  apply(options, call);
  Body body;
  body.object = std::move(object);
  co_return co_await runForObject(std::move(call), std::move(body), deadline);
}

io::Task<Result<doc::Doc>> LocalClient::patch(client::Resource r, std::string ns, std::string name,
                                              client::PatchType type, doc::Doc patch,
                                              Instant deadline, client::WriteOptions options) {
  MESHKA_CO_TRY(Call call, prepare("patch", r, ns, name));
  apply(options, call);
  Body body;
  body.object = std::move(patch);
  body.patch = type == client::PatchType::kJson    ? PatchType::kJson
               : type == client::PatchType::kMerge ? PatchType::kMerge
                                                   : PatchType::kStrategic;
  co_return co_await runForObject(std::move(call), std::move(body), deadline);
}

io::Task<Result<void>> LocalClient::remove(client::Resource r, std::string ns, std::string name,
                                           client::DeleteOptions options, Instant deadline) {
  MESHKA_CO_TRY(Call call, prepare("delete", r, ns, name));
  doc::Draft body = doc::Draft::object();
  body["kind"] = "DeleteOptions";
  body["apiVersion"] = "v1";
  if (options.grace_seconds) body["gracePeriodSeconds"] = *options.grace_seconds;
  if (!options.uid.empty()) body["preconditions"]["uid"] = options.uid;
  if (!options.resource_version.empty())
    body["preconditions"]["resourceVersion"] = options.resource_version;
  if (!options.propagation.empty()) body["propagationPolicy"] = options.propagation;
  MESHKA_CO_TRY(call.removal, parseDelete({}, body.finish()));
  auto done = co_await run(call, {}, deadline);
  if (!done) co_return fail(done.error());
  co_return Result<void>();
}

io::Task<Result<doc::Doc>> LocalClient::subresource(std::string method, client::Resource r,
                                                    std::string ns, std::string name,
                                                    std::string subresource, doc::Doc body,
                                                    Instant deadline) {
  const std::string_view verb = method == "POST"    ? "create"
                                : method == "PUT"   ? "update"
                                : method == "PATCH" ? "patch"
                                                    : "get";
  MESHKA_CO_TRY(Call call, prepare(verb, r, ns, name, subresource));
  Body in;
  in.object = std::move(body);
  if (method == "PATCH") in.patch = PatchType::kMerge;
  co_return co_await runForObject(std::move(call), std::move(in), deadline);
}

io::Task<Result<std::unique_ptr<client::WatchStream>>> LocalClient::watch(
    client::Resource r, std::string ns, client::ListOptions options, Instant) {
  MESHKA_CO_TRY(Call call, prepare("watch", r, ns, ""));
  call.options.label_selector = options.label_selector;
  call.options.field_selector = options.field_selector;
  call.options.resource_version = options.resource_version;
  call.options.bookmarks = true;
  auto stream = std::make_unique<LocalWatch>(engine_, std::move(call));
  MESHKA_CO_CHECK(stream->open());
  co_return std::unique_ptr<client::WatchStream>(std::move(stream));
}

io::Task<Result<doc::Doc>> LocalClient::raw(std::string method, std::string target, doc::Doc body,
                                            Instant deadline) {
  const size_t mark = target.find('?');
  MESHKA_CO_TRY(const Query query,
                parseQuery(mark == std::string::npos ? std::string_view()
                                                     : std::string_view(target).substr(mark + 1)));
  MESHKA_CO_TRY(const RequestInfo info,
                parseRequest(method, std::string_view(target).substr(0, mark), query));
  MESHKA_CO_CHECK(engine_.authorize(user_, info.attributes));
  if (!info.is_resource) co_return paths_(info, query);
  if (info.is_watch) co_return fail(Code::kUnsupported, "a watch is not a plain call");
  Call call;
  call.user = user_;
  call.attributes = info.attributes;
  MESHKA_CO_TRY(call.kind, engine_.route(call.attributes));
  MESHKA_CO_TRY(call.options, parseOptions(query, info));
  if (method == "DELETE") {
    MESHKA_CO_TRY(call.removal, parseDelete(query, body));
  }
  Body in;
  in.object = std::move(body);
  if (method == "PATCH") in.patch = PatchType::kMerge;
  MESHKA_CO_TRY(Answer answer, co_await run(call, std::move(in), deadline));
  if (!answer.list) co_return std::move(answer.object);
  doc::Draft out = doc::Draft::object();
  out["apiVersion"] = call.kind->apiVersion();
  out["kind"] = call.kind->entry().list_kind;
  out["metadata"]["resourceVersion"] = cat(answer.list->revision);
  out["items"] = doc::Draft::array();
  for (const doc::Doc& item : answer.list->items) out["items"].push(item);
  co_return out.finish();
}

}  // namespace meshka::apiserver
