// Tells a server to read its configuration again when the file has changed: what stands beside
// Prometheus. A ConfigMap's files change by a renamed link, so the content is compared, not the
// file's times.
#pragma once

#include <string>

#include "io/async.h"
#include "io/loop.h"
#include "net/http.h"

namespace meshka::mgmt::ui {

struct ReloaderConfig {
  std::string file;
  std::string target;  // path of the POST
};

// Until `stop`. The first content is posted too: the server may have begun with an older one.
io::Task<void> runReloader(io::World& world, net::HttpClient& server, ReloaderConfig config,
                           io::Event& stop);

}  // namespace meshka::mgmt::ui
