// PodApi over an ApiClient.
#pragma once

#include "client/api_client.h"
#include "node/pod/context.h"

namespace meshka::node {

class ApiPods final : public PodApi {
 public:
  ApiPods(io::World world, client::ApiClient& api) : world_(world), api_(api) {}
  io::Task<Result<void>> writeStatus(doc::Doc pod, doc::Doc status) override;
  io::Task<Result<void>> forget(doc::Doc pod) override;
  io::Task<Result<ServiceToken>> requestToken(doc::Doc pod, std::string audience,
                                              int64_t expiration_s) override;

 private:
  io::World world_;
  client::ApiClient& api_;
};

}  // namespace meshka::node
