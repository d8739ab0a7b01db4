// What the pod workers of a node share: the world, the runtime, and the ways to the API. All of it
// outlives them.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "io/async.h"
#include "net/tls.h"
#include "node/config.h"
#include "node/cri/cri.h"
#include "node/pod/machine.h"
#include "node/spec/env.h"
#include "node/volumes/volume_host.h"

namespace meshka::node {

struct ServiceToken {
  std::string token;
  WallTime expires;
};

// The API calls that a pod needs.
class PodApi {
 public:
  virtual ~PodApi() = default;
  // Replaces .status of this pod and no other of its name. Errors: kNotFound and kConflict mean
  // that it is gone.
  virtual io::Task<Result<void>> writeStatus(doc::Doc pod, doc::Doc status) = 0;
  // Removes the object for good; one that is gone is success.
  virtual io::Task<Result<void>> forget(doc::Doc pod) = 0;
  virtual io::Task<Result<ServiceToken>> requestToken(doc::Doc pod, std::string audience,
                                                      int64_t expiration_s) = 0;
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void record(const doc::Doc& pod, const PodEvent& event) = 0;
};

class ClusterView : public ObjectSource {
 public:
  virtual std::vector<doc::Doc> services() const = 0;
};

// Lets `limit` holders in at a time, the longest waiting first.
class Gate {
 public:
  class Slot {
   public:
    explicit Slot(Gate* gate) : gate_(gate) {}
    Slot(Slot&& o) noexcept : gate_(std::exchange(o.gate_, nullptr)) {}
    Slot& operator=(Slot&& o) noexcept {
      std::swap(gate_, o.gate_);
      return *this;
    }
    ~Slot() { release(); }
    void release() {
      if (gate_ != nullptr) std::exchange(gate_, nullptr)->leave();
    }

   private:
    Gate* gate_;
  };

  Gate(io::Loop& loop, size_t limit) : loop_(loop), limit_(limit) {}
  io::Task<Slot> enter();
  size_t inside() const { return inside_; }

 private:
  void leave();
  io::Loop& loop_;
  size_t limit_;
  size_t inside_ = 0;
  std::deque<io::Event*> waiting_;
};

// A probe asks whether the program answers, not who it is.
std::shared_ptr<net::TlsClientConfig> newProbeTls(io::Loop& loop);

struct NodeContext {
  io::World world;
  const NodeConfig& config;
  cri::CriClient& cri;
  VolumeHost& volumes;
  PodApi& api;
  EventSink& events;
  const ClusterView& cluster;
  Gate& starts;
  // Kept for all probes by HTTPS: making it costs more than the rest of a probe, and it holds the
  // sessions to resume.
  std::shared_ptr<net::TlsClientConfig> probe_tls = newProbeTls(world.loop);

  Instant in(Duration d) const { return world.clock().now() + d; }
};

}  // namespace meshka::node
