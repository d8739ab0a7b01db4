#include "node/volumes/linux_volume_host.h"

#include "node/volumes/files.h"

namespace meshka::node {
namespace {

class LinuxVolumeHost final : public VolumeHost {
 public:
  explicit LinuxVolumeHost(io::Runtime& runtime) : runtime_(runtime) {}

  io::Task<Result<void>> makeEmptyDir(std::string path, EmptyDirSpec spec) override {
    return onPool([path = std::move(path), spec] { return files::makeEmptyDir(path, spec); });
  }
  io::Task<Result<void>> writeTree(std::string path, FileTree tree,
                                   std::optional<int64_t> fs_group) override {
    return onPool([path = std::move(path), tree = std::move(tree), fs_group] {
      return files::writeTree(path, tree, fs_group);
    });
  }
  io::Task<Result<void>> checkHostPath(std::string path, std::string type) override {
    return onPool([path = std::move(path), type = std::move(type)] {
      return files::checkHostPath(path, type);
    });
  }
  io::Task<Result<void>> bindSubPath(std::string volume_path, std::string sub_path,
                                     std::string target, bool read_only) override {
    return onPool([v = std::move(volume_path), s = std::move(sub_path), t = std::move(target),
                   read_only] { return files::bindSubPath(v, s, t, read_only); });
  }
  io::Task<Result<void>> writeFile(std::string path, std::string bytes, uint32_t mode) override {
    return onPool([path = std::move(path), bytes = std::move(bytes), mode] {
      return files::writeFile(path, bytes, mode);
    });
  }
  io::Task<Result<void>> makeDirectory(std::string path) override {
    return onPool([path = std::move(path)] { return files::makeDirectories(path); });
  }
  io::Task<std::string> readTail(std::string path, size_t max_bytes) override {
    auto out = std::make_shared<std::string>();
    co_await runtime_.offload(
        [out, path = std::move(path), max_bytes] { *out = files::readTail(path, max_bytes); });
    co_return std::move(*out);
  }
  io::Task<Result<void>> removeTree(std::string path) override {
    return onPool([path = std::move(path)] { return files::removeTree(path); });
  }
  io::Task<Result<void>> removeCgroup(std::string mount, std::string cgroup) override {
    return onPool(
        [m = std::move(mount), c = std::move(cgroup)] { return files::removeCgroup(m, c); });
  }

 private:
  // The result lives outside of the frame: a task that is cancelled leaves the pool's work running.
  io::Task<Result<void>> onPool(Function<Result<void>()> work) {
    struct Shared {
      Function<Result<void>()> work;
      Result<void> result;
    };
    auto shared = std::make_shared<Shared>(std::move(work), Result<void>());
    co_await runtime_.offload([shared] { shared->result = shared->work(); });
    co_return std::move(shared->result);
  }
  io::Runtime& runtime_;
};

}  // namespace

std::unique_ptr<VolumeHost> newLinuxVolumeHost(io::Runtime& runtime) {
  return std::make_unique<LinuxVolumeHost>(runtime);
}

}  // namespace meshka::node
