#include "bookinfo/program.h"

#include "base/strings.h"
#include "doc/json.h"

namespace meshka::bookinfo {
namespace {

class ProgramHandler final : public net::Handler {
 public:
  ProgramHandler(Program& program, Log& log) : program_(program), log_(log) {}

  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override {
    Answer answer = co_await program_.answer(request);
    if (request.path != "/health") {
      const std::string status = cat(answer.status);
      const auto caller = request.headers.get("x-forwarded-client-cert");
      log_.info("request", {{"method", request.method},
                            {"path", request.path},
                            {"status", status},
                            {"caller", caller.value_or("none")}});
    }
    answer.headers.set("Content-Type", answer.type);
    answer.headers.set("Content-Length", cat(answer.body.size()));
    response.start(answer.status, std::move(answer.headers));
    if (request.method == "HEAD") co_return;
    const auto sent = co_await response.write(answer.body);
    if (!sent) log_.warn("the answer was not taken", {{"why", sent.error().message()}});
  }

 private:
  Program& program_;
  Log& log_;
};

}  // namespace

std::unique_ptr<net::Handler> newHandler(Program& program, Log& log) {
  return std::make_unique<ProgramHandler>(program, log);
}

Answer json(int status, const doc::Draft& value) {
  return {.status = status, .body = doc::toJson(value.finish()) + "\n"};
}

Answer error(int status, std::string_view message) {
  return json(status, doc::Draft::object({{"error", message}}));
}

std::optional<int64_t> numberAfter(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  const auto number = parseInt(path.substr(prefix.size()));
  return number && *number >= 0 ? number : std::nullopt;
}

}  // namespace meshka::bookinfo
