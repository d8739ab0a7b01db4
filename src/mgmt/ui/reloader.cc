#include "mgmt/ui/reloader.h"

#include "base/strings.h"
#include "io/disk.h"
#include "mgmt/ui/limits.h"

namespace meshka::mgmt::ui {

using io::Task;

namespace {

Task<Result<void>> post(io::World& world, net::HttpClient& server, std::string target) {
  net::ClientRequest request;
  request.method = "POST";
  request.target = std::move(target);
  const Instant deadline = world.clock().now() + kReloadTimeout;
  MESHKA_CO_TRY(const net::ClientResponse answer,
                co_await server.send(std::move(request), deadline));
  if (answer.status / 100 == 2) co_return Result<void>();
  auto body = co_await io::withDeadline(world.loop, deadline,
                                        net::readAll(*answer.body, kMaxConfigBytes), "answer");
  co_return fail(Code::kInvalid,
                 cat("answers ", answer.status, body ? cat(": ", trim(*body)) : std::string()));
}

}  // namespace

Task<void> runReloader(io::World& world, net::HttpClient& server, ReloaderConfig config,
                       io::Event& stop) {
  std::string posted;
  std::string complaint;  // said once, not at every look
  do {
    auto content = co_await world.disk.readFile(config.file, kMaxConfigBytes);
    Result<void> done;
    if (!content)
      done = fail(content.error());
    else if (*content != posted)
      done = co_await post(world, server, config.target);
    if (content && done && *content != posted) {
      posted = std::move(*content);
      world.log.info("configuration reloaded", {{"file", config.file}});
    }
    const std::string now = done ? std::string() : done.error().message();
    if (!now.empty() && now != complaint)
      world.log.warn("configuration not reloaded", {{"file", config.file}, {"error", now}});
    complaint = now;
  } while (!co_await stop.wait(world.clock().now() + kLookInterval));
}

}  // namespace meshka::mgmt::ui
