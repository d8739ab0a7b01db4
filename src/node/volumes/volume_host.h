// Effects on files and mounts below a pod's directory, in the node's mount namespace. The Linux
// implementation (linux_volume_host.h) works on the pool, since all of it may block; the fake keeps
// a map for tests and simulations.
#pragma once

#include <optional>
#include <string>

#include "io/task.h"
#include "node/volumes/projection.h"

namespace meshka::node {

struct EmptyDirSpec {
  bool memory = false;     // tmpfs
  int64_t size_limit = 0;  // bytes; only tmpfs enforces it
  std::optional<int64_t> fs_group;
};

class VolumeHost {
 public:
  virtual ~VolumeHost() = default;
  // A directory that keeps what is in it when it is there already.
  virtual io::Task<Result<void>> makeEmptyDir(std::string path, EmptyDirSpec spec) = 0;
  // Readers see the old tree or the new one, never a mixture: files live in a directory of their
  // own behind the symbolic link ..data, which is replaced by a rename. Nothing happens when the
  // tree is as wanted.
  virtual io::Task<Result<void>> writeTree(std::string path, FileTree tree,
                                           std::optional<int64_t> fs_group) = 0;
  // hostPath.type: "", DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice,
  // BlockDevice.
  virtual io::Task<Result<void>> checkHostPath(std::string path, std::string type) = 0;
  // Binds `sub_path` of the volume to `target` without ever leaving the volume, whatever links it
  // holds; missing directories are made. Read-only volumes cannot make any: kNotFound.
  virtual io::Task<Result<void>> bindSubPath(std::string volume_path, std::string sub_path,
                                             std::string target, bool read_only) = 0;
  // One file with all its directories; replaced whole.
  virtual io::Task<Result<void>> writeFile(std::string path, std::string bytes, uint32_t mode) = 0;
  virtual io::Task<Result<void>> makeDirectory(std::string path) = 0;
  // The last `max_bytes` of a file; empty when it is not there.
  virtual io::Task<std::string> readTail(std::string path, size_t max_bytes) = 0;
  // Unmounts everything below and removes the directory, never following a link or crossing a
  // mount.
  virtual io::Task<Result<void>> removeTree(std::string path) = 0;
  // Removes a pod's empty cgroup directories in every hierarchy below `mount`.
  virtual io::Task<Result<void>> removeCgroup(std::string mount, std::string cgroup) = 0;
};

}  // namespace meshka::node
