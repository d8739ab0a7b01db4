// What the machine must have before `up` touches anything. Each finding is one sentence with the
// fix.
#pragma once

#include <string>
#include <vector>

#include "base/instance.h"
#include "cli/host/containerd.h"
#include "cli/host/tools.h"

namespace meshka::cli::host {

struct Finding {
  std::string check;  // "privilege": also the anchor in docs/doctor.md
  bool good = false;
  bool fatal = true;  // `up` refuses
  std::string text;   // what was found and, when it is not good, what to do
};

// `up` and `doctor` ask the same. With `api_port` 0 no port is checked.
io::Task<std::vector<Finding>> preflight(CommandContext& context, Instance instance,
                                         uint16_t api_port);

// crun where it is installed, else runc; with the folder of the CNI plug-ins. Errors: kForbidden
// naming what is missing.
Result<ContainerdOptions> findRuntime(const Home& home);

}  // namespace meshka::cli::host
