#include "mesh/istiod/rounds.h"

#include <algorithm>

#include "mesh/istiod/limits.h"

namespace meshka::mesh {

Rounds::Rounds(io::Loop& loop, Function<void(Change)> round)
    : loop_(loop), round_(std::move(round)), timer_(loop, [this] { fire(); }) {}

void Rounds::full() {
  pending_.full = true;
  arm();
}

void Rounds::endpoints(const std::set<std::string>& addresses) {
  pending_.addresses.insert(addresses.begin(), addresses.end());
  if (pending_.addresses.size() > kMaxTouchedAddresses) {
    pending_.full = true;
    pending_.addresses.clear();
  }
  arm();
}

void Rounds::arm() {
  const Instant now = loop_.clock().now();
  if (pending_.events++ == 0) pending_.first = now;
  timer_.armAt(std::min(now + kPushQuiet, pending_.first + kPushAtLatest));
}

void Rounds::fire() {
  ++count_;
  round_(std::exchange(pending_, {}));
}

}  // namespace meshka::mesh
