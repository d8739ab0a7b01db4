// Istio's control plane: one object that owns all its parts and lets them know of each other. It
// knows its cluster by ApiClient only.
#pragma once

#include <memory>

#include "client/api_client.h"
#include "io/loop.h"
#include "mesh/istiod/options.h"

namespace meshka::mesh {

class Istiod final {
 public:
  // The client outlives it.
  Istiod(io::World world, client::ApiClient& api, IstiodOptions options);
  ~Istiod();
  Istiod(const Istiod&) = delete;
  Istiod& operator=(const Istiod&) = delete;

  // Reads keys and mesh config, then serves. Errors: what made it impossible.
  io::Task<Result<void>> start();
  io::Task<void> stop();

  // Addresses as they were bound.
  struct Addresses {
    io::Endpoint http, grpc, secure_grpc, monitoring, webhooks;
  };
  const Addresses& addresses() const;
  std::string notReady() const;  // "" when ready

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace meshka::mesh
