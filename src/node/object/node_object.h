// The Node and its Lease: registered at the start, the status written when it changes, the Lease
// renewed every ten seconds. Nothing else wakes up an idle node.
#pragma once

#include <memory>
#include <string>

#include "client/api_client.h"
#include "io/async.h"
#include "io/loop.h"
#include "io/running.h"
#include "node/config.h"
#include "node/cri/cri.h"

namespace meshka::node {

// Labels and status of the Node. Pure. `old` is the object as stored, or missing; `ready_problem`
// empty: Ready.
doc::Doc nodeObject(const NodeConfig& config, const std::vector<cri::Image>& images,
                    std::string_view ready_problem, doc::Value old, WallTime now);

class NodeObject {
 public:
  NodeObject(io::World world, client::ApiClient& api, cri::CriClient& cri,
             const NodeConfig& config);
  ~NodeObject();
  NodeObject(const NodeObject&) = delete;
  NodeObject& operator=(const NodeObject&) = delete;

  void start();
  bool ready() const { return ready_; }
  // Images were imported, the runtime came back: look again soon.
  void refresh();

 private:
  io::Task<void> renewForever();
  io::Task<Result<void>> writeNode();
  io::Task<Result<void>> writeLease();

  io::World world_;
  client::ApiClient& api_;
  cri::CriClient& cri_;
  const NodeConfig& config_;
  doc::Doc written_;
  bool ready_ = false, refresh_ = true;
  io::Event event_;
  std::unique_ptr<io::Running> task_;
};

}  // namespace meshka::node
