// Sends requests to one URL and measures what comes back: the client of the proofs, run inside a
// pod.
#pragma once

#include <memory>
#include <string>

#include "bookinfo/load/tally.h"
#include "io/loop.h"
#include "net/http.h"
#include "net/resolver.h"

namespace meshka::bookinfo {

struct LoadOptions {
  std::string url;
  size_t count = 1;
  size_t concurrency = 1;
  double rate = 0;  // requests begun per second; 0: as fast as the answers come
  net::Headers headers;
  Duration timeout = seconds(10);
  bool keep_alive = false;  // else a connection per request
};

struct LoadResult {
  Tally tally;
  Duration time;
  std::string last_body;
};

// A request without an answer is a result too. Errors: kInvalid (the URL).
io::Task<Result<LoadResult>> runLoad(io::World& world, std::shared_ptr<net::Resolver> resolver,
                                     LoadOptions options);

}  // namespace meshka::bookinfo
