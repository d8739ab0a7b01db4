// Envoy's admin interface, from the same pod.
#pragma once

#include <memory>
#include <string>

#include "io/loop.h"
#include "io/task.h"
#include "net/http.h"

namespace meshka::mesh::agent {

struct AdminAnswer {
  int status = 0;
  std::string body;
};

class EnvoyAdmin {
 public:
  EnvoyAdmin(io::World world, uint16_t port);

  // Errors: kUnavailable (Envoy does not answer), kTimeout, kTooLarge.
  io::Task<Result<AdminAnswer>> request(std::string method, std::string path,
                                        std::string body = {});

 private:
  io::World world_;
  std::unique_ptr<net::HttpClient> client_;
};

}  // namespace meshka::mesh::agent
