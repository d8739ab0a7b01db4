// The chart's rooms; each appends to the list of objects.
#pragma once

#include "vcluster/chart/chart.h"

namespace meshka::vcluster::chart {

doc::Draft metadata(const ChartInput& input, const std::string& name, bool namespaced = true);
void appendRbac(const ChartInput& input, std::vector<doc::Doc>& out);
void appendPolicies(const ChartInput& input, std::vector<doc::Doc>& out);
void appendServices(const ChartInput& input, std::vector<doc::Doc>& out);
void appendWorkload(const ChartInput& input, std::vector<doc::Doc>& out);

}  // namespace meshka::vcluster::chart
