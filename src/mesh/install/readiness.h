// Waiting, by watches, until what was installed works; and why it does not, in its own words.
#pragma once

#include <string>
#include <vector>

#include "base/function.h"
#include "client/api_client.h"
#include "io/loop.h"

namespace meshka::mesh {

// The last lines of a container that ended; empty when there are none.
using ReadLog =
    Function<io::Task<std::string>(std::string ns, std::string pod, std::string container)>;

// Until every named CRD is Established. Errors: kTimeout naming those that are not.
io::Task<Result<void>> waitForCrds(io::World& world, client::ApiClient& api,
                                   std::vector<std::string> names);

struct ReadinessRequest {
  std::string ns;
  std::vector<std::string> deployments;
  Duration timeout;
};
// Until the newest replicas of all Deployments are ready. Ends early when a pod shows that it never
// will. Errors: kTimeout, or kUnavailable for a hopeless pod: one line about what was waited for,
// and one for each Deployment with its reason and the last words of its container.
io::Task<Result<void>> waitForDeployments(io::World& world, client::ApiClient& api,
                                          ReadinessRequest request, ReadLog& read_log);

// Why a pod is not ready; empty when it is or just starts. `hopeless`: waiting will not help.
struct PodTrouble {
  std::string reason;
  std::string container;  // whose log may say more
  bool hopeless = false;  // at once
  bool stuck = false;     // when it stays so for kStuckPodPatience
};
PodTrouble troubleOf(doc::Value pod);

bool isRolledOut(doc::Value deployment);

}  // namespace meshka::mesh
