// The UI's API, /api/v1/... as JSON: what the management cluster's API server has, kept up to date
// by collections. Read only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/collection.h"
#include "io/loop.h"
#include "mgmt/ui/model.h"
#include "net/http.h"

namespace meshka::mgmt::ui {

class Api final : public net::Handler {
 public:
  Api(io::World& world, client::ApiClient& client, std::string ns);

  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override;
  // "" : everything has been listed once.
  std::string notReady() const;

 private:
  struct Kind {
    std::string name;  // in the path
    std::unique_ptr<client::Collection> objects;
  };
  const Kind* find(std::string_view name) const;
  Inputs inputs() const;
  void answer(std::string_view path, net::ResponseWriter& response) const;

  std::vector<Kind> kinds_;
};

// GET /ready and /healthz for something that knows whether it is ready.
class Health final : public net::Handler {
 public:
  explicit Health(const Api& api) : api_(api) {}
  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override;

 private:
  const Api& api_;
};

}  // namespace meshka::mgmt::ui
