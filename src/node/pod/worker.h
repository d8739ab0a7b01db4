// One pod's asynchronous edge: shows its PodMachine what happens, runs the actions that it asks
// for, writes the status once per turn. Everything happens on the loop; nothing waits inside a
// turn.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/running.h"
#include "node/pod/actions.h"
#include "node/pod/prober.h"

namespace meshka::node {

class PodWorker {
 public:
  // `finished` is called in a later turn when nothing is left to do for this pod.
  PodWorker(const NodeContext& context, doc::Doc pod, Callback finished);
  ~PodWorker();

  void setPod(doc::Doc pod);
  void setGone();
  // ConfigMaps or Secrets that the pod refers to changed.
  void objectsChanged();
  // The runtime says that some container ended, maybe one of ours; its own lists may show that a
  // little later.
  void containerExited(const cri::Exit& exit);
  // Look at the runtime again (its connection was lost).
  void relist();

  const doc::Doc& pod() const { return machine_.pod(); }
  const PodMachine& machine() const { return machine_; }

 private:
  bool owns(std::string_view container_id) const;
  void kick();
  void turn();
  void spawn(io::Task<void> task);
  void sweep();
  io::Task<void> perform(Action action);
  io::Task<void> look();
  io::Task<Result<RuntimePod>> observe();
  io::Task<void> writeStatus();
  io::Task<void> refreshVolumes();
  void syncProbers();
  void applyExits(RuntimePod& runtime);
  doc::Doc withStatus(const doc::Doc& pod, const doc::Doc& status) const;

  const NodeContext& context_;
  std::string uid_;
  Callback finished_;
  PodMachine machine_;
  PodVolumes volumes_;
  PodActions actions_;
  doc::Doc wanted_;        // status of the last turn
  doc::Doc written_;       // status that the API has by our hand
  bool observed_ = false;  // the runtime was asked at least once
  bool looking_ = false, look_again_ = false, writing_ = false, posted_ = false, done_ = false;
  bool refreshing_ = false, refresh_again_ = false, gone_ = false;
  std::map<std::string, cri::Exit> exits_;  // told by events, by container id
  std::map<std::string, std::unique_ptr<ContainerProber>> probers_;
  std::map<std::string, cri::ContainerStatus> ended_;  // what has exited never changes
  io::Timer wake_, renew_, look_timer_;
  int look_tries_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::vector<std::unique_ptr<io::Running>> tasks_;
};

}  // namespace meshka::node
