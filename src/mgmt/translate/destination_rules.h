// DestinationRules under construction: one for each host in each namespace, since two rules for one
// host are undefined ground in Istio. Federation, routes and policies add their parts to it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "mgmt/translate/outputs.h"

namespace meshka::mgmt {

struct PortRule {
  bool mutual_tls = false;
  std::set<std::string> subject_alt_names;
  doc::Draft outlier_detection;  // null: none
  doc::Draft load_balancer;
  doc::Draft connection_pool;
  doc::Draft tls;  // instead of mutual_tls
};

struct HostRule {
  Place place;
  Parent parent;
  std::string host;
  std::map<int64_t, PortRule> ports;
  std::map<std::string, Labels> subsets;  // by name
};

class DestinationRules {
 public:
  // Made when it is not there; the first parent stays.
  HostRule& at(const Place& place, const std::string& host, const Parent& parent);
  std::map<std::string, std::map<std::string, HostRule>>* inCluster(const std::string& cluster);

  void write(Outputs& outputs) const;

 private:
  // Cluster, namespace, host.
  std::map<std::string, std::map<std::string, std::map<std::string, HostRule>>> rules_;
};

// "version-v3"; several labels are joined in the order of their keys.
std::string subsetName(const Labels& labels);

}  // namespace meshka::mgmt
