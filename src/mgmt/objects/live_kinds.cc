#include "mgmt/objects/live_kinds.h"

#include "base/strings.h"
#include "mgmt/limits.h"

namespace meshka::mgmt {

using client::ObjectKey;
using doc::Doc;
using doc::Value;

namespace {

const client::Resource kDefinitionResource{"apiextensions.k8s.io", "v1",
                                           "customresourcedefinitions"};

// Lists may leave these out of their items.
Doc typed(const Doc& object, const LiveKind& kind) {
  if (!object.exists() || !object["kind"].text().empty()) return object;
  doc::Draft out(object);
  out["apiVersion"] = kind.apiVersion();
  out["kind"] = kind.kind;
  return out.finish();
}

bool established(Value definition) {
  for (const Value c : definition["status"]["conditions"].elements()) {
    if (c["type"].text() == "Established") return c["status"].text() == "True";
  }
  return false;
}

LiveKind kindOf(Value definition) {
  LiveKind out{.custom = true};
  const Value spec = definition["spec"];
  out.resource.group = spec["group"].text();
  out.resource.name = spec["names"]["plural"].text();
  out.kind = spec["names"]["kind"].text();
  for (const Value v : spec["versions"].elements()) {
    if (!v["served"].boolean()) continue;
    if (out.resource.version.empty() || v["storage"].boolean())
      out.resource.version = v["name"].text();
  }
  out.name = resourceName(out.resource);
  return out;
}

}  // namespace

std::string resourceName(const client::Resource& resource) {
  return resource.group.empty() ? resource.name : cat(resource.name, ".", resource.group);
}

struct LiveKinds::Live final : client::CollectionHandler {
  Live(LiveKinds& o, LiveKind k) : owner(o), kind(std::move(k)) {}
  ~Live() override {
    if (collection) collection->removeHandler(*this);
  }
  void onChange(const ObjectKey& key, const Doc& before, const Doc& after) override {
    for (KindHandler* h : owner.handlers_)
      h->onObject(kind, key, typed(before, kind), typed(after, kind));
  }
  void onSynced() override {
    told = true;
    owner.checkSynced();
  }
  LiveKinds& owner;
  const LiveKind kind;
  bool told = false;  // the first list has been handed on
  std::unique_ptr<client::Collection> collection;
};

struct LiveKinds::Definitions final : client::CollectionHandler {
  explicit Definitions(LiveKinds& o) : owner(o) {}
  void onChange(const ObjectKey&, const Doc& before, const Doc& after) override {
    owner.onDefinition(before, after);
  }
  void onSynced() override {
    told = true;
    owner.checkSynced();
  }
  LiveKinds& owner;
  bool told = false;
};

LiveKinds::LiveKinds(io::World world, client::ApiClient& client, std::vector<LiveKind> built_in,
                     Wanted wanted)
    : world_(world), client_(client), built_in_(std::move(built_in)), wanted_(wanted) {}

LiveKinds::~LiveKinds() {
  if (definitions_) definitions_->removeHandler(*definitions_handler_);
}

void LiveKinds::start() {
  for (const LiveKind& kind : built_in_) add(kind);
  definitions_handler_ = std::make_unique<Definitions>(*this);
  definitions_ =
      client::makeCollection(world_.loop, world_.rng, world_.log, client_, kDefinitionResource);
  definitions_->addHandler(*definitions_handler_);
}

void LiveKinds::add(LiveKind kind) {
  const std::string name = kind.name;
  if (live_.contains(name)) return;
  if (live_.size() >= kMaxKinds) {
    world_.log.error("too many kinds: not followed", {{"kind", name}});
    return;
  }
  Live& live = *live_.emplace(name, std::make_unique<Live>(*this, std::move(kind))).first->second;
  live.collection = client::makeCollection(world_.loop, world_.rng, world_.log, client_,
                                           live.kind.resource, live.kind.options);
  live.collection->addHandler(live);
  if (live.kind.custom) {
    for (KindHandler* h : handlers_) h->onKind(live.kind);
  }
}

void LiveKinds::onDefinition(const Doc& before, const Doc& after) {
  const Value spec = (after.exists() ? after : before)["spec"];
  if (!wanted_(spec["group"].text(), spec["names"]["plural"].text())) return;
  const bool usable =
      after.exists() && established(after) && !after["metadata"]["deletionTimestamp"].exists();
  LiveKind kind = kindOf(after.exists() ? after : before);
  const auto found = live_.find(kind.name);
  if (found != live_.end() &&
      (!usable || found->second->kind.resource.version != kind.resource.version)) {
    const std::unique_ptr<Live> gone = std::move(found->second);
    live_.erase(found);
    for (const Doc& object : gone->collection->list())
      gone->onChange(ObjectKey::of(object), object, Doc());
  }
  if (usable && !kind.resource.version.empty()) add(std::move(kind));
}

void LiveKinds::checkSynced() {
  if (synced_ || !notSynced().empty()) return;
  synced_ = true;
  for (KindHandler* h : handlers_) h->onSynced();
}

std::string LiveKinds::notSynced() const {
  std::vector<std::string> out;
  if (!definitions_ || !definitions_handler_->told) out.emplace_back("customresourcedefinitions");
  for (const auto& [name, live] : live_) {
    if (!live->told) out.push_back(name);
  }
  return join(out, ", ");
}

client::Collection* LiveKinds::find(std::string_view name) const {
  const auto found = live_.find(name);
  return found == live_.end() ? nullptr : found->second->collection.get();
}

const LiveKind* LiveKinds::info(std::string_view name) const {
  const auto found = live_.find(name);
  return found == live_.end() ? nullptr : &found->second->kind;
}

const LiveKind* LiveKinds::ofObject(Value object) const {
  const std::string_view version = object["apiVersion"].text();
  const size_t slash = version.find('/');
  const std::string_view group = slash == version.npos ? "" : version.substr(0, slash);
  for (const auto& [name, live] : live_) {
    if (live->kind.kind == object["kind"].text() && live->kind.resource.group == group)
      return &live->kind;
  }
  return nullptr;
}

const Doc* LiveKinds::get(std::string_view name, const ObjectKey& key) const {
  const client::Collection* collection = find(name);
  return collection == nullptr ? nullptr : collection->get(key.ns, key.name);
}

std::vector<Doc> LiveKinds::list(std::string_view name, std::string_view ns) const {
  const client::Collection* collection = find(name);
  const LiveKind* kind = info(name);
  if (collection == nullptr) return {};
  std::vector<Doc> out = collection->list(ns);
  for (Doc& object : out) object = typed(object, *kind);
  return out;
}

void LiveKinds::forEachKind(Function<void(const LiveKind&, client::Collection&)> visit) const {
  for (const auto& [name, live] : live_) visit(live->kind, *live->collection);
}

}  // namespace meshka::mgmt
