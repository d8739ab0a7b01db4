// Addresses for hosts that have none, so that DNS can answer and a TCP port can tell them apart.
#include <set>

#include "mesh/model/names.h"
#include "mesh/model/registry.h"

namespace meshka::mesh {
namespace {

constexpr uint32_t kBase = 240u << 24 | 240u << 16;
constexpr uint32_t kCount = 256 * 254;  // the last octet is never 0 or 255

uint32_t slotOf(std::string_view host) {  // FNV-1a
  uint32_t hash = 2166136261u;
  for (const char c : host) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash % kCount;
}

}  // namespace

void allocateAddresses(std::vector<Service>& services) {
  std::map<std::string, std::string> given;
  std::set<uint32_t> used;
  for (const Service& service : services) {
    if (service.kubernetes || !service.addresses.empty() || service.host.starts_with("*") ||
        service.resolution == Resolution::kPassthrough) {
      continue;
    }
    given.emplace(service.host, "");
  }
  for (auto& [host, address] : given) {  // sorted: the same hosts get the same addresses
    uint32_t slot = slotOf(host);
    while (used.size() < kCount && used.contains(slot)) slot = (slot + 1) % kCount;
    used.insert(slot);
    address = ipv4Text(kBase + slot / 254 * 256 + slot % 254 + 1);
  }
  for (Service& service : services) {
    const auto it = given.find(service.host);
    if (it != given.end() && !service.kubernetes && service.addresses.empty()) {
      service.auto_address = it->second;
    }
  }
}

}  // namespace meshka::mesh
