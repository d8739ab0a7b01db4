#include "node/object/node_object.h"

#include <algorithm>

#include "base/strings.h"
#include "node/limits.h"

namespace meshka::node {
namespace {

const client::Resource kNodes{"", "v1", "nodes"};
const client::Resource kLeases{"coordination.k8s.io", "v1", "leases"};
constexpr const char* kLeaseNamespace = "kube-node-lease";

void condition(doc::Draft& list, doc::Value old, const char* type, bool value, const char* reason,
               const std::string& message, WallTime now) {
  const char* text = value ? "True" : "False";
  std::string since = toRfc3339(now), heartbeat = since;
  for (const doc::Value c : old.elements()) {
    if (c["type"].text() != type || c["status"].text() != text) continue;
    since = c["lastTransitionTime"].text(since);
    // The Lease is the heartbeat; this one moves when something else does.
    if (c["message"].text() == message) heartbeat = c["lastHeartbeatTime"].text(heartbeat);
  }
  list.push(doc::Draft::object({{"type", doc::Draft(type)},
                                {"status", doc::Draft(text)},
                                {"reason", doc::Draft(reason)},
                                {"message", doc::Draft(message)},
                                {"lastHeartbeatTime", doc::Draft(heartbeat)},
                                {"lastTransitionTime", doc::Draft(since)}}));
}

doc::Draft resources(int64_t cpus, int64_t memory_bytes, int64_t pods) {
  return doc::Draft::object({{"cpu", doc::Draft(cat(cpus))},
                             {"memory", doc::Draft(cat(memory_bytes / 1024, "Ki"))},
                             {"ephemeral-storage", doc::Draft("100Gi")},
                             {"pods", doc::Draft(cat(pods))}});
}

doc::Draft imageList(const std::vector<cri::Image>& images) {
  std::vector<const cri::Image*> sorted;
  for (const cri::Image& i : images) sorted.push_back(&i);
  std::ranges::sort(sorted, [](auto* a, auto* b) {
    return std::tie(b->size_bytes, a->id) < std::tie(a->size_bytes, b->id);
  });
  doc::Draft list = doc::Draft::array();
  for (const cri::Image* i : sorted) {
    if (list.size() >= kMaxNodeImages) break;
    std::vector<std::string> names = i->digests;
    names.insert(names.end(), i->tags.begin(), i->tags.end());
    if (names.empty()) continue;
    list.push(doc::Draft::object({{"names", doc::Draft::strings(names)},
                                  {"sizeBytes", doc::Draft(static_cast<int64_t>(i->size_bytes))}}));
  }
  return list;
}

}  // namespace

doc::Doc nodeObject(const NodeConfig& config, const std::vector<cri::Image>& images,
                    std::string_view problem, doc::Value old, WallTime now) {
  doc::Draft node = old.exists() ? doc::Draft(old) : doc::Draft::object();
  node["apiVersion"] = "v1";
  node["kind"] = "Node";
  doc::Draft& meta = node["metadata"];
  meta["name"] = config.node_name;
  doc::Draft& labels = meta["labels"];
  for (const std::string prefix : {"kubernetes.io/", "beta.kubernetes.io/"}) {
    labels[prefix + "os"] = "linux";
    labels[prefix + "arch"] = config.architecture;
  }
  labels["kubernetes.io/hostname"] = config.node_name;
  labels["node-role.kubernetes.io/control-plane"] = "";
  node["spec"]["podCIDR"] = config.network.pod_cidr;
  node["spec"]["podCIDRs"] = doc::Draft::strings({config.network.pod_cidr});
  node["spec"]["providerID"] = cat("meshka://", config.node_name);
  doc::Draft status = doc::Draft::object();
  status["capacity"] = resources(config.cpus, config.memory_bytes, config.max_pods);
  status["allocatable"] =
      resources(config.cpus * config.cpu_overcommit, config.memory_bytes * config.memory_overcommit,
                config.max_pods);
  const doc::Value before = old["status"]["conditions"];
  doc::Draft conditions = doc::Draft::array();
  condition(conditions, before, "MemoryPressure", false, "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available", now);
  condition(conditions, before, "DiskPressure", false, "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure", now);
  condition(conditions, before, "PIDPressure", false, "KubeletHasSufficientPID",
            "kubelet has sufficient PID available", now);
  condition(conditions, before, "Ready", problem.empty(),
            problem.empty() ? "KubeletReady" : "KubeletNotReady",
            problem.empty() ? std::string("kubelet is posting ready status") : std::string(problem),
            now);
  status["conditions"] = std::move(conditions);
  status["addresses"] =
      doc::Draft::array({doc::Draft::object({{"type", doc::Draft("InternalIP")},
                                             {"address", doc::Draft(config.host_ip)}}),
                         doc::Draft::object({{"type", doc::Draft("Hostname")},
                                             {"address", doc::Draft(config.node_name)}})});
  status["nodeInfo"] =
      doc::Draft::object({{"machineID", doc::Draft(config.machine_id)},
                          {"systemUUID", doc::Draft(config.machine_id)},
                          {"bootID", doc::Draft(config.boot_id)},
                          {"kernelVersion", doc::Draft(config.kernel_version)},
                          {"osImage", doc::Draft(config.os_image)},
                          {"containerRuntimeVersion", doc::Draft(config.runtime_version)},
                          {"kubeletVersion", doc::Draft(config.kubelet_version)},
                          {"kubeProxyVersion", doc::Draft(config.kubelet_version)},
                          {"operatingSystem", doc::Draft("linux")},
                          {"architecture", doc::Draft(config.architecture)}});
  status["images"] = imageList(images);
  node["status"] = std::move(status);
  return node.finish();
}

NodeObject::NodeObject(io::World world, client::ApiClient& api, cri::CriClient& cri,
                       const NodeConfig& config)
    : world_(world), api_(api), cri_(cri), config_(config), event_(world.loop) {}

NodeObject::~NodeObject() {
  task_.reset();
}

void NodeObject::start() {
  task_ = std::make_unique<io::Running>(renewForever());
  task_->start();
}

void NodeObject::refresh() {
  refresh_ = true;
  event_.set();
}

io::Task<void> NodeObject::renewForever() {
  int failures = 0;
  while (true) {
    Result<void> r;
    if (refresh_ || !ready_) {
      refresh_ = false;
      r = co_await writeNode();
      if (!r) refresh_ = true;
    }
    if (r) r = co_await writeLease();
    // The API server and the runtime may start at the same time as we do: ask soon at first.
    failures = r && ready_ ? 0 : failures + 1;
    if (failures > 1 && !r)
      world_.log.warn("cannot keep the node registered", {{"error", r.error().message()}});
    const Duration pause = failures == 0
                               ? kLeaseRenew
                               : std::min(millis(50) * (1 << std::min(failures, 8)), kLeaseRenew);
    event_.reset();
    co_await event_.wait(world_.clock().now() + pause);
  }
}

io::Task<Result<void>> NodeObject::writeNode() {
  const Instant deadline = world_.clock().now() + kApiTimeout;
  std::string problem;
  if (auto status = co_await cri_.status(deadline)) {
    if (!status->runtime_ready || !status->network_ready)
      problem = cat("container runtime not ready: ", status->message);
  } else {
    problem = cat("container runtime is down: ", status.error().message());
  }
  std::vector<cri::Image> images;
  if (problem.empty()) {
    if (auto listed = co_await cri_.listImages(deadline)) images = std::move(*listed);
  }
  auto old = co_await api_.get(kNodes, "", config_.node_name, deadline);
  if (!old && old.error().code() != Code::kNotFound) co_return fail(std::move(old).error());
  const doc::Value before = old ? doc::Value(*old) : doc::Value();
  const doc::Doc wanted = nodeObject(config_, images, problem, before, world_.clock().wall());
  if (!old) {
    MESHKA_CO_TRY(old, co_await api_.create(kNodes, "", wanted, deadline));
  } else if (!(wanted["metadata"] == before["metadata"]) || !(wanted["spec"] == before["spec"])) {
    MESHKA_CO_TRY(old, co_await api_.update(kNodes, "", wanted, deadline));
  }
  if (!(wanted["status"] == (*old)["status"])) {
    doc::Draft patch = doc::Draft::object({{"status", doc::Draft(wanted["status"])}});
    MESHKA_CO_TRY(auto stored, co_await api_.subresource("PATCH", kNodes, "", config_.node_name,
                                                         "status", patch.finish(), deadline));
    (void)stored;
  }
  ready_ = problem.empty();
  co_return Result<void>();
}

io::Task<Result<void>> NodeObject::writeLease() {
  const Instant deadline = world_.clock().now() + kApiTimeout;
  const std::string now = toRfc3339Micro(world_.clock().wall());
  doc::Draft patch = doc::Draft::object();
  patch["spec"]["renewTime"] = now;
  patch["spec"]["holderIdentity"] = config_.node_name;
  patch["spec"]["leaseDurationSeconds"] = kLeaseDuration.ns / 1'000'000'000;
  auto r = co_await api_.patch(kLeases, kLeaseNamespace, config_.node_name,
                               client::PatchType::kMerge, patch.finish(), deadline);
  if (r) co_return Result<void>();
  if (r.error().code() != Code::kNotFound) co_return fail(std::move(r).error());
  doc::Draft lease = patch;
  lease["apiVersion"] = "coordination.k8s.io/v1";
  lease["kind"] = "Lease";
  lease["metadata"] = doc::Draft::object(
      {{"name", doc::Draft(config_.node_name)}, {"namespace", doc::Draft(kLeaseNamespace)}});
  auto made = co_await api_.create(kLeases, kLeaseNamespace, lease.finish(), deadline);
  if (!made) co_return fail(std::move(made).error());
  co_return Result<void>();
}

}  // namespace meshka::node
