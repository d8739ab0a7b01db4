// ConfigMaps and Secrets that pods of the virtual cluster use, downwards; what no pod uses is
// removed from the host.
#pragma once

#include "vcluster/sync/context.h"

namespace meshka::vcluster {

class ConfigSyncer {
 public:
  enum class Kind : uint8_t { kConfigMap, kSecret };
  ConfigSyncer(SyncContext& context, Kind kind);

  // Brings one object down now; absent in the virtual cluster is no error (the pod waits for it, as
  // on any cluster).
  io::Task<Result<void>> ensure(std::string ns, std::string name);

 private:
  io::Task<Result<void>> sync(std::string key);
  void onPodChange(const client::ObjectKey& key, const doc::Doc& before, const doc::Doc& after);
  struct PodHandler final : client::CollectionHandler {
    explicit PodHandler(ConfigSyncer& s) : syncer(s) {}
    void onChange(const client::ObjectKey& k, const doc::Doc& b, const doc::Doc& a) override {
      syncer.onPodChange(k, b, a);
    }
    ConfigSyncer& syncer;
  };

  SyncContext& context_;
  const Kind kind_;
  client::Collection& virtual_;
  client::Collection& host_;
  client::WorkQueue queue_;
  KeyFeed feed_;
  PodHandler pod_handler_;
};

// Values of kUsesIndex for one pod.
std::vector<std::string> usesOfPod(doc::Value pod);

}  // namespace meshka::vcluster
