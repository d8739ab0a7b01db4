// What a user can say about the management plane: --set and values files in the form of the 2.0
// chart. Nothing is taken in silence: unknown keys, and known ones that do nothing yet, come back
// as warnings with their path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/instance.h"
#include "doc/doc.h"

namespace meshka::mgmt {

struct ImageValues {
  std::string registry = "gcr.io/gloo-mesh";
  std::string repository;  // empty: the component's own name
  std::string tag;         // empty: the installed version
  std::string pull_policy = "IfNotPresent";
};

struct Values {
  bool insecure = false;
  std::string license;
  std::string mgmt_cluster_name = "mgmt-cluster";
  std::string prometheus_url = "http://prometheus-server";

  ImageValues server_image;
  int64_t run_as_user = uids::kUnprivileged;
  std::string server_service_type = "LoadBalancer";
  uint16_t grpc_port = 9900;
  uint16_t health_port = 8090;
  uint16_t stats_port = 9091;
  doc::Doc server_resources;
  bool shared_trust = true;       // of the meshes, also without a RootTrustPolicy
  bool make_certificates = true;  // of the relay

  bool ui = true;
  std::string ui_service_type = "ClusterIP";
  uint16_t console_port = 8090;
  uint16_t ui_api_port = 10101;
  uint16_t ui_health_port = 8081;

  bool redis = true;
  uint16_t redis_port = 6379;
  std::string redis_address;  // another one, HOST:PORT; empty: ours

  bool prometheus = true;
};

struct ParsedValues {
  Values values;
  std::vector<std::string> warnings;
};

// "a.b=true,c=text" as helm's --set reads it: true, false, null and whole numbers are typed, "\,"
// and "\." stand for themselves. Errors: kInvalid naming the part; kUnsupported for lists.
Result<void> setValue(doc::Draft& values, std::string_view text);

// Errors: kInvalid naming the path and what is allowed there.
Result<ParsedValues> parseValues(doc::Value typed);

}  // namespace meshka::mgmt
