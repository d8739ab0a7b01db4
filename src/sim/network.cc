#include "sim/network.h"

#include "base/strings.h"
#include "io/async.h"
#include "sim/limits.h"
#include "sim/stream.h"

namespace meshka::sim {

using io::Endpoint;
using io::Task;

namespace {

bool isLocal(const Endpoint& e) {
  return e.unix_socket || e.host == "::1" || e.host.starts_with("127.");
}
bool isAny(const Endpoint& e) {
  return !e.unix_socket && (e.host == "0.0.0.0" || e.host == "::");
}

std::pair<std::string, std::string> ordered(const std::string& a, const std::string& b) {
  return a < b ? std::pair(a, b) : std::pair(b, a);
}

}  // namespace

// A datagram under way.
struct Flight final : io::TimerTarget {
  Flight(Fabric& f, SimNetwork* t, Endpoint a, Endpoint b, std::string d)
      : fabric(f), target(t), from(std::move(a)), to(std::move(b)), bytes(std::move(d)) {}
  ~Flight() override { fabric.loop_.arm(*this, kNever); }
  void onTimer() override;

  Fabric& fabric;
  SimNetwork* target;
  Endpoint from;
  Endpoint to;
  std::string bytes;
  std::list<std::unique_ptr<Flight>>::iterator self;
};

class SimListener final : public io::Listener, private io::TimerTarget {
 public:
  SimListener(SimNetwork& n, Endpoint at, io::AcceptHandler& handler)
      : network_(n), local_(std::move(at)), handler_(handler) {
    network_.listeners_[local_.toString()] = this;
  }
  ~SimListener() override {
    if (gone_ != nullptr) *gone_ = true;
    network_.fabric_.loop_.arm(*this, kNever);
    network_.listeners_.erase(local_.toString());
  }
  Endpoint local() const override { return local_; }

  void offer(std::unique_ptr<io::Stream> stream) {
    queue_.push_back(std::move(stream));
    network_.fabric_.loop_.arm(*this, network_.fabric_.loop_.clock().now());
  }

 private:
  void onTimer() override {
    bool gone = false;
    gone_ = &gone;
    std::vector<std::unique_ptr<io::Stream>> batch = std::exchange(queue_, {});
    for (auto& stream : batch) {
      handler_.onAccept(std::move(stream));
      if (gone) return;
    }
    gone_ = nullptr;
  }

  SimNetwork& network_;
  Endpoint local_;
  io::AcceptHandler& handler_;
  std::vector<std::unique_ptr<io::Stream>> queue_;
  bool* gone_ = nullptr;
};

class SimDatagramSocket final : public io::DatagramSocket {
 public:
  SimDatagramSocket(SimNetwork& n, Endpoint at) : network_(n), local_(std::move(at)) {
    network_.datagrams_[local_.toString()] = this;
  }
  ~SimDatagramSocket() override { network_.datagrams_.erase(local_.toString()); }
  void setHandler(io::DatagramHandler* handler) override { handler_ = handler; }
  Endpoint local() const override { return local_; }

  void send(std::string_view bytes, const Endpoint& to) override {
    Fabric& fabric = network_.fabric_;
    SimNetwork* target = fabric.route(network_, to);
    if (target == nullptr || fabric.separated(network_.address_, target->address_)) return;
    if (fabric.chance(fabric.faults.lose_datagrams)) return;
    Endpoint from = local_;
    if (isAny(from)) from.host = isLocal(to) ? to.host : network_.address_;
    fabric.flights_.push_back(
        std::make_unique<Flight>(fabric, target, std::move(from), to, std::string(bytes)));
    Flight& flight = *fabric.flights_.back();
    flight.self = std::prev(fabric.flights_.end());
    fabric.loop_.arm(flight, fabric.loop_.clock().now() + fabric.latency());
  }

  void receive(std::string_view bytes, const Endpoint& from) {
    if (handler_ != nullptr) handler_->onDatagram(bytes, from);
  }

