// Keeps a Zone equal to the Services and EndpointSlices of an API server.
#pragma once

#include "client/collection.h"
#include "dns/zone.h"

namespace meshka::control {

class ZoneFeed final {
 public:
  // All outlive the feed. The collections show v1 services and discovery.k8s.io endpointslices.
  ZoneFeed(client::Collection& services, client::Collection& slices, dns::Zone& zone);
  ~ZoneFeed();
  ZoneFeed(const ZoneFeed&) = delete;
  ZoneFeed& operator=(const ZoneFeed&) = delete;

 private:
  struct Services final : client::CollectionHandler {
    explicit Services(dns::Zone& z) : zone(z) {}
    void onChange(const client::ObjectKey& key, const doc::Doc&, const doc::Doc& after) override {
      if (after.exists()) return zone.setService(after);
      zone.removeService(key.ns, key.name);
    }
    dns::Zone& zone;
  };
  struct Slices final : client::CollectionHandler {
    explicit Slices(dns::Zone& z) : zone(z) {}
    void onChange(const client::ObjectKey& key, const doc::Doc&, const doc::Doc& after) override {
      if (after.exists()) return zone.setSlice(after);
      zone.removeSlice(key.ns, key.name);
    }
    dns::Zone& zone;
  };

  client::Collection& services_;
  client::Collection& slices_;
  Services on_services_;
  Slices on_slices_;
};

}  // namespace meshka::control
