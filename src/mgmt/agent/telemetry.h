// Where the proxies of the cluster send metrics and access logs. Both streams are accepted and
// counted, and what they carry is dropped: summing it up for the server comes with the traffic
// graph, and a proxy that is refused would try again for ever.
#pragma once

#include <string>

#include "io/loop.h"
#include "net/grpc.h"

namespace meshka::mgmt {

class Telemetry final : public net::GrpcService {
 public:
  explicit Telemetry(io::World world) : world_(world) {}
  io::Task<Result<void>> serve(net::GrpcServerCall& call) override;
  std::string metrics() const;

 private:
  struct Kind {
    uint64_t streams = 0;  // open now
    uint64_t messages = 0;
    uint64_t bytes = 0;
  };
  io::World world_;
  Kind metrics_;
  Kind logs_;
  bool told_ = false;
};

}  // namespace meshka::mgmt
