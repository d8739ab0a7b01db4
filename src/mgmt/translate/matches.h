// HTTPRequestMatchers as Istio's HTTPMatchRequest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "mgmt/translate/world.h"

namespace meshka::mgmt {

// StringMatch {exact | prefix | regex | suffix}. Errors name the field.
Result<doc::Draft> stringMatch(doc::Value match, const std::string& path);

// One matcher without its name. `path` is for errors.
Result<doc::Draft> requestMatch(doc::Value matcher, const std::string& path);

// What matches both; nothing when no request can.
std::optional<doc::Draft> bothMatch(const doc::Draft& outer, const doc::Draft& inner);

// The match list of a route: each matcher for each set of source labels (both may be empty).
std::vector<doc::Draft> withSources(const std::vector<doc::Draft>& matches,
                                    const std::vector<Labels>& sources);

}  // namespace meshka::mgmt
