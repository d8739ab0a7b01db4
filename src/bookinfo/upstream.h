// One service asking another: JSON over HTTP/1.1, a connection per request, so that without a proxy
// each request is balanced anew.
#pragma once

#include <memory>
#include <string>

#include "bookinfo/program.h"
#include "doc/doc.h"
#include "net/http.h"

namespace meshka::bookinfo {

struct UpstreamAnswer {
  int status = 0;
  doc::Doc body;  // missing when it is no JSON
};

class Upstream {
 public:
  Upstream(const Surroundings& around, Target target);
  // Errors: kUnavailable, kTimeout, kTooLarge.
  io::Task<Result<UpstreamAnswer>> get(std::string path, net::Headers headers, Duration timeout);

 private:
  io::Task<Result<UpstreamAnswer>> ask(std::string path, net::Headers headers, Instant deadline);
  io::World world_;
  Target target_;
  std::unique_ptr<net::HttpClient> client_;
};

// The headers of a request that go along with the requests it causes: tracing, identity, user.
net::Headers forwarded(const net::Headers& from);

}  // namespace meshka::bookinfo
