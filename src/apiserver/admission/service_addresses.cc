#include "apiserver/admission/service_addresses.h"

#include <algorithm>

#include "apiserver/admission/chain.h"
#include "apiserver/status.h"
#include "base/strings.h"
#include "schema/field_error.h"

namespace meshka::apiserver {

namespace {

constexpr uint32_t kStaticBandMin = 16;  // the low addresses, left to those who name one
constexpr uint32_t kStaticBandMax = 256;

std::optional<uint32_t> parseIpv4(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  uint32_t out = 0;
  for (std::string_view part : parts) {
    const auto n = parseInt(part);
    if (!n || *n < 0 || *n > 255 || (part.size() > 1 && part[0] == '0')) return std::nullopt;
    out = out << 8 | static_cast<uint32_t>(*n);
  }
  return out;
}

std::string showIpv4(uint32_t a) {
  return cat(a >> 24, ".", a >> 16 & 255, ".", a >> 8 & 255, ".", a & 255);
}

struct AddressRange {
  uint32_t first, last;
};
Result<AddressRange> parseRange(std::string_view cidr) {
  const size_t slash = cidr.find('/');
  const auto base = parseIpv4(cidr.substr(0, slash));
  const auto bits =
      slash == std::string_view::npos ? std::nullopt : parseInt(cidr.substr(slash + 1));
  if (!base || !bits || *bits < 8 || *bits > 28) {
    return fail(Code::kInvalid,
                cat("service range \"", cidr, "\" must be an IPv4 range between /8 and /28"));
  }
  const uint32_t size = uint32_t{1} << (32 - *bits);
  const uint32_t network = *base & ~(size - 1);
  return AddressRange{network + 1, network + size - 2};  // without network and broadcast address
}

std::string ownerOf(std::string_view ns, std::string_view name) {
  return cat(ns, "/", name);
}

bool hasNodePorts(doc::Value spec) {
  const std::string_view type = spec["type"].text("ClusterIP");
  return type == "NodePort" ||
         (type == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"].boolean(true));
}

Error invalidService(std::string_view name, std::string field, std::string message) {
  return schema::invalidObject("", "Service", name,
                               {{std::move(field), "FieldValueInvalid", std::move(message)}});
}

// The old port that this one continues: by name, else by number and protocol.
doc::Value samePort(doc::Value old_ports, doc::Value port) {
  for (doc::Value o : old_ports.elements()) {
    if (o["port"] == port["port"] && o["protocol"].text("TCP") == port["protocol"].text("TCP"))
      return o;
  }
  return {};
}

}  // namespace

ServiceAddresses::ServiceAddresses(const Objects& objects, const Config& config, Rng& rng)
    : objects_(objects), config_(config), rng_(rng) {}
ServiceAddresses::~ServiceAddresses() = default;

Result<std::string> ServiceAddresses::firstAddress(std::string_view cidr) {
  MESHKA_TRY(const AddressRange range, parseRange(cidr));
  return showIpv4(range.first);
}

Result<void> ServiceAddresses::start() {
  MESHKA_TRY(const AddressRange range, parseRange(config_.service_cidr));
  first_ = range.first;
  last_ = range.last;
  const store::Range services{objects_.cluster(), "/services", std::nullopt};
  MESHKA_TRY(const store::Page page, objects_.store().list(services));
  for (const store::Item& item : page.items)
    held_[ownerOf(item.key.ns, item.key.name)] = heldBy(item.value);
  MESHKA_TRY(subscription_, objects_.store().watch(services, page.revision, *this));
  return {};
}

void ServiceAddresses::onEvents(const std::vector<const store::Event*>& events) {
  for (const store::Event* e : events) {
    const std::string owner = ownerOf(e->item.key.ns, e->item.key.name);
    if (e->type == store::EventType::kDelete)
      held_.erase(owner);
    else
      held_[owner] = heldBy(e->item.value);
  }
}

ServiceAddresses::Held ServiceAddresses::heldBy(doc::Value service) {
  Held out;
  const doc::Value spec = service["spec"];
  if (const auto a = parseIpv4(spec["clusterIP"].text())) out.addresses.insert(*a);
  for (doc::Value p : spec["ports"].elements()) {
    if (p["nodePort"].integer() > 0)
      out.ports.insert(static_cast<uint16_t>(p["nodePort"].integer()));
  }
  if (spec["healthCheckNodePort"].integer() > 0) {
    out.ports.insert(static_cast<uint16_t>(spec["healthCheckNodePort"].integer()));
  }
  return out;
}

bool ServiceAddresses::addressTaken(const std::string& owner, uint32_t address) const {
  return std::any_of(held_.begin(), held_.end(), [&](const auto& h) {
    return h.first != owner && h.second.addresses.contains(address);
  });
}

bool ServiceAddresses::portTaken(const std::string& owner, uint16_t port) const {
  return std::any_of(held_.begin(), held_.end(), [&](const auto& h) {
    return h.first != owner && h.second.ports.contains(port);
  });
}

Result<uint32_t> ServiceAddresses::takeAddress(const std::string& owner,
                                               std::string_view service_name,
                                               std::string_view wanted) const {
  if (!wanted.empty()) {
    const auto address = parseIpv4(wanted);
    const std::string field = "spec.clusterIPs";
    const std::string shown =
        cat("Invalid value: [\"", wanted, "\"]: failed to allocate IP ", wanted, ": ");
    if (!address || *address < first_ || *address > last_) {
      return fail(invalidService(
          service_name, field,
          cat(shown, "the provided IP (", wanted,
              ") is not in the valid range. The range of valid IPs is ", config_.service_cidr)));
    }
    if (addressTaken(owner, *address)) {
      return fail(
          invalidService(service_name, field, cat(shown, "provided IP is already allocated")));
    }
    return *address;
  }
  const uint32_t size = last_ - first_ + 1;
  const uint32_t band = std::clamp(size / 16, std::min(kStaticBandMin, size / 2), kStaticBandMax);
  const uint32_t upper = size - band;
  const auto start = static_cast<uint32_t>(rng_.below(upper));
  for (uint32_t i = 0; i < upper; ++i) {
    const uint32_t address = first_ + band + (start + i) % upper;
    if (!addressTaken(owner, address)) return address;
  }
  for (uint32_t i = 1; i < band; ++i) {  // the first one is the kubernetes Service's
    if (!addressTaken(owner, first_ + i)) return first_ + i;
  }
  return fail(
      Error(Code::kInternal, "InternalError",
            cat("failed to allocate a serviceIP: range is full (", config_.service_cidr, ")")));
}

Result<uint16_t> ServiceAddresses::takePort(const std::string& owner, const Held& held) const {
  const uint32_t size = uint32_t{config_.node_port_last} - config_.node_port_first + 1;
  const auto start = static_cast<uint32_t>(rng_.below(size));
  for (uint32_t i = 0; i < size; ++i) {
    const auto port = static_cast<uint16_t>(config_.node_port_first + (start + i) % size);
    if (!held.ports.contains(port) && !portTaken(owner, port)) return port;
  }
  return fail(
      Error(Code::kInternal, "InternalError", "failed to allocate a nodePort: range is full"));
}

namespace {

// Fields of the former type that a merge carried along, as strategy.go's dropTypeDependentFields.
void dropLeftovers(doc::Value given, doc::Value before, doc::Draft& spec) {
  const std::string_view type = given["type"].text();
  const auto drop = [&](std::string_view key) {
    if (given[key].exists() && given[key] == before[key]) spec.erase(key);
  };
  if (type == "LoadBalancer") return;
  drop("allocateLoadBalancerNodePorts");
  drop("loadBalancerClass");
  drop("healthCheckNodePort");
  if (type != "NodePort") drop("externalTrafficPolicy");
}

}  // namespace

doc::Doc ServiceAddresses::normalize(const doc::Doc& service, doc::Value old) const {
  doc::Draft draft(service);
  doc::Draft& spec = draft["spec"];
  const doc::Value given = service["spec"];
  if (given["type"].text() == "ExternalName") {
    for (std::string_view key : {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"}) {
      if (old.exists() && given[key] == old["spec"][key]) spec.erase(key);
    }
    return draft.finish();
  }
  const doc::Value before = old["spec"];
  std::string address(given["clusterIP"].text());
  if (address.empty()) address = given["clusterIPs"][0].text();
  if (address.empty() && before["type"].text() != "ExternalName")
    address = before["clusterIP"].text();
  if (!address.empty()) {
    spec["clusterIP"] = address;
    spec["clusterIPs"] = doc::Draft::strings({address});
  }
  if (given["ipFamilies"].empty()) spec["ipFamilies"] = doc::Draft::strings({"IPv4"});
  if (!given["ipFamilyPolicy"].exists()) spec["ipFamilyPolicy"] = "SingleStack";
  const bool node_ports = hasNodePorts(given);
  for (size_t i = 0; i < given["ports"].size(); ++i) {
    const doc::Value port = given["ports"][i];
    const doc::Value same = samePort(before["ports"], port);
    if (node_ports && port["nodePort"].integer() == 0 && same["nodePort"].integer() > 0) {
      spec["ports"].at(i)["nodePort"] = same["nodePort"];
    } else if (!node_ports && old.exists() && port["nodePort"].exists() &&
               port["nodePort"] == same["nodePort"]) {
      spec["ports"].at(i).erase("nodePort");  // left over from the former type
    }
  }
  dropLeftovers(given, before, spec);
  return draft.finish();
}

Result<void> ServiceAddresses::givePorts(doc::Draft& spec, const std::string& owner,
                                         std::string_view name, Held& held) const {
  const doc::Doc now = spec.finish();
  const doc::Value ports = now["ports"];
  for (size_t i = 0; i < ports.size(); ++i) {
    const int64_t wanted = ports[i]["nodePort"].integer();
    if (wanted == 0) continue;
    const std::string field = cat("spec.ports[", i, "].nodePort");
    if (wanted < config_.node_port_first || wanted > config_.node_port_last) {
      return fail(invalidService(name, field,
                                 cat("Invalid value: ", wanted,
                                     ": provided port is not in the valid range. The range "
                                     "of valid ports is ",
                                     config_.node_port_first, "-", config_.node_port_last)));
    }
    if (portTaken(owner, static_cast<uint16_t>(wanted))) {
      return fail(invalidService(
          name, field, cat("Invalid value: ", wanted, ": provided port is already allocated")));
    }
    held.ports.insert(static_cast<uint16_t>(wanted));
  }
  if (!hasNodePorts(now)) return {};
  for (size_t i = 0; i < ports.size(); ++i) {
    if (ports[i]["nodePort"].integer() != 0) continue;
    MESHKA_TRY(const uint16_t port, takePort(owner, held));
    held.ports.insert(port);
    spec["ports"].at(i)["nodePort"] = int64_t{port};
  }
  const bool health =
      now["type"].text() == "LoadBalancer" && now["externalTrafficPolicy"].text() == "Local";
  if (health && now["healthCheckNodePort"].integer() == 0) {
    MESHKA_TRY(const uint16_t port, takePort(owner, held));
    held.ports.insert(port);
    spec["healthCheckNodePort"] = int64_t{port};
  }
  return {};
}

Result<doc::Doc> ServiceAddresses::reserve(const doc::Doc& service) {
  const doc::Value meta = service["metadata"];
  const std::string owner = ownerOf(meta["namespace"].text(), meta["name"].text());
  Held held;
  if (service["spec"]["type"].text() == "ExternalName" || !config_.allocate_service_addresses) {
    held_[owner] = held;
    return service;
  }
  doc::Draft draft(service);
  doc::Draft& spec = draft["spec"];
  const std::string_view wanted = service["spec"]["clusterIP"].text();
  if (wanted == "None") {
    spec["clusterIPs"] = doc::Draft::strings({"None"});
  } else {
    MESHKA_TRY(const uint32_t address, takeAddress(owner, meta["name"].text(), wanted));
    held.addresses.insert(address);
    spec["clusterIP"] = showIpv4(address);
    spec["clusterIPs"] = doc::Draft::strings({showIpv4(address)});
  }
  MESHKA_CHECK(givePorts(spec, owner, meta["name"].text(), held));
  held_[owner] = std::move(held);
  return draft.finish();
}

void ServiceAddresses::release(std::string_view ns, std::string_view name) {
  const doc::Doc stored = objects_.find("", "services", ns, name);
  const std::string owner = ownerOf(ns, name);
  if (stored.exists())
    held_[owner] = heldBy(stored);
  else
    held_.erase(owner);
}

namespace {

class ServiceAdmission final : public AdmissionPlugin {
 public:
  explicit ServiceAdmission(ServiceAddresses& addresses) : addresses_(addresses) {}

  Result<void> mutate(AdmissionRequest& request) override {
    if (applies(request)) request.object = addresses_.normalize(request.object, request.old_object);
    return {};
  }
  Result<void> validate(const AdmissionRequest& request) override {
    if (!applies(request)) return {};
    if (!request.object["spec"]["externalIPs"].empty()) {
      return fail(forbidden("", "services", request.name,
                            "spec.externalIPs is not supported (CVE-2020-8554)"));
    }
    const std::string_view before = request.old_object["spec"]["clusterIP"].text();
    const std::string_view after = request.object["spec"]["clusterIP"].text();
    const bool was_external = request.old_object["spec"]["type"].text() == "ExternalName";
    if (before.empty() || was_external || after == before ||
        request.object["spec"]["type"].text() == "ExternalName") {
      return {};
    }
    return fail(invalidService(request.name, "spec.clusterIPs[0]",
                               cat("Invalid value: [\"", after, "\"]: may not change once set")));
  }
  Result<void> reserve(AdmissionRequest& request) override {
    if (!applies(request)) return {};
    MESHKA_TRY(request.object, addresses_.reserve(request.object));
    return {};
  }
  void release(const AdmissionRequest& request) override {
    if (applies(request)) addresses_.release(request.ns, request.object["metadata"]["name"].text());
  }

 private:
  static bool applies(const AdmissionRequest& request) {
    return request.is("", "services") && request.subresource.empty() && request.object.exists() &&
           request.operation != Operation::kDelete;
  }
  ServiceAddresses& addresses_;
};

}  // namespace

std::unique_ptr<AdmissionPlugin> newServiceAdmission(ServiceAddresses& addresses) {
  return std::make_unique<ServiceAdmission>(addresses);
}

}  // namespace meshka::apiserver
