// What the demo's programs take from their environment, under the names of Istio's sample.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace meshka::bookinfo {

struct Target {
  std::string host;
  uint16_t port = 9080;
};

struct Settings {
  std::string version;               // SERVICE_VERSION
  bool with_stars = false;           // ENABLE_RATINGS
  std::string star_color;            // STAR_COLOR
  std::string pod;                   // HOSTNAME
  std::string cluster;               // CLUSTER_NAME
  Target details, reviews, ratings;  // *_HOSTNAME, *_SERVICE_PORT, SERVICES_DOMAIN
  std::vector<std::string> ignored;  // sentences about what the sample has and this demo has not
};

using Variables = std::map<std::string, std::string, std::less<>>;

// The variables that count.
const std::vector<std::string>& variableNames();
// Errors: kInvalid naming the variable.
Result<Settings> settingsFrom(const Variables& variables);

}  // namespace meshka::bookinfo
