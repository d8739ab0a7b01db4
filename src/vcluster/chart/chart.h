// The host objects that make a virtual cluster, as a plain function of its values: names, labels
// and rights as the vcluster 0.7-0.9 chart gives them, so that scripts, `vcluster list` and people
// find what they know.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"
#include "vcluster/chart/values.h"
#include "vcluster/translate/names.h"

namespace meshka::vcluster {

struct ChartInput {
  Tenant tenant;
  Values values;
  std::string server_image;  // of the control plane, as the host pulls it
};

// In the order in which they are to be created; the workload comes last. Namespaced ones carry
// their namespace.
std::vector<doc::Doc> chartObjects(const ChartInput& input);

inline constexpr int kServerPort = 8443;
inline constexpr int kDnsPort = 1053;  // not a privileged port: the server may run without root
inline constexpr int64_t kIsolatedUid = 12345;

}  // namespace meshka::vcluster
