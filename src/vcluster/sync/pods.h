// Pods: created on the host when they appear in the virtual cluster; binding, status and deletion
// come back up. The states of one pod, by what exists:
//
//   virtual only, never bound     create on the host
//   virtual only, was bound       the host pod is gone (evicted, deleted there): delete the virtual
//   one both                          bind, copy status up, carry image and metadata changes down;
//   deletions both ways host only                     delete it
#pragma once

#include "vcluster/sync/configs.h"
#include "vcluster/sync/tokens.h"

namespace meshka::vcluster {

class PodSyncer {
 public:
  PodSyncer(SyncContext& context, ConfigSyncer& config_maps, ConfigSyncer& secrets);

 private:
  io::Task<Result<void>> sync(std::string key);
  io::Task<Result<void>> create(doc::Doc pod);
  io::Task<Result<void>> syncBoth(doc::Doc virt, doc::Doc host);
  io::Task<Result<void>> removeHost(doc::Doc host, std::optional<int64_t> grace_seconds);
  io::Task<Result<void>> removeVirtual(doc::Doc virt, int64_t grace_seconds);
  Result<PodContext> contextFor(doc::Value pod);
  io::Task<void> reportError(doc::Doc pod, std::string message);

  // The DNS Service's address is part of every pod: pods wait for it.
  struct DnsHandler final : client::CollectionHandler {
    explicit DnsHandler(PodSyncer& s) : syncer(s) {}
    void onChange(const client::ObjectKey& key, const doc::Doc& before,
                  const doc::Doc& after) override;
    PodSyncer& syncer;
  };

  SyncContext& context_;
  ConfigSyncer& config_maps_;
  ConfigSyncer& secrets_;
  TokenKeeper tokens_;
  client::WorkQueue queue_;
  KeyFeed feed_;
  DnsHandler dns_handler_;
};

inline constexpr const char* kDnsNamespace = "kube-system";
inline constexpr const char* kDnsService = "kube-dns";

}  // namespace meshka::vcluster
