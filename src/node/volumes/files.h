// The blocking system calls behind LinuxVolumeHost, each a plain function that can be tested by
// itself.
#pragma once

#include "node/volumes/volume_host.h"

namespace meshka::node::files {

Result<void> makeDirectories(const std::string& path, uint32_t mode = 0755);
Result<void> makeEmptyDir(const std::string& path, const EmptyDirSpec& spec);
Result<void> writeTree(const std::string& path, const FileTree& tree,
                       std::optional<int64_t> fs_group);
Result<void> checkHostPath(const std::string& path, const std::string& type);
Result<void> bindSubPath(const std::string& volume, const std::string& sub_path,
                         const std::string& target, bool read_only);
Result<void> writeFile(const std::string& path, const std::string& bytes, uint32_t mode);
std::string readTail(const std::string& path, size_t max_bytes);
Result<void> removeTree(const std::string& path);
Result<void> removeCgroup(const std::string& mount, const std::string& cgroup);

}  // namespace meshka::node::files
