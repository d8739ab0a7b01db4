// Records core/v1 Events about objects; the same event again raises its count.
#pragma once

#include <map>
#include <string>

#include "client/api_client.h"
#include "io/async.h"
#include "io/loop.h"

namespace meshka::control {

class EventRecorder {
 public:
  EventRecorder(io::World& world, client::ApiClient& client);

  // `about` carries apiVersion and kind, or they are given. type: Normal or Warning. Best effort.
  void record(doc::Value about, std::string_view kind, std::string_view api_version,
              std::string_view component, std::string_view type, std::string_view reason,
              std::string message);

 private:
  struct Known {
    std::string name;
    int64_t count = 0;
    std::string first;
  };
  io::Task<void> write(doc::Doc event, std::string ns, bool again);

  io::World& world_;
  client::ApiClient& client_;
  std::map<std::string, Known> known_;
  io::Group writes_;
};

}  // namespace meshka::control
