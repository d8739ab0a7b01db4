// Driver of the scheduler: pods without a node, one after the other, so that each sees what the one
// before took.
#include "control/schedule/scheduler.h"

#include "base/strings.h"

namespace meshka::control {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

constexpr const char* kComponent = "default-scheduler";

class Scheduler final : public Controller {
 public:
  explicit Scheduler(Context& context)
      : context_(context),
        pods_(context.collection(core("pods"))),
        nodes_(context.collection(core("nodes"))),
        queue_(context.world.loop, context.world.rng, context.world.log,
               {.name = "scheduler", .workers = 1},
               [this](std::string key) { return sync(std::move(key)); }),
        pod_feed_(pods_, [this](const client::ObjectKey& key, const doc::Doc& before,
                                const doc::Doc& after) { onPod(key, before, after); }),
        node_feed_(nodes_, [this](const client::ObjectKey&, const doc::Doc& before,
                                  const doc::Doc& after) { onNode(before, after); }) {}

 private:
  static bool isWaiting(Value pod) {
    return pod.exists() && pod["spec"]["nodeName"].text().empty() && isPodActive(pod) &&
           pod["spec"]["schedulerName"].text("default-scheduler") == "default-scheduler" &&
           pod["spec"]["schedulingGates"].size() == 0;
  }

  void onPod(const client::ObjectKey& key, const doc::Doc& before, const doc::Doc& after) {
    if (isWaiting(after)) {
      queue_.add(key.toString());
    } else if (after.exists()) {
      assumed_.erase(key);
    } else {
      assumed_.erase(key);
      if (!before["spec"]["nodeName"].text().empty()) retryAll();  // room became free
    }
  }

  void onNode(const doc::Doc& before, const doc::Doc& after) {
    const bool same = before.exists() && after.exists() && before["spec"] == after["spec"] &&
                      before["metadata"]["labels"] == after["metadata"]["labels"] &&
                      before["status"]["allocatable"] == after["status"]["allocatable"];
    if (!same) retryAll();
  }

  void retryAll() {
    for (const doc::Doc& pod : pods_.byIndex(kByNode, "")) {
      if (isWaiting(pod)) queue_.add(client::ObjectKey::of(pod).toString());
    }
  }

  std::vector<NodeState> snapshot() const {
    std::vector<NodeState> out;
    for (const doc::Doc& node : nodes_.list()) {
      NodeState state{node, {}};
      const std::string_view name = node["metadata"]["name"].text();
      for (const doc::Doc& pod : pods_.byIndex(kByNode, name)) {
        const std::string_view phase = pod["status"]["phase"].text();
        if (phase != "Succeeded" && phase != "Failed") state.pods.push_back(pod);
      }
      for (const auto& [key, assumed] : assumed_) {
        if (assumed.first == name) state.pods.push_back(assumed.second);
      }
      out.push_back(std::move(state));
    }
    return out;
  }

  Task<Result<void>> sync(std::string text) {
    const client::ObjectKey key = client::ObjectKey::parse(text);
    const doc::Doc* found = pods_.get(key.ns, key.name);
    if (found == nullptr || !isWaiting(*found) || assumed_.contains(key)) co_return Result<void>();
    const doc::Doc pod = *found;
    const Choice choice = chooseNode(pod, snapshot());
    if (choice.node.empty()) co_return co_await reportUnschedulable(pod, choice.message);
    Draft binding = Draft::object({{"apiVersion", "v1"}, {"kind", "Binding"}});
    binding["metadata"] =
        Draft::object({{"name", key.name}, {"namespace", key.ns}, {"uid", pod["metadata"]["uid"]}});
    binding["target"] =
        Draft::object({{"apiVersion", "v1"}, {"kind", "Node"}, {"name", choice.node}});
    assumed_[key] = {choice.node, pod};
    auto bound = co_await context_.client.subresource(
        "POST", core("pods"), key.ns, key.name, "binding", binding.finish(), context_.deadline());
    if (!bound) {
      assumed_.erase(key);
      co_return settled(bound);
    }
    context_.events.record(pod, "Pod", "v1", kComponent, "Normal", "Scheduled",
                           cat("Successfully assigned ", key.toString(), " to ", choice.node));
    co_return Result<void>();
  }

  Task<Result<void>> reportUnschedulable(doc::Doc pod, std::string message) {
    context_.events.record(pod, "Pod", "v1", kComponent, "Warning", "FailedScheduling", message);
    Draft changed(pod);
    Draft& conditions = changed["status"]["conditions"];
    if (!conditions.isArray()) conditions = Draft::array();
    const std::string now = toRfc3339(context_.world.clock().wall());
    Draft condition = Draft::object({{"type", "PodScheduled"},
                                     {"status", "False"},
                                     {"reason", "Unschedulable"},
                                     {"message", message},
                                     {"lastTransitionTime", now}});
    bool placed = false;
    for (size_t i = 0; i < conditions.size(); ++i) {
      if (conditions.at(i)["type"].text() != "PodScheduled") continue;
      if (conditions.at(i)["message"].text() == message) co_return Result<void>();
      conditions.at(i) = condition;
      placed = true;
    }
    if (!placed) conditions.push(std::move(condition));
    const client::ObjectKey key = client::ObjectKey::of(pod);
    co_return settled(co_await context_.client.subresource(
        "PUT", core("pods"), key.ns, key.name, "status", changed.finish(), context_.deadline()));
  }

  Context& context_;
  client::Collection& pods_;
  client::Collection& nodes_;
  // Bound by us, not yet seen as bound: their requests count already.
  std::map<client::ObjectKey, std::pair<std::string, doc::Doc>> assumed_;
  client::WorkQueue queue_;
  Feed pod_feed_;
  Feed node_feed_;
};

}  // namespace

std::unique_ptr<Controller> startScheduler(Context& context) {
  return std::make_unique<Scheduler>(context);
}

}  // namespace meshka::control
