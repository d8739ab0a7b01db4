#include "node/agent.h"

#include <map>
#include <set>

#include "base/strings.h"
#include "io/disk.h"
#include "io/running.h"
#include "node/limits.h"
#include "node/network/lb_controller.h"
#include "node/network/rules_feeder.h"
#include "node/object/api_pods.h"
#include "node/object/events.h"
#include "node/object/node_object.h"
#include "node/pod/worker.h"
#include "node/streams/pod_streams.h"
#include "node/volumes/projection.h"

namespace meshka::node {
namespace {

// Without an event stream for this long, the runtime's lists are compared with what we know all the
// same.
constexpr Duration kRelist = seconds(60);
constexpr Duration kResubscribe = millis(200);

class CollectionView final : public ClusterView {
 public:
  CollectionView(client::Collection& config_maps, client::Collection& secrets,
                 client::Collection& services)
      : config_maps_(config_maps), secrets_(secrets), services_(services) {}
  const doc::Doc* configMap(std::string_view ns, std::string_view name) const override {
    return config_maps_.get(ns, name);
  }
  const doc::Doc* secret(std::string_view ns, std::string_view name) const override {
    return secrets_.get(ns, name);
  }
  std::vector<doc::Doc> services() const override { return services_.list(); }

 private:
  client::Collection& config_maps_;
  client::Collection& secrets_;
  client::Collection& services_;
};

}  // namespace

struct NodeAgent::State {
  State(io::World w, client::ApiClient& api, cri::CriClient& c, VolumeHost& volumes, NodeConfig cfg)
      : world(w),
        config(std::move(cfg)),
        cri(c),
        pods(collect(api, {"", "v1", "pods"}, cat("spec.nodeName=", config.node_name))),
        services(collect(api, {"", "v1", "services"})),
        slices(collect(api, {"discovery.k8s.io", "v1", "endpointslices"})),
        config_maps(collect(api, {"", "v1", "configmaps"})),
        secrets(collect(api, {"", "v1", "secrets"})),
        namespaces(collect(api, {"", "v1", "namespaces"})),
        policies(collect(api, {"networking.k8s.io", "v1", "networkpolicies"})),
        view(*config_maps, *secrets, *services),
        api_pods(w, api),
        events(w, api, config.node_name),
        starts(w.loop, kMaxPodStarts),
        context{world, config, cri, volumes, api_pods, events, view, starts},
        streams(w, c),
        node(w, api, c, config),
        on_pods(*this),
        on_services(*this),
        on_objects_config(*this, "configmap"),
        on_objects_secret(*this, "secret"),
        relist(w.loop, [this] { relistAll(); }) {
    rules = std::make_unique<RulesFeeder>(world, config.network,
                                          NetworkSources{.services = *services,
                                                         .slices = *slices,
                                                         .policies = *policies,
                                                         .pods = *pods,
                                                         .namespaces = *namespaces});
    if (const auto pool = parseCidr(config.network.lb_cidr);
        pool && !config.network.lb_cidr.empty()) {
      lb = std::make_unique<LbController>(world, api, *services, events, *pool);
    }
  }

  ~State() {
    config_maps->removeHandler(on_objects_config);
    secrets->removeHandler(on_objects_secret);
    services->removeHandler(on_services);
    if (pods_started) pods->removeHandler(on_pods);
  }

  std::unique_ptr<client::Collection> collect(client::ApiClient& api, client::Resource r,
                                              std::string fields = {}) {
    client::CollectionOptions options;
    options.field_selector = std::move(fields);
    return client::makeCollection(world.loop, world.rng, world.log, api, std::move(r),
                                  std::move(options));
  }

  struct Held {
    client::ObjectKey key;
    std::set<std::string> refs;  // configmap/NAME, secret/NAME
    std::unique_ptr<PodWorker> worker;
  };

  struct PodHandler final : client::CollectionHandler {
    explicit PodHandler(State& s) : state(s) {}
    void onChange(const client::ObjectKey& key, const doc::Doc& before,
                  const doc::Doc& after) override {
      const std::string old_uid(before["metadata"]["uid"].text()),
          uid(after["metadata"]["uid"].text());
      if (before.exists() && old_uid != uid) {
        if (const auto at = state.held.find(old_uid); at != state.held.end())
          at->second.worker->setGone();
      }
      if (after.exists()) state.podChanged(key, uid, after);
    }
    void onSynced() override { state.startRuntime(); }
    State& state;
  };

  // Pods wait until what they refer to is listed.
  struct SyncHandler final : client::CollectionHandler {
    explicit SyncHandler(State& s) : state(s) {}
    void onChange(const client::ObjectKey&, const doc::Doc&, const doc::Doc&) override {}
    void onSynced() override { state.startPods(); }
    State& state;
  };

  struct ObjectHandler final : client::CollectionHandler {
    ObjectHandler(State& s, std::string k) : state(s), kind(std::move(k)) {}
    void onChange(const client::ObjectKey& key, const doc::Doc&, const doc::Doc&) override {
      const std::string ref = cat(kind, "/", key.name);
      for (auto& [uid, h] : state.held) {
        if (h.key.ns == key.ns && h.refs.contains(ref)) h.worker->objectsChanged();
      }
    }
    State& state;
    void onSynced() override { state.startPods(); }
    std::string kind;
  };

