// Volumes in a map.
#pragma once

#include <map>

#include "base/strings.h"
#include "node/volumes/volume_host.h"

namespace meshka::node {

class FakeVolumeHost final : public VolumeHost {
 public:
  std::map<std::string, std::string> files;  // "PATH/FILE" -> bytes
  std::map<std::string, EmptyDirSpec> empty_dirs;
  std::map<std::string, std::string> binds;  // target -> source
  std::vector<std::string> removed;
  int writes = 0;

  io::Task<Result<void>> makeEmptyDir(std::string path, EmptyDirSpec spec) override {
    empty_dirs[path] = spec;
    co_return Result<void>();
  }
  io::Task<Result<void>> writeTree(std::string path, FileTree tree,
                                   std::optional<int64_t>) override {
    ++writes;
    std::erase_if(files, [&](const auto& f) { return f.first.starts_with(path + "/"); });
    for (auto& [name, file] : tree) files[cat(path, "/", name)] = file.bytes;
    co_return Result<void>();
  }
  io::Task<Result<void>> checkHostPath(std::string path, std::string type) override {
    if (path == "/missing")
      co_return fail(Code::kInvalid, cat("hostPath type check failed: ", path, " is not a ", type));
    co_return Result<void>();
  }
  io::Task<Result<void>> bindSubPath(std::string volume_path, std::string sub_path,
                                     std::string target, bool) override {
    binds[target] = cat(volume_path, "/", sub_path);
    co_return Result<void>();
  }
  io::Task<Result<void>> writeFile(std::string path, std::string bytes, uint32_t) override {
    files[path] = std::move(bytes);
    co_return Result<void>();
  }
  io::Task<Result<void>> makeDirectory(std::string) override { co_return Result<void>(); }
  io::Task<std::string> readTail(std::string path, size_t max_bytes) override {
    const auto at = files.find(path);
    co_return at == files.end() ? std::string() : at->second.substr(0, max_bytes);
  }
  io::Task<Result<void>> removeTree(std::string path) override {
    std::erase_if(files, [&](const auto& f) { return f.first.starts_with(path + "/"); });
    removed.push_back(std::move(path));
    co_return Result<void>();
  }
  io::Task<Result<void>> removeCgroup(std::string, std::string) override {
    co_return Result<void>();
  }
};

}  // namespace meshka::node
