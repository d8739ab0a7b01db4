// Asks upstream servers by UDP, one after the other. Each question gets a socket (so a port) and an
// id of its own; only an answer from the asked address with that id and that question counts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dns/message.h"
#include "io/loop.h"
#include "io/network.h"

namespace meshka::dns {

class Forwarder {
 public:
  // The upstream's message as it came, or nullopt when none answered or a limit is reached.
  using Done = Function<void(std::optional<std::string>)>;

  Forwarder(io::World world, std::vector<io::Endpoint> upstreams);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  bool hasUpstreams() const { return !upstreams_.empty(); }
  // False when a limit is reached (`done` is not called then). `done` is called in a later turn, at
  // most once.
  bool ask(const Question& question, const std::string& client, Done done);
  size_t pending() const { return asks_.size(); }

 private:
  struct Ask;
  void finish(Ask& ask, std::optional<std::string> answer);
  void next(Ask& ask);

  io::World world_;
  std::vector<io::Endpoint> upstreams_;
  std::vector<std::unique_ptr<Ask>> asks_;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  // posted callbacks look whether we are
};

}  // namespace meshka::dns
