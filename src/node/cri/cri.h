// The container runtime as the node agent sees it: CRI v1 in plain structs, and containerd's exit
// events. grpc_cri.h speaks to containerd, fake_cri.h is a runtime in memory for tests and
// simulations; both pass cri_contract.h. protobuf stays inside cri/*.cc.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "io/task.h"

namespace meshka::node::cri {

using Labels = std::map<std::string, std::string>;

// The labels by which containers find their pod again after a restart of the agent.
constexpr std::string_view kPodNameLabel = "io.kubernetes.pod.name";
constexpr std::string_view kPodNamespaceLabel = "io.kubernetes.pod.namespace";
constexpr std::string_view kPodUidLabel = "io.kubernetes.pod.uid";
constexpr std::string_view kContainerNameLabel = "io.kubernetes.container.name";

struct Resources {
  int64_t cpu_shares = 0;
  int64_t cpu_period_us = 0;
  int64_t cpu_quota_us = 0;  // 0: no limit
  int64_t memory_limit_bytes = 0;
  int64_t oom_score_adj = 0;
  bool operator==(const Resources&) const = default;
};

enum class NamespaceMode : uint8_t { kPod, kContainer, kNode };
enum class Seccomp : uint8_t { kUnconfined, kRuntimeDefault };

struct SandboxSecurity {
  NamespaceMode network = NamespaceMode::kPod;
  NamespaceMode pid = NamespaceMode::kContainer;
  NamespaceMode ipc = NamespaceMode::kPod;
  bool privileged = false;
  Seccomp seccomp = Seccomp::kRuntimeDefault;
  std::optional<int64_t> run_as_user, run_as_group;
  std::vector<int64_t> supplemental_groups;
};

struct DnsConfig {
  std::vector<std::string> servers, searches, options;
  bool operator==(const DnsConfig&) const = default;
};

struct SandboxConfig {
  std::string name, ns, uid;
  uint32_t attempt = 0;
  std::string hostname;  // empty with the node's network
  std::string log_directory;
  DnsConfig dns;
  Labels labels, annotations;
  std::string cgroup_parent;
  Labels sysctls;
  SandboxSecurity security;
};

enum class SandboxState : uint8_t { kReady, kNotReady };

struct Sandbox {
  std::string id, name, ns, uid;
  uint32_t attempt = 0;
  SandboxState state = SandboxState::kNotReady;
  WallTime created_at;
  Labels labels;
  std::string ip;  // status only, not in lists
};

enum class Propagation : uint8_t { kPrivate, kHostToContainer, kBidirectional };
struct Mount {
  std::string container_path, host_path;
  bool readonly = false;
  Propagation propagation = Propagation::kPrivate;
  bool operator==(const Mount&) const = default;
};

struct ContainerSecurity {
  bool privileged = false;
  bool readonly_rootfs = false;
  bool no_new_privileges = false;
  std::optional<int64_t> run_as_user, run_as_group;
  std::string run_as_username;  // of the image, when no uid is given
  std::vector<int64_t> supplemental_groups;
  std::vector<std::string> add_capabilities, drop_capabilities;
  Seccomp seccomp = Seccomp::kUnconfined;
  NamespaceMode network = NamespaceMode::kPod;
  NamespaceMode pid = NamespaceMode::kContainer;
  NamespaceMode ipc = NamespaceMode::kPod;
  // Paths hidden or made read-only below /proc and /sys; empty with privileged.
  std::vector<std::string> masked_paths, readonly_paths;
};

struct ContainerConfig {
  std::string name;
  uint32_t attempt = 0;
  std::string image;       // what the runtime knows: an image id
  std::string user_image;  // as the pod spec says
  std::vector<std::string> command, args;
  std::string working_dir;
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<Mount> mounts;
  Labels labels, annotations;
  std::string log_path;  // below the sandbox's log directory
  bool use_stdin = false, stdin_once = false, tty = false;
  Resources resources;
  ContainerSecurity security;
};

enum class ContainerState : uint8_t { kCreated, kRunning, kExited, kUnknown };

struct Container {
  std::string id, sandbox_id, name;
  uint32_t attempt = 0;
  ContainerState state = ContainerState::kUnknown;
  WallTime created_at;
  std::string image_ref;
  Labels labels, annotations;
};

struct ContainerStatus {
  Container container;
  WallTime started_at, finished_at;  // 0: not yet
  int32_t exit_code = 0;
  std::string reason, message;  // OOMKilled, Completed, Error
  std::string log_path;         // absolute
};

struct Image {
  std::string id;  // sha256:...
  std::vector<std::string> tags, digests;
  uint64_t size_bytes = 0;
  std::optional<int64_t> uid;
  std::string username;
};

struct ExecResult {
  int32_t exit_code = 0;
  std::string out, err;
};

struct RuntimeStatus {
  bool runtime_ready = false, network_ready = false;
  std::string message;  // of what is not ready
};

struct Version {
  std::string name, version;
};

// What happened to a container, before the runtime's own lists show it.
struct Exit {
  std::string container_id;
  int32_t exit_code = 0;
  bool oom = false;
};

// Waits for exits; ends with kUnavailable when the connection is lost: list again, subscribe again.
class ExitStream {
 public:
  virtual ~ExitStream() = default;
  virtual io::Task<Result<Exit>> next() = 0;
};

// Errors carry the runtime's sentence; kNotFound for ids and images that it does not know,
// kTimeout, kUnavailable.
class CriClient {
 public:
  virtual ~CriClient() = default;
  virtual io::Task<Result<Version>> version(Instant deadline) = 0;
  virtual io::Task<Result<RuntimeStatus>> status(Instant deadline) = 0;

