// The ground of a node, made from inside its new namespaces: mounts, cgroups, links, containerd,
// images. Runs in the process that `meshka launch` became.
#pragma once

#include <memory>

#include "cli/host/containerd.h"
#include "cli/host/record.h"
#include "io/running.h"

namespace meshka::cli::host {

class Ground {
 public:
  Ground(CommandContext& context, Instance instance, uint16_t api_port);
  ~Ground();

  // In order; each ends when the next can build on it. Phases are recorded for `up`, and so is the
  // error.
  io::Task<Result<void>> makeLinks();  // mounts, cgroups, ranges, links
  io::Task<Result<void>> startContainerd();
  io::Task<Result<void>> loadImages();

  io::Task<Result<void>> phase(std::string text);  // "ready" ends the waiting of `up`
  io::Task<void> failed(Error error);
  // Opens something in the root network namespace: a listener on the user's 127.0.0.1.
  Result<void> inRootNetwork(Callback body);

  Record& record() { return record_; }
  const std::vector<CatalogImage>& images() const { return catalog_; }

 private:
  CommandContext& context_;
  Instance instance_;
  Record record_;
  std::vector<CatalogImage> catalog_;
  Containerd containerd_;
  std::unique_ptr<io::Running> watching_;
};

}  // namespace meshka::cli::host
