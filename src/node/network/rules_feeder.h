// Keeps the kernel's nftables table equal to what the API's objects say: changes are gathered for a
// moment, turned into one transaction, and given to nft; one runs at a time. A refused delta is
// followed by a full replacement.
#pragma once

#include <memory>
#include <vector>

#include "client/collection.h"
#include "io/running.h"
#include "node/network/policy_rules.h"

namespace meshka::node {

struct NetworkSources {
  client::Collection& services;
  client::Collection& slices;
  client::Collection& policies;
  client::Collection& pods;
  client::Collection& namespaces;
};

class RulesFeeder final {
 public:
  // Runs nft in the process's own network namespace.
  RulesFeeder(io::World world, const NetworkConfig& config, NetworkSources sources);
  ~RulesFeeder();
  RulesFeeder(const RulesFeeder&) = delete;
  RulesFeeder& operator=(const RulesFeeder&) = delete;

  // The rules of the moment are in the kernel.
  bool settled() const { return loaded_once_ && !dirty_ && !running_; }
  uint64_t transactions() const { return transactions_; }

 private:
  class Handler;
  void changed();
  void begin();
  io::Task<void> apply();
  io::Task<Result<void>> load(std::string program);
  io::Task<void> forgetUdp(std::vector<UdpFlow> flows);
  bool synced() const;

  io::World world_;
  const NetworkConfig& config_;
  NetworkSources sources_;
  std::unique_ptr<Handler> handler_;
  io::Timer settle_;
  RuleSet loaded_;
  bool loaded_once_ = false, dirty_ = true, running_ = false;
  int failures_ = 0;
  uint64_t transactions_ = 0;
  std::unique_ptr<io::Running> task_;
};

}  // namespace meshka::node