  virtual io::Task<Result<std::string>> runSandbox(SandboxConfig config, std::string handler,
                                                   Instant deadline) = 0;
  virtual io::Task<Result<void>> stopSandbox(std::string id, Instant deadline) = 0;
  virtual io::Task<Result<void>> removeSandbox(std::string id, Instant deadline) = 0;
  virtual io::Task<Result<Sandbox>> sandboxStatus(std::string id, Instant deadline) = 0;
  // Of one pod, or all with an empty uid.
  virtual io::Task<Result<std::vector<Sandbox>>> listSandboxes(std::string pod_uid,
                                                               Instant deadline) = 0;

  virtual io::Task<Result<std::string>> createContainer(std::string sandbox_id,
                                                        ContainerConfig config,
                                                        SandboxConfig sandbox,
                                                        Instant deadline) = 0;
  virtual io::Task<Result<void>> startContainer(std::string id, Instant deadline) = 0;
  // SIGTERM, and SIGKILL after `grace_s`. Returns when it ended.
  virtual io::Task<Result<void>> stopContainer(std::string id, int64_t grace_s,
                                               Instant deadline) = 0;
  virtual io::Task<Result<void>> removeContainer(std::string id, Instant deadline) = 0;
  virtual io::Task<Result<std::vector<Container>>> listContainers(std::string pod_uid,
                                                                  Instant deadline) = 0;
  virtual io::Task<Result<ContainerStatus>> containerStatus(std::string id, Instant deadline) = 0;

  // Runs a command to its end; the runtime kills it after `timeout_s` (kTimeout).
  virtual io::Task<Result<ExecResult>> execSync(std::string id, std::vector<std::string> command,
                                                int64_t timeout_s, Instant deadline) = 0;
  // URL on the runtime's streaming server.
  virtual io::Task<Result<std::string>> execUrl(std::string id, std::vector<std::string> command,
                                                bool use_stdin, bool use_stdout, bool use_stderr,
                                                bool tty, Instant deadline) = 0;
  virtual io::Task<Result<std::string>> attachUrl(std::string id, bool use_stdin, bool use_stdout,
                                                  bool use_stderr, bool tty, Instant deadline) = 0;

  // nullopt: the image is not here.
  virtual io::Task<Result<std::optional<Image>>> imageStatus(std::string image,
                                                             Instant deadline) = 0;
  virtual io::Task<Result<std::vector<Image>>> listImages(Instant deadline) = 0;

  virtual io::Task<Result<std::unique_ptr<ExitStream>>> subscribeExits(Instant deadline) = 0;
};

}  // namespace meshka::node::cri
