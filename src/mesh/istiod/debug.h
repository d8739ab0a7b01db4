// The pages under /debug, as documents. Plain functions over what istiod knows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mesh/istiod/discovery.h"
#include "mesh/istiod/http_server.h"
#include "mesh/model/objects.h"

namespace meshka::mesh {

struct DebugInput {
  const xds::AdsServer& server;
  const Objects& objects;
  doc::Value mesh_config;
};

// `page` "syncz", `query` "proxyID=a.b". Unknown pages: 404 with a list.
HttpAnswer debugPage(const DebugInput& input, std::string_view page, std::string_view query);

// /debug/syncz: what every proxy was sent and has acknowledged, with upstream's member names, and
// what it refused.
doc::Doc syncz(const xds::AdsServer& server);

}  // namespace meshka::mesh
