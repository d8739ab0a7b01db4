// `istioctl install` and `uninstall` against a cluster: what comes first, what is waited for, what
// is removed.
#pragma once

#include <string>
#include <vector>

#include "client/api_client.h"
#include "io/loop.h"
#include "mesh/install/operator.h"
#include "mesh/install/readiness.h"
#include "mesh/install/render.h"

namespace meshka::mesh {

// Where progress goes; the texts are upstream's, how they are shown is the command line's business.
class InstallProgress {
 public:
  virtual ~InstallProgress() = default;
  virtual void begin(const std::string& line) = 0;    // "Processing resources for Istiod."
  virtual void waiting(const std::string& line) = 0;  // of what was begun
  virtual void done(const std::string& line) = 0;     // "Istiod installed"
  virtual void failed(const std::string& line) = 0;
  virtual void note(const std::string& line) = 0;  // a line of its own: warnings, removals
};

// What the rendering must know of the server. Errors: those of the API.
io::Task<Result<ClusterFacts>> readClusterFacts(io::World& world, client::ApiClient& api);

struct InstallRequest {
  Installation installation;
  Rendering rendering;
  Duration readiness_timeout;
  bool dry_run = false;
};
struct InstallSummary {
  size_t created = 0;
  size_t changed = 0;
  size_t unchanged = 0;
  size_t removed = 0;
};
// Errors: those of the API; kUnavailable "failed to install manifests: ..." when a component did
// not become ready (its reasons went to `progress`).
io::Task<Result<InstallSummary>> install(io::World& world, client::ApiClient& api,
                                         InstallRequest request, ReadLog& read_log,
                                         InstallProgress& progress);

struct UninstallRequest {
  bool purge = false;           // everything, CRDs too
  std::string revision;         // else what has this revision
  std::string owning_resource;  // and, when not empty, this owner
};
struct Removal {
  client::Resource resource;
  std::string kind;
  std::string ns;
  std::string name;
};
// What uninstall would remove, in order.
io::Task<Result<std::vector<Removal>>> findInstalled(io::World& world, client::ApiClient& api,
                                                     UninstallRequest request);
// Removes them, each with a line "  Removed Kind:ns:name."; what is gone already is passed over.
io::Task<Result<void>> removeInstalled(io::World& world, client::ApiClient& api,
                                       std::vector<Removal> removals, InstallProgress& progress);

}  // namespace meshka::mesh
