// The few system calls that make a node: namespaces, mounts, sockets born in another namespace.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"

namespace meshka::cli::host {

// Starts `program` with argv `args` as first process of new pid, mount and network namespaces,
// detached from this process and its terminal, output appended to `log_path`. It inherits the
// caller's network namespace as descriptor kRootNetworkFd. The caller must have one thread only.
constexpr int kRootNetworkFd = 3;
Result<void> startInNamespaces(const std::string& program, const std::vector<std::string>& args,
                               const std::string& log_path);

// Runs `body` in the network namespace behind `fd`, on this thread; what it opens stays there.
Result<void> inNetwork(int fd, Callback body);

void keepFromChildren(int fd);
// `name` as below /proc/sys. In the namespaces of this process.
Result<void> setSysctl(const std::string& name, std::string_view value);

// Held while ranges are chosen and routes made, by one process of the machine: a name in the root
// network namespace that goes with the process.
class RangesLock {
 public:
  static std::unique_ptr<RangesLock> take(int root_network_fd);  // nullptr: somebody else has it
  ~RangesLock();

 private:
  explicit RangesLock(int fd) : fd_(fd) {}
  int fd_;
};

struct NodeMounts {
  std::string run_directory;  // holds what containerd wants at fixed paths
};
// Inside the new mount namespace: changes stay in it, /proc and /sys show the node, /sys/fs/cgroup
// shows one kind of hierarchy only (crun refuses v1 with an empty v2 tree beside it).
Result<void> makeNodeMounts(const NodeMounts& mounts);

// The hierarchies of cgroups that this process sees: mount points. One element with v2.
Result<std::vector<std::string>> cgroupHierarchies();
bool cgroupIsV2();
// Makes `group` in every hierarchy and moves this process into `group`/host where CPU time and
// memory are counted.
Result<void> enterCgroup(const std::string& group);
// Processes in `group` and below, in any hierarchy.
std::vector<int64_t> cgroupProcesses(const std::string& group);
// Removes the directories of `group`, bottom-up. Errors: kConflict naming a directory that is in
// use.
Result<void> removeCgroup(const std::string& group);

// Removes the mount points that makeNodeMounts() had to make in the root file system. Only when no
// other node runs: removing a mount point takes the mount from every namespace.
void removeMountPoints();

// From now on Ctrl-C and SIGTERM only set a mark.
void catchInterrupts();
bool interrupted();

bool isRoot();
bool hasCapability(int number);  // in the effective set
constexpr int kCapNetAdmin = 12, kCapSysAdmin = 21, kCapSysResource = 24;
// Free bytes where `path`, or its nearest existing parent, lies.
uint64_t freeBytes(std::string path);
bool executable(const std::string& path);
// The program's path: absolute names are checked, others looked for in `folders`.
std::string findProgram(const std::string& name, const std::vector<std::string>& folders);
std::string environment(const char* name);
void killProcess(int64_t pid);  // SIGKILL
int64_t ownPid();
int64_t cpuCount();
int64_t memoryBytes();
std::string kernelRelease();

}  // namespace meshka::cli::host
