// The procedures behind the state machine's actions. Each is one coroutine that talks to the
// runtime and ends with an ActionResult; none keeps state of its own.
#pragma once

#include "node/pod/context.h"
#include "node/volumes/pod_volumes.h"

namespace meshka::node {

class PodActions {
 public:
  PodActions(const NodeContext& context, PodVolumes& volumes)
      : context_(context), volumes_(volumes) {}

  // `started` is called when a container runs and its postStart hook begins.
  io::Task<ActionResult> run(Action action, doc::Doc pod, RuntimePod runtime, Callback started);

 private:
  io::Task<ActionResult> setup(Action action, doc::Doc pod, RuntimePod runtime);
  io::Task<ActionResult> start(Action action, doc::Doc pod, RuntimePod runtime, Callback started);
  io::Task<ActionResult> stop(Action action, doc::Doc pod, RuntimePod runtime);
  io::Task<ActionResult> stopSandbox(Action action, RuntimePod runtime);
  io::Task<ActionResult> teardown(Action action, doc::Doc pod);
  io::Task<ActionResult> forget(Action action, doc::Doc pod);

  struct Found {
    cri::Image image;
    std::string problem, message;  // reason and sentence when there is none
  };
  io::Task<Found> findImage(doc::Doc pod, doc::Doc container);
  struct Made {
    std::string id, problem, message;
  };
  io::Task<Made> create(Action action, doc::Doc pod, doc::Doc container, cri::Sandbox sandbox,
                        cri::Image image);

  const NodeContext& context_;
  PodVolumes& volumes_;
};

// The image's name as the runtime stores it: "docker.io/library/redis:latest" for "redis".
std::string normalizedImage(std::string_view image);

}  // namespace meshka::node
