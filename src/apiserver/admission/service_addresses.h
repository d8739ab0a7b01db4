// ClusterIPs and node ports of Services: who has which. Rebuilt from the store at the start and
// kept by a watch; what a commit under way takes is held in between, so two commits of one moment
// never share an address.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/config.h"
#include "apiserver/objects.h"
#include "base/rng.h"
#include "store/store.h"

namespace meshka::apiserver {

class ServiceAddresses final : private store::Watcher {
 public:
  ServiceAddresses(const Objects& objects, const Config& config, Rng& rng);
  ~ServiceAddresses() override;
  // Errors: kInvalid (the configured range), those of the store.
  Result<void> start();

  // Before validation: forms, and what an update inherits from the old Service.
  doc::Doc normalize(const doc::Doc& service, doc::Value old) const;
  // Takes the addresses that `service` names and finds the missing ones. Errors: kInvalid with
  // Kubernetes' wording.
  Result<doc::Doc> reserve(const doc::Doc& service);
  // Back to what the store says about this Service.
  void release(std::string_view ns, std::string_view name);

  // The first address of the range: the kubernetes Service's. Errors: kInvalid.
  static Result<std::string> firstAddress(std::string_view cidr);

 private:
  struct Held {
    std::set<uint32_t> addresses;
    std::set<uint16_t> ports;
  };
  void onEvents(const std::vector<const store::Event*>& events) override;
  static Held heldBy(doc::Value service);
  bool addressTaken(const std::string& owner, uint32_t address) const;
  bool portTaken(const std::string& owner, uint16_t port) const;
  Result<uint32_t> takeAddress(const std::string& owner, std::string_view service_name,
                               std::string_view wanted) const;
  Result<uint16_t> takePort(const std::string& owner, const Held& held) const;
  Result<void> givePorts(doc::Draft& spec, const std::string& owner, std::string_view name,
                         Held& held) const;

  const Objects& objects_;
  const Config& config_;
  Rng& rng_;
  uint32_t first_ = 0;  // addresses of the range that may be given out
  uint32_t last_ = 0;
  std::map<std::string, Held> held_;  // by "ns/name"
  std::unique_ptr<store::Subscription> subscription_;
};

}  // namespace meshka::apiserver
