#include "mesh/agent/mesh_names.h"

#include <algorithm>

#include "base/strings.h"
#include "mesh/agent/limits.h"

namespace meshka::mesh::agent {
namespace {

std::string plain(std::string_view name) {
  while (name.ends_with('.')) name.remove_suffix(1);
  return toLower(name);
}

dns::Record record(std::string_view name, dns::Type type) {
  dns::Record out;
  out.name = name;
  out.type = type;
  out.ttl = kNameTtlSeconds;
  return out;
}

}  // namespace

MeshNames::MeshNames(std::string domain, std::vector<std::string> search) {
  domain = plain(domain);
  const size_t dot = domain.find('.');
  ns_ = domain.substr(0, dot);
  if (dot != domain.npos) suffix_ = domain.substr(dot + 1);
  for (const std::string& one : search) search_.push_back(plain(one));
}

void MeshNames::add(std::string_view name, const Addresses& addresses) {
  if (!name.empty() && !name.starts_with('*')) hosts_.try_emplace(plain(name), addresses);
}

void MeshNames::set(doc::Value table) {
  hosts_.clear();
  received_ = true;
  // A name that the table has itself wins over a short form of another.
  for (const bool short_forms : {false, true}) {
    for (const auto [host, info] : table["table"].members()) {
      Addresses addresses;
      for (const doc::Value ip : info["ips"].elements()) {
        const auto packed = dns::packAddress(ip.text());
        if (packed) (packed->size() == 4 ? addresses.v4 : addresses.v6).push_back(*packed);
      }
      if (!short_forms) {
        add(host, addresses);
        for (const doc::Value other : info["alt_hosts"].elements()) add(other.text(), addresses);
        continue;
      }
      const std::string_view name = info["shortname"].text(), ns = info["namespace"].text();
      if (name.empty() || ns.empty() || suffix_.empty() || !plain(host).ends_with("." + suffix_))
        continue;
      if (ns == ns_) add(name, addresses);
      add(cat(name, ".", ns), addresses);
      add(cat(name, ".", ns, ".", suffix_.substr(0, suffix_.find('.'))), addresses);
    }
  }
}

std::optional<dns::Answer> MeshNames::resolve(const dns::Question& question) const {
  const bool v4 = question.type == static_cast<uint16_t>(dns::Type::kA);
  if (!v4 && question.type != static_cast<uint16_t>(dns::Type::kAaaa)) return std::nullopt;
  dns::Answer out;
  if (!received_) {
    out.rcode = dns::Rcode::kServFail;
    return out;
  }
  const std::string asked = plain(question.name);
  auto found = hosts_.find(asked);
  for (size_t i = 0; i < search_.size() && found == hosts_.end(); ++i) {
    const std::string tail = "." + search_[i];
    if (!asked.ends_with(tail)) continue;
    found = hosts_.find(std::string_view(asked).substr(0, asked.size() - tail.size()));
  }
  if (found == hosts_.end()) return std::nullopt;
  out.authoritative = true;
  if (found->first != asked) {
    out.answers.push_back(record(question.name, dns::Type::kCname));
    out.answers.back().target = found->first;
  }
  const std::vector<std::string>& addresses = v4 ? found->second.v4 : found->second.v6;
  const std::string_view owner = found->first == asked ? question.name : found->first;
  for (size_t i = 0; i < addresses.size(); ++i) {
    out.answers.push_back(record(owner, v4 ? dns::Type::kA : dns::Type::kAaaa));
    out.answers.back().address = addresses[(i + turn_) % addresses.size()];
  }
  ++turn_;
  return out;
}

}  // namespace meshka::mesh::agent
