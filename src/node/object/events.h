// Events on pods (and on Services, for the LoadBalancer pool), written one after the other in the
// background. The same event again raises the count of the first one.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "client/api_client.h"
#include "io/running.h"
#include "node/pod/context.h"

namespace meshka::node {

class EventRecorder final : public EventSink {
 public:
  EventRecorder(io::World world, client::ApiClient& api, std::string node_name);
  ~EventRecorder() override;

  void record(const doc::Doc& pod, const PodEvent& event) override { recordOn("Pod", pod, event); }
  void recordOn(std::string_view kind, const doc::Doc& object, const PodEvent& event);
  size_t pending() const { return queue_.size(); }

 private:
  struct Pending {
    std::string key, ns, name;
    doc::Doc event;
  };
  struct Known {
    std::string name;
    int64_t count = 1;
  };
  io::Task<void> writeAll();
  io::Task<void> writeOne(Pending pending);

  io::World world_;
  client::ApiClient& api_;
  std::string node_name_;
  std::deque<Pending> queue_;
  std::map<std::string, Known> known_;
  bool writing_ = false;
  std::unique_ptr<io::Running> task_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace meshka::node
