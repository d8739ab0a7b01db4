// The UI's pages, made of what the API says.
#pragma once

#include "doc/doc.h"
#include "io/loop.h"
#include "net/http.h"

namespace meshka::mgmt::ui {

class Console final : public net::Handler {
 public:
  // `api` speaks to the UI's API.
  Console(io::World& world, net::HttpClient& api) : world_(world), api_(api) {}
  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override;

 private:
  io::Task<Result<doc::Doc>> overview();
  io::World& world_;
  net::HttpClient& api_;
};

}  // namespace meshka::mgmt::ui
