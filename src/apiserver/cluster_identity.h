// What makes a cluster itself: its certificate authority and its token key, kept in a directory
// that only its owner reads. Every serving certificate, every administrator's kubeconfig and every
// service account token comes from here.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"
#include "io/loop.h"
#include "io/task.h"
#include "net/pki.h"

namespace meshka::apiserver {

class ClusterIdentity {
 public:
  // Reads DIRECTORY/{ca.crt,ca.key,sa.key}, or makes them (files 0600). Errors: of the disk;
  // kInvalid when a file is damaged, naming it.
  static io::Task<Result<ClusterIdentity>> open(io::World world, std::string directory);

  const net::Authority& authority() const { return authority_; }
  const net::PrivateKey& tokenKey() const { return token_key_; }
  const std::string& caPem() const { return authority_.certificatePem(); }

  // For the API server's listener. Valid kLeafLife; made anew at each start and whenever the names
  // change.
  Result<net::KeyPair> issueServing(const net::SubjectAltNames& names, WallTime now,
                                    Rng& rng) const;
  // A client certificate: `user` becomes the name, `groups` the groups.
  Result<net::KeyPair> issueClient(const std::string& user, const std::vector<std::string>& groups,
                                   WallTime now, Rng& rng) const;
  // kubeconfig with one cluster, user and context; the credentials are system:masters.
  Result<doc::Doc> adminKubeconfig(const std::string& server, const std::string& cluster,
                                   const std::string& user, const std::string& context,
                                   WallTime now, Rng& rng) const;

 private:
  ClusterIdentity(net::Authority authority, net::PrivateKey token_key)
      : authority_(std::move(authority)), token_key_(std::move(token_key)) {}
  net::Authority authority_;
  net::PrivateKey token_key_;
};

// The names every API server answers to: kubernetes, kubernetes.default, ... .svc.DOMAIN,
// localhost, 127.0.0.1.
net::SubjectAltNames servingNames(const std::string& cluster_domain);

}  // namespace meshka::apiserver
