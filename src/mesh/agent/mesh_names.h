// The mesh's names as the control plane lists them, for the applications' DNS questions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dns/names.h"
#include "doc/doc.h"

namespace meshka::mesh::agent {

class MeshNames final : public dns::Names {
 public:
  // `domain` of the proxy ("ns.svc.cluster.local"); `search` as in the pod's resolv.conf.
  MeshNames(std::string domain, std::vector<std::string> search);

  // istio.networking.nds.v1.NameTable. Replaces everything.
  void set(doc::Value table);
  bool received() const { return received_; }

  // A and AAAA of known hosts; a known host under a search domain is an alias of itself. Before the
  // first table SERVFAIL, so that nobody remembers a name as missing.
  std::optional<dns::Answer> resolve(const dns::Question& question) const override;

 private:
  struct Addresses {
    std::vector<std::string> v4, v6;  // packed
  };
  void add(std::string_view name, const Addresses& addresses);

  std::string ns_;      // of the proxy
  std::string suffix_;  // "svc.cluster.local"
  std::vector<std::string> search_;
  std::map<std::string, Addresses, std::less<>> hosts_;
  mutable uint32_t turn_ = 0;  // addresses are rotated from answer to answer
  bool received_ = false;
};

}  // namespace meshka::mesh::agent
