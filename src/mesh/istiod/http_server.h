// What istiod answers over plain HTTP: readiness, version, metrics, and what it knows, for istioctl
// and for people.
#pragma once

#include <string>

#include "io/loop.h"
#include "net/http.h"

namespace meshka::mesh {

struct HttpAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

class StatusSource {
 public:
  virtual ~StatusSource() = default;
  // "" when ready, else what is missing.
  virtual std::string notReady() const = 0;
  virtual std::string metrics() const = 0;
  virtual HttpAnswer debug(std::string_view page, std::string_view query) const = 0;
};

// GET /ready, /version, /metrics, /debug/...
class StatusHandler final : public net::Handler {
 public:
  explicit StatusHandler(const StatusSource& source) : source_(source) {}
  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override;

 private:
  const StatusSource& source_;
};

}  // namespace meshka::mesh
