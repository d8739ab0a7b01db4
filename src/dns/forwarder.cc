#include "dns/forwarder.h"

#include <algorithm>

#include "dns/limits.h"

namespace meshka::dns {

struct Forwarder::Ask final : io::DatagramHandler {
  Ask(Forwarder& forwarder, Question q, std::string from, Done callback)
      : owner(forwarder),
        question(std::move(q)),
        client(std::move(from)),
        done(std::move(callback)),
        timer(forwarder.world_.loop, [this] { owner.next(*this); }) {}

  void onDatagram(std::string_view bytes, const io::Endpoint& from) override {
    if (finished || from != owner.upstreams_[upstream]) return;
    const auto response = parseResponse(bytes);
    if (!response || response->id != id || response->question != question) return;
    owner.finish(*this, std::string(bytes));
  }

  Forwarder& owner;
  Question question;
  std::string client;
  Done done;
  io::Timer timer;
  std::unique_ptr<io::DatagramSocket> socket;
  uint16_t id = 0;
  size_t upstream = SIZE_MAX;  // the one being asked
  bool finished = false;
};

Forwarder::Forwarder(io::World world, std::vector<io::Endpoint> upstreams)
    : world_(world), upstreams_(std::move(upstreams)) {}

Forwarder::~Forwarder() = default;

bool Forwarder::ask(const Question& question, const std::string& client, Done done) {
  const auto mine =
      std::ranges::count_if(asks_, [&](const auto& a) { return a->client == client; });
  if (asks_.size() >= kMaxForwards || static_cast<size_t>(mine) >= kMaxForwardsPerClient)
    return false;
  asks_.push_back(std::make_unique<Ask>(*this, question, client, std::move(done)));
  next(*asks_.back());
  return true;
}

void Forwarder::next(Ask& ask) {
  ++ask.upstream;  // from SIZE_MAX to 0 first
  if (ask.upstream >= upstreams_.size()) return finish(ask, std::nullopt);
  const io::Endpoint& to = upstreams_[ask.upstream];
  const bool v6 = to.host.find(':') != std::string::npos;
  auto socket = world_.network.bindDatagram({.host = v6 ? "::" : "0.0.0.0"});
  ask.timer.armAfter(socket ? kForwardTimeout : Duration{});
  if (!socket) return;
  ask.id = static_cast<uint16_t>(world_.rng.next());
  ask.socket = std::move(*socket);
  ask.socket->setHandler(&ask);
  ask.socket->send(writeQuery(ask.id, ask.question, true), to);
}

// The ask may be on the call stack (its socket calls us), so it dies in a later turn.
void Forwarder::finish(Ask& ask, std::optional<std::string> answer) {
  ask.finished = true;
  ask.timer.cancel();
  const auto at = std::ranges::find_if(asks_, [&](const auto& a) { return a.get() == &ask; });
  std::unique_ptr<Ask> owned = std::move(*at);
  asks_.erase(at);
  if (owned->socket) owned->socket->setHandler(nullptr);
  world_.loop.post([dying = std::move(owned), answer = std::move(answer),
                    alive = std::weak_ptr<bool>(alive_)]() mutable {
    if (alive.lock()) dying->done(std::move(answer));
  });
}

}  // namespace meshka::dns
