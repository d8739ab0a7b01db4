// The two admission webhooks over HTTPS: /inject (also /inject/cluster/C/net/N) and /validate.
#pragma once

#include <string>

#include "io/loop.h"
#include "mesh/istiod/metrics.h"
#include "mesh/istiod/options.h"
#include "net/http.h"

namespace meshka::mesh {

// What injection is made of, as it is now.
class ConfigSource {
 public:
  virtual ~ConfigSource() = default;
  virtual const doc::Doc* injectionConfig() const = 0;  // ConfigMap; null: not there
  virtual const doc::Doc& meshDocument() const = 0;
  virtual const IstiodOptions& istiodOptions() const = 0;
};

class Webhooks final : public net::Handler {
 public:
  Webhooks(io::World& world, const ConfigSource& source) : world_(world), source_(source) {}
  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override;

  // An AdmissionReview in, an AdmissionReview out. `path` is the request's. Errors: kInvalid (no
  // review), kNotFound (path).
  Result<doc::Doc> review(std::string_view path, doc::Value review);
  const WebhookCounters& counters() const { return counters_; }

 private:
  doc::Draft inject(doc::Value request, std::string_view path);
  doc::Draft validate(doc::Value request);

  io::World& world_;
  const ConfigSource& source_;
  WebhookCounters counters_;
};

}  // namespace meshka::mesh
