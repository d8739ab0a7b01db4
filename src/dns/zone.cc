#include "dns/zone.h"

#include <algorithm>

#include "base/strings.h"
#include "dns/limits.h"

namespace meshka::dns {
namespace {

constexpr std::string_view kSpecVersion = "1.1.0";

bool wants(const Question& q, Type type) {
  return q.type == static_cast<uint16_t>(type) || q.type == static_cast<uint16_t>(Type::kAny);
}

// A or AAAA, by the length of the address; nothing when the question wants the other one.
void addAddress(std::vector<Record>& to, std::string name, const std::string& packed,
                const Question* question) {
  const Type type = packed.size() == 4 ? Type::kA : Type::kAaaa;
  if (question != nullptr && !wants(*question, type)) return;
  if (to.size() >= kMaxAnswerRecords) return;
  Record r;
  r.name = std::move(name);
  r.type = type;
  r.ttl = kTtlSeconds;
  r.address = packed;
  to.push_back(std::move(r));
}

std::string dashed(std::string_view packed) {
  std::string text = addressText(packed);
  std::ranges::replace(text, '.', '-');
  std::ranges::replace(text, ':', '-');
  return text;
}

// "10-244-0-5" or "fd00--1".
std::optional<std::string> undashed(std::string_view label) {
  for (const char separator : {'.', ':'}) {
    std::string text(label);
    std::ranges::replace(text, '-', separator);
    if (auto packed = packAddress(text)) return packed;
  }
  return std::nullopt;
}

uint16_t portNumber(doc::Value v) {
  const int64_t n = v.integer();
  return n > 0 && n < 65536 ? static_cast<uint16_t>(n) : uint16_t{0};
}

}  // namespace

std::string Zone::nameOf(const Key& key) const {
  return cat(key.second, ".", key.first, ".svc.", domain_);
}

void Zone::setHost(std::string name, std::string address) {
  if (auto packed = packAddress(address)) hosts_[toLower(name)] = *packed;
}

void Zone::setService(doc::Value object) {
  const Key key{std::string(object["metadata"]["namespace"].text()),
                std::string(object["metadata"]["name"].text())};
  removeService(key.first, key.second);
  auto [at, is_new] = services_.try_emplace(key);
  if (is_new) ++namespaces_[key.first];
  Service& s = at->second;
  const doc::Value spec = object["spec"];
  s.known = true;
  s.publish_not_ready = spec["publishNotReadyAddresses"].boolean();
  if (spec["type"].text() == "ExternalName")
    s.external_name = toLower(trim(spec["externalName"].text()));
  while (s.external_name.ends_with('.')) s.external_name.pop_back();
  std::vector<std::string> texts;
  for (const doc::Value ip : spec["clusterIPs"].elements()) texts.emplace_back(ip.text());
  if (texts.empty()) texts.emplace_back(spec["clusterIP"].text());
  s.headless = texts[0] == "None";
  for (const std::string& text : texts) {
    if (auto packed = packAddress(text)) {
      by_cluster_ip_[*packed] = key;
      s.addresses.push_back(std::move(*packed));
    }
  }
  for (const doc::Value p : spec["ports"].elements()) {
    s.ports.push_back(
        {std::string(p["name"].text()), toLower(p["protocol"].text("TCP")), portNumber(p["port"])});
  }
}

void Zone::removeService(std::string_view ns, std::string_view name) {
  const Key key{std::string(ns), std::string(name)};
  const auto at = services_.find(key);
  if (at == services_.end()) return;
  for (const std::string& address : at->second.addresses) {
    if (const auto ip = by_cluster_ip_.find(address);
        ip != by_cluster_ip_.end() && ip->second == key) {
      by_cluster_ip_.erase(ip);
    }
  }
  Service emptied;
  emptied.slices = std::move(at->second.slices);
  at->second = std::move(emptied);
  dropIfEmpty(key);
}

void Zone::dropIfEmpty(const Key& key) {
  const auto at = services_.find(key);
  if (at == services_.end() || at->second.known || !at->second.slices.empty()) return;
  services_.erase(at);
  if (const auto ns = namespaces_.find(key.first); --ns->second == 0) namespaces_.erase(ns);
}

void Zone::indexEndpoints(const Key& key, const std::vector<Endpoint>& endpoints, bool add) {
  for (const Endpoint& e : endpoints) {
    auto& keys = by_endpoint_[e.packed];
    if (add) {
      keys.insert(key);
    } else if (const auto at = keys.find(key); at != keys.end()) {
      keys.erase(at);
    }
    if (keys.empty()) by_endpoint_.erase(e.packed);
  }
}

void Zone::setSlice(doc::Value slice) {
  const doc::Value meta = slice["metadata"];
  const std::string ns(meta["namespace"].text()), name(meta["name"].text());
  removeSlice(ns, name);
  const std::string_view owner = meta["labels"]["kubernetes.io/service-name"].text();
  if (owner.empty()) return;
  std::vector<Port> ports;
  for (const doc::Value p : slice["ports"].elements()) {
    ports.push_back(
        {std::string(p["name"].text()), toLower(p["protocol"].text("TCP")), portNumber(p["port"])});
  }
  std::vector<Endpoint> endpoints;
  for (const doc::Value e : slice["endpoints"].elements()) {
    for (const doc::Value address : e["addresses"].elements()) {
      auto packed = packAddress(address.text());
      if (!packed) continue;
      Endpoint endpoint;
      endpoint.hostname =
          e["hostname"].isString() ? toLower(e["hostname"].text()) : dashed(*packed);
      endpoint.packed = std::move(*packed);
      endpoint.ready = e["conditions"]["ready"].boolean(true);
      endpoint.ports = ports;
      endpoints.push_back(std::move(endpoint));
    }
  }
  const Key key{ns, std::string(owner)};
  auto [at, is_new] = services_.try_emplace(key);
  if (is_new) ++namespaces_[ns];
  indexEndpoints(key, endpoints, true);
  at->second.slices[name] = std::move(endpoints);
  slice_owner_[cat(ns, "/", name)] = key;
}

void Zone::removeSlice(std::string_view ns, std::string_view name) {
  const auto owner = slice_owner_.find(cat(ns, "/", name));
  if (owner == slice_owner_.end()) return;
  const Key key = owner->second;
  slice_owner_.erase(owner);
  Service& s = services_.at(key);
  const auto slice = s.slices.find(std::string(name));
  indexEndpoints(key, slice->second, false);
  s.slices.erase(slice);
  dropIfEmpty(key);
}

Record Zone::soa() const {
  Record r;
  r.name = domain_;
  r.type = Type::kSoa;
  r.ttl = kNegativeTtlSeconds;
  r.target = cat("ns.dns.", domain_);
  r.contact = cat("hostmaster.", domain_);
  r.serial = 1;
  r.refresh = 7200;
  r.retry = 1800;
  r.expire = 86400;
  r.minimum = kNegativeTtlSeconds;
  return r;
}

Answer Zone::negative(Rcode rcode) const {
  Answer a;
  a.rcode = rcode;
  a.authoritative = true;
  a.authority.push_back(soa());
  return a;
}

std::optional<Answer> Zone::resolve(const Question& q) const {
  if (q.klass != 1) {
    Answer refused;
    refused.rcode = Rcode::kRefused;
    return refused;
  }
  if (q.name == domain_ || q.name.ends_with(cat(".", domain_))) {
    std::string_view rest(q.name);
    rest.remove_suffix(std::min(rest.size(), domain_.size() + 1));
    Answer a = resolveInside(rest, q);
    if (a.rcode == Rcode::kNoError && a.answers.empty()) return negative(Rcode::kNoError);
    a.authoritative = true;
    return a;
  }
  if (const auto host = hosts_.find(q.name); host != hosts_.end()) {
    Answer a;
    a.authoritative = true;
    addAddress(a.answers, q.name, host->second, &q);
    return a;
  }
  return resolveReverse(q);
}

// `rest` is the name without the domain: "web.default.svc".
Answer Zone::resolveInside(std::string_view rest, const Question& q) const {
  Answer a;
  if (rest.empty()) {
    if (wants(q, Type::kSoa)) a.answers.push_back(soa());
    return a;
  }
  if (rest == "dns-version") {
    Record r{.name = q.name,
             .type = Type::kTxt,
             .ttl = kTtlSeconds,
             .target = std::string(kSpecVersion)};
    if (wants(q, Type::kTxt)) a.answers.push_back(std::move(r));
    return a;
  }
  const auto labels = split(rest, '.');
  const size_t n = labels.size();
  if (labels[n - 1] == "pod") {
    if (n == 1) return a;
    if (!namespaces_.contains(labels[n - 2])) return negative(Rcode::kNxDomain);
    if (n == 2) return a;
    return n == 3 ? resolvePod(labels[0], q) : negative(Rcode::kNxDomain);
  }
  if (labels[n - 1] != "svc") return negative(Rcode::kNxDomain);
  if (n == 1) return a;
  if (n == 2) return namespaces_.contains(labels[0]) ? a : negative(Rcode::kNxDomain);
  const Key key{std::string(labels[n - 2]), std::string(labels[n - 3])};
  const auto at = services_.find(key);
  if (at == services_.end() || !at->second.known) return negative(Rcode::kNxDomain);
  if (n == 3) return resolveService(key, at->second, q);
  if (n == 5 && labels[0].starts_with('_') && labels[1].starts_with('_')) {
    return resolveSrv(key, at->second, labels[0].substr(1), labels[1].substr(1), q);
  }
  if (n == 4 && labels[0].starts_with('_')) {  // the empty node above _port._proto
    return resolveSrv(key, at->second, "*", labels[0].substr(1), q).rcode == Rcode::kNoError
               ? a
               : negative(Rcode::kNxDomain);
  }
  return n == 4 ? resolveEndpoint(at->second, labels[0], q) : negative(Rcode::kNxDomain);
}

Answer Zone::resolveService(const Key& key, const Service& service, const Question& q) const {
  Answer a;
  if (!service.external_name.empty()) {
    appendCname(a, service.external_name, q);
    return a;
  }
  if (wants(q, Type::kSrv)) return resolveSrv(key, service, "*", "*", q);
  if (!service.headless) {
    for (const std::string& address : service.addresses) addAddress(a.answers, q.name, address, &q);
    return a;
  }
  std::set<std::string> seen;
  for (const auto& [name, endpoints] : service.slices) {
    for (const Endpoint& e : endpoints) {
      if (!e.ready && !service.publish_not_ready) continue;
      if (seen.insert(e.packed).second) addAddress(a.answers, q.name, e.packed, &q);
    }
  }
  return a;
}

Answer Zone::resolveEndpoint(const Service& service, std::string_view host,
                             const Question& q) const {
  Answer a;
  bool found = false;
  std::set<std::string> seen;
  for (const auto& [name, endpoints] : service.slices) {
    for (const Endpoint& e : endpoints) {
      if (e.hostname != host || (!e.ready && !service.publish_not_ready)) continue;
      found = true;
      if (seen.insert(e.packed).second) addAddress(a.answers, q.name, e.packed, &q);
    }
  }
  return found ? a : negative(Rcode::kNxDomain);
}

Answer Zone::resolveSrv(const Key& key, const Service& service, std::string_view port,
                        std::string_view protocol, const Question& q) const {
  const auto matches = [&](const Port& p) {
    return (port == "*" || (p.name == port && !p.name.empty())) &&
           (protocol == "*" || p.protocol == protocol);
  };
  const std::string service_name = nameOf(key);
  Answer a;
  bool found = false;
  std::set<std::string> targets;
  const auto add = [&](const Port& p, const std::string& target, const std::string& packed) {
    found = true;
    if (!wants(q, Type::kSrv) || a.answers.size() >= kMaxAnswerRecords) return;
    Record r;
    r.name = q.name;
    r.type = Type::kSrv;
    r.ttl = kTtlSeconds;
    r.port = p.number;
    r.target = target;
    if (std::ranges::find(a.answers, r) != a.answers.end()) return;
    a.answers.push_back(std::move(r));
    if (targets.insert(target + packed).second) addAddress(a.additional, target, packed, nullptr);
  };
  if (service.headless) {
    for (const auto& [name, endpoints] : service.slices) {
      for (const Endpoint& e : endpoints) {
        if (!e.ready && !service.publish_not_ready) continue;
        for (const Port& p : e.ports) {
          if (matches(p)) add(p, cat(e.hostname, ".", service_name), e.packed);
        }
      }
    }
  } else {
    for (const Port& p : service.ports) {
      if (!matches(p)) continue;
      for (const std::string& address : service.addresses) add(p, service_name, address);
    }
  }
  for (Record& r : a.answers)
    r.weight = static_cast<uint16_t>(std::max<size_t>(1, 100 / a.answers.size()));
  if (port == "*" && protocol == "*")
    found = true;  // the service's own name exists without ports too
  return found ? a : negative(Rcode::kNxDomain);
}

Answer Zone::resolvePod(std::string_view label, const Question& q) const {
  Answer a;
  const auto packed = undashed(label);
  if (!packed) return negative(Rcode::kNxDomain);
  addAddress(a.answers, q.name, *packed, &q);
  return a;
}

std::optional<Answer> Zone::resolveReverse(const Question& q) const {
  const auto packed = addressOfReverseName(q.name);
  if (!packed) return std::nullopt;
  std::vector<std::string> targets;
  if (const auto service = by_cluster_ip_.find(*packed); service != by_cluster_ip_.end()) {
    targets.push_back(nameOf(service->second));
  } else if (const auto keys = by_endpoint_.find(*packed); keys != by_endpoint_.end()) {
    for (const Key& key : std::set<Key>(keys->second.begin(), keys->second.end())) {
      for (const auto& [slice, endpoints] : services_.at(key).slices) {
        for (const Endpoint& e : endpoints) {
          if (e.packed == *packed) targets.push_back(cat(e.hostname, ".", nameOf(key)));
        }
      }
    }
  }
  if (targets.empty()) return std::nullopt;
  Answer a;
  a.authoritative = true;
  for (std::string& target : targets) {
    Record r{.name = q.name, .type = Type::kPtr, .ttl = kTtlSeconds, .target = std::move(target)};
    if (wants(q, Type::kPtr) && std::ranges::find(a.answers, r) == a.answers.end())
      a.answers.push_back(std::move(r));
  }
  return a;
}

// Follows the alias while it points into this zone; a resolver does not ask again for the rest.
void Zone::appendCname(Answer& answer, std::string target, const Question& q) const {
  std::string name = q.name;
  for (int i = 0; i < kMaxCnames; ++i) {
    answer.answers.push_back(
        {.name = name, .type = Type::kCname, .ttl = kTtlSeconds, .target = target});
    if (q.type == static_cast<uint16_t>(Type::kCname) || !target.ends_with(cat(".svc.", domain_)))
      return;
    const auto labels =
        split(std::string_view(target).substr(0, target.size() - domain_.size() - 1), '.');
    if (labels.size() != 3) return;
    const auto next = services_.find({std::string(labels[1]), std::string(labels[0])});
    if (next == services_.end() || !next->second.known) return;
    name = target;
    if (next->second.external_name.empty()) {
      Answer inner =
          resolveService(next->first, next->second, {.name = name, .type = q.type, .klass = 1});
      std::ranges::move(inner.answers, std::back_inserter(answer.answers));
      return;
    }
    target = next->second.external_name;
  }
}

}  // namespace meshka::dns
