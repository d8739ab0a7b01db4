// Bounds of the host's commands.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace meshka::cli::host {

// One call of ip, nft or ctr.
constexpr Duration kToolTimeout = seconds(20);
// Importing one image; the largest takes two seconds on a quiet machine.
constexpr Duration kImportTimeout = seconds(120);
constexpr size_t kParallelImports = 2;
// `up` gives up when the node is not ready by then.
constexpr Duration kUpTimeout = seconds(120);
constexpr Duration kContainerdTimeout = seconds(20);
// A dead containerd is started again after this; pods go on meanwhile.
constexpr Duration kContainerdPause = millis(200);
// `up` and `down` look at the record and at the process this often while they wait; both end by a
// deadline.
constexpr Duration kLookAgain = millis(20);
constexpr Duration kDownTimeout = seconds(15);
// Less free disk than this and `up` refuses: images take 0.5 GB twice, logs and the store the rest.
constexpr uint64_t kMinFreeBytes = 2ull << 30;
constexpr int64_t kMaxOvercommit = 1000;
// Lines of the node's log that a failed `up` shows.
constexpr size_t kShownLogBytes = 3'000;

}  // namespace meshka::cli::host
