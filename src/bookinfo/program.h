// The demo's four services, and one that says back what it was asked. Each is a Program; serve()
// puts it on an HTTP server and writes a line per request, with the caller's certificate as its
// proxy names it: that is how a proof sees from the far side who called.
#pragma once

#include <memory>
#include <string>

#include "bookinfo/settings.h"
#include "doc/doc.h"
#include "io/loop.h"
#include "net/http.h"
#include "net/resolver.h"

namespace meshka::bookinfo {

struct Answer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  net::Headers headers;
};
Answer json(int status, const doc::Draft& value);
Answer error(int status, std::string_view message);

class Program {
 public:
  virtual ~Program() = default;
  virtual io::Task<Answer> answer(net::ServerRequest& request) = 0;
};

struct Surroundings {
  io::World& world;
  std::shared_ptr<net::Resolver> resolver;
  Settings settings;
};

std::unique_ptr<Program> newProductPage(Surroundings around);
std::unique_ptr<Program> newDetails(Surroundings around);
std::unique_ptr<Program> newReviews(Surroundings around);
std::unique_ptr<Program> newRatings(Surroundings around);
std::unique_ptr<Program> newEcho(Surroundings around);

// `program` and `log` outlive it.
std::unique_ptr<net::Handler> newHandler(Program& program, Log& log);

// What follows `prefix` in the path when it is a number ("/details/0" -> 0), else nothing.
std::optional<int64_t> numberAfter(std::string_view path, std::string_view prefix);

}  // namespace meshka::bookinfo