  void startPods() {
    if (pods_started || !config_maps->hasSynced() || !secrets->hasSynced() ||
        !services->hasSynced())
      return;
    pods_started = true;
    pods->addHandler(on_pods);
  }

  void podChanged(const client::ObjectKey& key, const std::string& uid, const doc::Doc& pod) {
    if (const auto at = held.find(uid); at != held.end()) return at->second.worker->setPod(pod);
    add(key, uid, pod);
  }

  PodWorker& add(const client::ObjectKey& key, const std::string& uid, const doc::Doc& pod) {
    Held& h = held[uid];
    h.key = key;
    for (std::string& ref : referencedObjects(pod)) h.refs.insert(std::move(ref));
    h.worker = std::make_unique<PodWorker>(context, pod, [this, uid] { held.erase(uid); });
    return *h.worker;
  }

  // Once the pods are known: listen to the runtime, and take away what belongs to none of them.
  void startRuntime() {
    if (pump) return;
    pump = std::make_unique<io::Running>(pumpExits());
    pump->start();
    orphans = std::make_unique<io::Running>(removeOrphans());
    orphans->start();
    relist.armAfter(kRelist);
  }

  void relistAll() {
    for (auto& [uid, h] : held) h.worker->relist();
    relist.armAfter(kRelist);
  }

  io::Task<void> pumpExits() {
    bool first = true;
    while (true) {
      auto stream = co_await cri.subscribeExits(world.clock().now() + kCriTimeout);
      if (stream) {
        if (!first) {
          // What happened while nobody listened.
          for (auto& [uid, h] : held) h.worker->relist();
          node.refresh();
        }
        first = false;
        while (true) {
          auto exit = co_await (*stream)->next();
          if (!exit) break;
          for (auto& [uid, h] : held) {
            h.worker->containerExited(*exit);
          }
        }
        node.refresh();
      }
      co_await io::sleepFor(world.loop, kResubscribe);
    }
  }

  // A pod that was removed while no agent ran: its worker is told that the object is gone.
  io::Task<void> removeOrphans() {
    while (true) {
      auto sandboxes = co_await cri.listSandboxes("", world.clock().now() + kCriListTimeout);
      if (!sandboxes) {
        co_await io::sleepFor(world.loop, seconds(1));
        continue;
      }
      for (const cri::Sandbox& s : *sandboxes) {
        if (s.uid.empty() || held.contains(s.uid)) continue;
        doc::Draft pod = doc::Draft::object();
        pod["metadata"] = doc::Draft::object({{"name", doc::Draft(s.name)},
                                              {"namespace", doc::Draft(s.ns)},
                                              {"uid", doc::Draft(s.uid)}});
        pod["spec"] = doc::Draft::object({{"containers", doc::Draft::array()}});
        world.log.info("removing a pod that the API does not know any more",
                       {{"pod", s.name}, {"uid", s.uid}});
        add({s.ns, s.name}, s.uid, pod.finish()).setGone();
      }
      break;
    }
    // Files of pods whose sandboxes are gone too.
    const std::string folder = config.data_dir + "/pods";
    auto names = co_await world.disk.listDirectory(folder);
    if (!names) co_return;
    for (const std::string& uid : *names) {
      if (held.contains(uid)) continue;
      if (auto r = co_await context.volumes.removeTree(cat(folder, "/", uid)); !r) {
        world.log.warn("cannot remove the files of a pod",
                       {{"uid", uid}, {"error", r.error().message()}});
      }
    }
  }

  io::World world;
  NodeConfig config;
  cri::CriClient& cri;
  std::unique_ptr<client::Collection> pods, services, slices, config_maps, secrets, namespaces,
      policies;
  CollectionView view;
  ApiPods api_pods;
  EventRecorder events;
  Gate starts;
  NodeContext context;
  PodStreams streams;
  NodeObject node;
  PodHandler on_pods;
  SyncHandler on_services;
  bool pods_started = false;
  ObjectHandler on_objects_config, on_objects_secret;
  io::Timer relist;
  std::unique_ptr<RulesFeeder> rules;
  std::unique_ptr<LbController> lb;
  std::map<std::string, Held> held;  // by uid
  std::unique_ptr<io::Running> pump, orphans;
};

NodeAgent::NodeAgent(io::World world, client::ApiClient& api, cri::CriClient& cri,
                     VolumeHost& volumes, NodeConfig config)
    : state_(std::make_unique<State>(world, api, cri, volumes, std::move(config))) {}

NodeAgent::~NodeAgent() = default;

void NodeAgent::start() {
  state_->node.start();
  state_->config_maps->addHandler(state_->on_objects_config);
  state_->secrets->addHandler(state_->on_objects_secret);
  state_->services->addHandler(state_->on_services);
}

bool NodeAgent::ready() const {
  return state_->node.ready() && state_->rules->settled();
}

AgentCounters NodeAgent::counters() const {
  return {.pods = state_->held.size(),
          .starting = state_->starts.inside(),
          .rule_transactions = state_->rules->transactions()};
}

void NodeAgent::imagesChanged() {
  state_->node.refresh();
}

PodStreams& NodeAgent::streams() {
  return state_->streams;
}
client::Collection& NodeAgent::services() {
  return *state_->services;
}
client::Collection& NodeAgent::endpointSlices() {
  return *state_->slices;
}

}  // namespace meshka::node
