// What is printed on the back of the book.
#include "base/strings.h"
#include "bookinfo/program.h"

namespace meshka::bookinfo {
namespace {

class Details final : public Program {
 public:
  io::Task<Answer> answer(net::ServerRequest& request) override {
    if (request.path == "/health")
      co_return json(200, doc::Draft::object({{"status", "Details is healthy"}}));
    if (!request.path.starts_with("/details/")) co_return error(404, "not found");
    const auto id = numberAfter(request.path, "/details/");
    if (!id) co_return error(400, "please provide numeric product id");
    doc::Draft out = doc::Draft::object();
    out["id"] = *id;
    out["author"] = "William Shakespeare";
    out["year"] = 1595;
    out["type"] = "paperback";
    out["pages"] = 200;
    out["publisher"] = "PublisherA";
    out["language"] = "English";
    out["ISBN-10"] = "1234567890";
    out["ISBN-13"] = "123-1234567890";
    co_return json(200, out);
  }
};

}  // namespace

std::unique_ptr<Program> newDetails(Surroundings) {
  return std::make_unique<Details>();
}

}  // namespace meshka::bookinfo
