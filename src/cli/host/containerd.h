// containerd inside the node: its configuration, its life, and the images that it holds.
#pragma once

#include <string>
#include <vector>

#include "base/instance.h"
#include "cli/host/tools.h"

namespace meshka::cli::host {

struct ContainerdOptions {
  std::string runtime;          // "crun" or "runc"
  std::string runtime_program;  // its path
  std::string cni_programs;     // folder
  bool restrict_oom_score_adj = false;
};
std::string containerdConfig(const Instance& instance, const ContainerdOptions& options);
std::string cniConfig(const Instance& instance);

// Keeps containerd running until it is destroyed. Pods survive its restart.
class Containerd {
 public:
  Containerd(CommandContext& context, Instance instance)
      : context_(context), instance_(std::move(instance)) {}
  // Writes the configuration and starts it. Errors: kForbidden, it is not installed.
  io::Task<Result<void>> start(ContainerdOptions options);
  // Ends when containerd answers `ctr version`. Errors: kTimeout with the last complaint.
  io::Task<Result<void>> waitUntilUp(Instant deadline);
  // Never ends: starts containerd again whenever it died.
  io::Task<void> watch();

 private:
  Result<void> spawn();
  CommandContext& context_;
  Instance instance_;
  std::unique_ptr<io::Child> child_;
};

struct CatalogImage {
  std::string name, file, digest;
  std::vector<std::string> aliases;
};
Result<std::vector<CatalogImage>> parseCatalog(std::string_view json);
// The image of ours that stands for `image` ("rancher/k3s:v1.22.5-k3s1"); empty: none does. A star
// in an alias stands for any text.
std::string imageFor(const std::vector<CatalogImage>& catalog, std::string_view image);

// Imports those images whose digest containerd does not have yet, a few at a time, in the
// catalogue's order. Gives the names of what was imported.
io::Task<Result<std::vector<std::string>>> importImages(CommandContext& context, Instance instance,
                                                        std::vector<CatalogImage> catalog);

}  // namespace meshka::cli::host
