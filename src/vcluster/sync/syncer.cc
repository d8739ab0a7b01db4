#include "vcluster/sync/syncer.h"

#include "base/strings.h"
#include "vcluster/lifecycle/resources.h"
#include "vcluster/sync/configs.h"
#include "vcluster/sync/nodes.h"
#include "vcluster/sync/pods.h"
#include "vcluster/sync/services.h"

namespace meshka::vcluster {

using client::Collection;

struct Syncer::Parts {
  using Ptr = std::unique_ptr<Collection>;

  static Ptr hostSide(io::World& w, client::ApiClient& host, const SyncConfig& config,
                      client::Resource resource, bool managed) {
    client::CollectionOptions options{.ns = config.tenant.host_namespace};
    if (managed) options.label_selector = cat(kManagedBy, "=", config.tenant.name);
    return client::makeCollection(w.loop, w.rng, w.log, host, std::move(resource),
                                  std::move(options));
  }
  static Ptr listed(io::World& w, client::ApiClient& api, client::Resource resource) {
    return client::makeCollection(w.loop, w.rng, w.log, api, std::move(resource));
  }

  Parts(io::World& w, client::ApiClient& host, client::ApiClient& virt, SyncConfig config,
        Owner owner, std::string ip)
      : host_services(hostSide(w, host, config, services(), true)),
        host_pods(hostSide(w, host, config, pods(), true)),
        host_config_maps(hostSide(w, host, config, configMaps(), true)),
        host_secrets(hostSide(w, host, config, secrets(), true)),
        host_endpoints(hostSide(w, host, config, endpoints(), true)),
        host_events(hostSide(w, host, config, events(), false)),
        virtual_services(listed(w, virt, services())),
        virtual_pods(listed(w, virt, pods())),
        virtual_config_maps(listed(w, virt, configMaps())),
        virtual_secrets(listed(w, virt, secrets())),
        virtual_endpoints(listed(w, virt, endpoints())),
        virtual_namespaces(listed(w, virt, namespaces())),
        synced(w.loop),
        context{w,
                synced,
                host,
                virt,
                std::move(config),
                std::move(owner),
                std::move(ip),
                *host_services,
                *host_pods,
                *host_config_maps,
                *host_secrets,
                *host_endpoints,
                *virtual_services,
                *virtual_pods,
                *virtual_config_maps,
                *virtual_secrets,
                *virtual_endpoints,
                *virtual_namespaces} {
    virtual_pods->addIndex(kUsesIndex, [](doc::Value pod) { return usesOfPod(pod); });
    host_pods->addIndex("ip", [](doc::Value pod) {
      return std::vector<std::string>{std::string(pod["status"]["podIP"].text())};
    });
    host_pods->addIndex("node", [](doc::Value pod) {
      return std::vector<std::string>{std::string(pod["spec"]["nodeName"].text())};
    });
    service_syncer = std::make_unique<ServiceSyncer>(context);
    endpoints_syncer = std::make_unique<EndpointsSyncer>(context);
    config_map_syncer = std::make_unique<ConfigSyncer>(context, ConfigSyncer::Kind::kConfigMap);
    secret_syncer = std::make_unique<ConfigSyncer>(context, ConfigSyncer::Kind::kSecret);
    pod_syncer = std::make_unique<PodSyncer>(context, *config_map_syncer, *secret_syncer);
    event_syncer = std::make_unique<EventSyncer>(context, *host_events);
    if (context.config.sync_nodes) {
      host_nodes = listed(w, host, nodes());
      virtual_nodes = listed(w, virt, nodes());
      node_syncer = std::make_unique<NodeSyncer>(context, *host_nodes, *virtual_nodes);
    }
    for (const Ptr* part : all()) {
      if (*part != nullptr) (*part)->addHandler(ready);
    }
  }

  std::vector<const Ptr*> all() const {
    return {&host_services,      &host_pods,           &host_config_maps, &host_secrets,
            &host_endpoints,     &host_events,         &host_nodes,       &virtual_services,
            &virtual_pods,       &virtual_config_maps, &virtual_secrets,  &virtual_endpoints,
            &virtual_namespaces, &virtual_nodes};
  }

  bool hasSynced() const {
    for (const Ptr* part : all()) {
      if (*part != nullptr && !(*part)->hasSynced()) return false;
    }
    return true;
  }

  struct Ready final : client::CollectionHandler {
    explicit Ready(Parts& p) : parts(p) {}
    void onChange(const client::ObjectKey&, const doc::Doc&, const doc::Doc&) override {}
    void onSynced() override {
      if (parts.hasSynced()) parts.synced.set();
    }
    Parts& parts;
  };

  Ready ready{*this};
  // Collections first: the syncers below use them to their end.
  Ptr host_services, host_pods, host_config_maps, host_secrets, host_endpoints, host_events,
      host_nodes;
  Ptr virtual_services, virtual_pods, virtual_config_maps, virtual_secrets, virtual_endpoints,
      virtual_namespaces, virtual_nodes;
  io::Event synced;
  SyncContext context;
  std::unique_ptr<ServiceSyncer> service_syncer;
  std::unique_ptr<EndpointsSyncer> endpoints_syncer;
  std::unique_ptr<ConfigSyncer> config_map_syncer;
  std::unique_ptr<ConfigSyncer> secret_syncer;
  std::unique_ptr<PodSyncer> pod_syncer;
  std::unique_ptr<EventSyncer> event_syncer;
  std::unique_ptr<NodeSyncer> node_syncer;
};

Syncer::Syncer(io::World& world, client::ApiClient& host, client::ApiClient& virt,
               SyncConfig config, Owner owner, std::string kubernetes_ip)
    : parts_(std::make_unique<Parts>(world, host, virt, std::move(config), std::move(owner),
                                     std::move(kubernetes_ip))) {}

Syncer::~Syncer() = default;

bool Syncer::hasSynced() const {
  return parts_->hasSynced();
}

}  // namespace meshka::vcluster