 private:
  SimNetwork& network_;
  Endpoint local_;
  io::DatagramHandler* handler_ = nullptr;
};

void Flight::onTimer() {
  const std::unique_ptr<Flight> landed = std::move(*self);
  fabric.flights_.erase(self);
  if (SimDatagramSocket* socket = SimNetwork::find(target->datagrams_, to))
    socket->receive(bytes, from);
}

Fabric::Fabric(io::Loop& loop, Rng& rng) : loop_(loop), rng_(rng) {}
Fabric::~Fabric() = default;

SimNetwork& Fabric::host(const std::string& address) {
  std::unique_ptr<SimNetwork>& host = hosts_[address];
  if (!host) host = std::make_unique<SimNetwork>(*this, address);
  return *host;
}

bool Fabric::separated(const std::string& a, const std::string& b) const {
  return !partitions_.empty() && partitions_.contains(ordered(a, b));
}

void Fabric::partition(const std::string& a, const std::string& b) {
  partitions_.insert(ordered(a, b));
  for (Pipe* pipe : pipes_) pipe->schedule();
}

void Fabric::heal() {
  partitions_.clear();
  for (Pipe* pipe : pipes_) pipe->schedule();
}

void Fabric::cut(const std::string& a, const std::string& b) {
  for (Pipe* pipe : pipes_) {
    if (ordered(pipe->from_host, pipe->to_host) == ordered(a, b)) pipe->breakNow();
  }
}

Duration Fabric::latency() {
  const int64_t spread = faults.max_latency.ns - faults.min_latency.ns;
  if (spread <= 0) return faults.min_latency;
  return Duration{faults.min_latency.ns +
                  static_cast<int64_t>(rng_.below(static_cast<uint64_t>(spread) + 1))};
}

SimNetwork* Fabric::route(SimNetwork& from, const Endpoint& to) {
  if (isLocal(to)) return &from;
  const auto found = hosts_.find(to.host);
  return found == hosts_.end() ? nullptr : found->second.get();
}

SimNetwork::SimNetwork(Fabric& fabric, std::string address)
    : fabric_(fabric), address_(std::move(address)) {}
SimNetwork::~SimNetwork() = default;

template <class T>
T* SimNetwork::find(const std::map<std::string, T*>& bound, const Endpoint& to) {
  for (const Endpoint& candidate : {to, Endpoint{.host = "0.0.0.0", .port = to.port},
                                    Endpoint{.host = "::", .port = to.port}}) {
    if (const auto found = bound.find(candidate.toString()); found != bound.end())
      return found->second;
    if (to.unix_socket) break;
  }
  return nullptr;
}

Task<Result<std::unique_ptr<io::Stream>>> SimNetwork::connect(Endpoint to, Instant deadline) {
  const std::string what = cat("connect to ", to.toString());
  io::Loop& loop = fabric_.loop_;
  SimNetwork* target = fabric_.route(*this, to);
  while (target != nullptr && fabric_.separated(address_, target->address_)) {
    const Instant retry = loop.clock().now() + kSynRetry;
    co_await io::sleepUntil(loop, retry < deadline ? retry : deadline);
    if (loop.clock().now() >= deadline)
      co_return fail(Code::kTimeout, what + ": deadline exceeded");
  }
  const Instant arrives = loop.clock().now() + fabric_.latency();
  co_await io::sleepUntil(loop, arrives < deadline ? arrives : deadline);
  if (arrives > deadline) co_return fail(Code::kTimeout, what + ": deadline exceeded");
  if (target == nullptr) co_return fail(Code::kUnavailable, what + ": no route to host");
  SimListener* listener = find(target->listeners_, to);
  if (listener == nullptr || fabric_.chance(fabric_.faults.refuse)) {
    co_return fail(Code::kUnavailable, what + ": connection refused");
  }
  Endpoint mine = to;
  if (!to.unix_socket) mine = {.host = isLocal(to) ? to.host : address_, .port = freePort()};
  auto there = std::make_shared<Pipe>(fabric_, address_, target->address_);
  auto back = std::make_shared<Pipe>(fabric_, target->address_, address_);
  auto client = std::make_unique<SimStream>(fabric_, back, there, mine, to);
  listener->offer(std::make_unique<SimStream>(fabric_, there, back, to, mine));
  co_return std::move(client);
}

Result<std::unique_ptr<io::Listener>> SimNetwork::listen(const Endpoint& at,
                                                         io::AcceptHandler& handler) {
  Endpoint bound = at;
  if (!at.unix_socket && at.port == 0) bound.port = freePort();
  if (!isLocal(bound) && !isAny(bound) && bound.host != address_) {
    return fail(Code::kInvalid,
                cat("listen on ", at.toString(), ": cannot assign requested address"));
  }
  if (listeners_.contains(bound.toString())) {
    return fail(Code::kAlreadyExists, cat("listen on ", at.toString(), ": address already in use"));
  }
  return std::make_unique<SimListener>(*this, std::move(bound), handler);
}

Result<std::unique_ptr<io::DatagramSocket>> SimNetwork::bindDatagram(const Endpoint& at) {
  if (at.unix_socket) return fail(Code::kUnsupported, "Unix datagram sockets are not supported");
  Endpoint bound = at;
  if (at.port == 0) bound.port = freePort();
  if (datagrams_.contains(bound.toString())) {
    return fail(Code::kAlreadyExists, cat("bind ", at.toString(), ": address already in use"));
  }
  return std::make_unique<SimDatagramSocket>(*this, std::move(bound));
}

}  // namespace meshka::sim
