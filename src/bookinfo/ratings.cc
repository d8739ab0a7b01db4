// How many stars each reviewer gives. What is posted lives as long as the process.
#include <map>

#include "base/strings.h"
#include "bookinfo/limits.h"
#include "bookinfo/program.h"
#include "doc/json.h"

namespace meshka::bookinfo {
namespace {

class Ratings final : public Program {
 public:
  io::Task<Answer> answer(net::ServerRequest& request) override {
    if (request.path == "/health")
      co_return json(200, doc::Draft::object({{"status", "Ratings is healthy"}}));
    if (!request.path.starts_with("/ratings/")) co_return error(404, "not found");
    const auto id = numberAfter(request.path, "/ratings/");
    if (!id) co_return error(400, "please provide numeric product ID");
    if (request.method == "POST") co_return co_await post(request, *id);
    doc::Draft out = doc::Draft::object();
    out["id"] = *id;
    const auto posted = posted_.find(*id);
    out["ratings"] = posted == posted_.end()
                         ? doc::Draft::object({{"Reviewer1", 5}, {"Reviewer2", 4}})
                         : doc::Draft(posted->second);
    co_return json(200, out);
  }

 private:
  io::Task<Answer> post(net::ServerRequest& request, int64_t id) {
    const auto text = co_await net::readAll(*request.body, kMaxRequestBody);
    if (!text) co_return error(413, text.error().message());
    const auto parsed = doc::parseJson(*text);
    if (!parsed || !parsed->value().isObject())
      co_return error(400, "please provide valid ratings JSON");
    if (!posted_.contains(id) && posted_.size() >= kMaxRatedProducts)
      co_return error(507, "too many products are rated already");
    posted_[id] = *parsed;
    co_return json(200, doc::Draft::object({{"id", id}, {"ratings", *parsed}}));
  }

  std::map<int64_t, doc::Doc> posted_;
};

}  // namespace

std::unique_ptr<Program> newRatings(Surroundings) {
  return std::make_unique<Ratings>();
}

}  // namespace meshka::bookinfo
