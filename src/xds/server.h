// The aggregated discovery service: one stream per proxy, state of the world. Who a proxy is and
// what it gets is a backend's business; when and what is sent is decided here (stream_state.h).
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/function.h"
#include "base/log.h"
#include "io/loop.h"
#include "net/grpc.h"
#include "xds/resource.h"
#include "xds/stream_state.h"

namespace meshka::xds {

// A connected proxy as its backend knows it.
class AdsProxy {
 public:
  virtual ~AdsProxy() = default;
};

class AdsBackend {
 public:
  virtual ~AdsBackend() = default;
  // Who opens a stream. Errors end it, with their gRPC status (net::grpcError).
  virtual io::Task<Result<std::unique_ptr<AdsProxy>>> connect(net::GrpcServerCall& call,
                                                              doc::Doc node) = 0;
  // What the proxy should have. `names` is what it asked for, empty for types that come whole.
  // nullopt: the type is not served (not yet, or not to this proxy), and nothing is sent.
  virtual std::optional<std::vector<NamedConfig>> resources(
      const AdsProxy& proxy, std::string_view type_url, const std::vector<std::string>& names) = 0;
  virtual void onAnswer(const AdsProxy& proxy, std::string_view type_url, bool accepted) {
    (void)proxy, (void)type_url, (void)accepted;
  }
};

struct AdsOptions {
  std::string control_plane;  // identifies us in every response
  Duration max_age{};         // a stream ends after about so long; 0: never
};

// What a stream looks like now, for /debug.
struct StreamView {
  std::string connection_id;
  std::string node_id;
  doc::Doc node;
  WallTime connected_at;
  const StreamState& state;
  const AdsProxy& proxy;
};

struct AdsCounters {
  uint64_t pushes = 0;
  uint64_t rejections = 0;
  uint64_t stale = 0;
  uint64_t encode_errors = 0;
};

class AdsServer final : public net::GrpcService {
 public:
  static constexpr std::string_view kStreamMethod =
      "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";

  AdsServer(io::Loop& loop, Rng& rng, Log& log, AdsBackend& backend, AdsOptions options);
  ~AdsServer() override;

  io::Task<Result<void>> serve(net::GrpcServerCall& call) override;

  // Something changed that these types are made of (empty: any type). Streams get what differs for
  // them, one stream per turn of the loop. `which` limits it to some proxies.
  void push(std::vector<std::string> types, Function<bool(const AdsProxy&)> which = {});

  std::vector<StreamView> streams() const;
  const AdsCounters& counters() const { return counters_; }
  const ResourceCache& cache() const { return cache_; }

 private:
  class Stream;
  void enqueue(Stream& stream);
  void runNext();

  io::Loop& loop_;
  Rng& rng_;
  Log& log_;
  AdsBackend& backend_;
  const AdsOptions options_;
  ResourceCache cache_;
  AdsCounters counters_;
  std::vector<Stream*> streams_;  // in order of arrival
  std::deque<Stream*> queue_;     // that have something to compute
  uint64_t next_connection_ = 1;
  uint64_t version_ = 0;
  io::Timer turn_;
};

}  // namespace meshka::xds
