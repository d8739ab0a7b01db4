#include "cli/pod_exec.h"

#include "base/strings.h"
#include "client/http_api_client.h"
#include "client/resource_path.h"
#include "doc/json.h"
#include "io/async.h"
#include "net/websocket.h"

namespace meshka::cli {

using io::Task;

namespace {

constexpr size_t kMaxExecBytes = 64u << 20;  // a configuration dump of a large mesh
constexpr std::string_view kProtocol = "v4.channel.k8s.io";

std::string execTarget(const PodCommand& command) {
  std::string out = cat(client::resourcePath({"", "v1", "pods"}, command.ns, command.pod, "exec"),
                        "?stdout=true&stderr=true");
  if (!command.container.empty()) out += cat("&container=", urlEncode(command.container));
  for (const std::string& word : command.words) out += cat("&command=", urlEncode(word));
  return out;
}

// The server's own sentence, when its refusal is a Status object.
Error plainRefusal(const Error& error) {
  const size_t brace = error.message().find('{');
  if (brace == std::string::npos) return error;
  const auto status = doc::parseJson(std::string_view(error.message()).substr(brace));
  if (!status || !(*status)["message"].isString()) return error;
  return Error(error.code(), std::string((*status)["message"].text()));
}

}  // namespace

void takeExecMessage(ExecOutput& into, std::string_view message) {
  if (message.empty()) return;
  const std::string_view text = message.substr(1);
  switch (message[0]) {
    case 1:
      into.out += text;
      break;
    case 2:
      into.err += text;
      break;
    case 3:
      into.status += text;
      break;
    default:
      break;  // channels that were not asked for
  }
}

Result<std::string> execResult(const ExecOutput& output) {
  if (output.status.empty())
    return fail(Code::kUnavailable, "the connection ended before the command did");
  auto status = doc::parseJson(output.status);
  if (!status) return fail(status.error().with("status of the command"));
  if ((*status)["status"].text() == "Success") return output.out;
  const std::string_view said = trim(output.err);
  return fail(Code::kInternal,
              cat((*status)["message"].text("the command failed"), said.empty() ? "" : ": ", said));
}

Task<Result<std::string>> execInPod(io::World& world, client::Credentials credentials,
                                    PodCommand command, Instant deadline) {
  MESHKA_CO_TRY(const auto connection, client::newServerConnection(world, credentials));
  client::TokenSource tokens(world, credentials);
  net::Headers headers;
  MESHKA_CO_CHECK(co_await tokens.authorize(headers));
  auto opened =
      co_await net::connectWebSocket(world.loop, world.rng, *connection, execTarget(command),
                                     std::move(headers), {std::string(kProtocol)}, deadline);
  const std::string where = cat("exec in pod ", command.ns, "/", command.pod);
  if (!opened) co_return fail(plainRefusal(opened.error()).with(where));
  ExecOutput output;
  for (;;) {
    auto message = co_await io::withDeadline(world.loop, deadline, opened->socket->read(), where);
    if (!message && message.error().code() == Code::kTimeout) co_return fail(message.error());
    if (!message || message->type == net::WebSocketMessage::Type::kClose) break;
    takeExecMessage(output, message->payload);
    if (output.out.size() > kMaxExecBytes)
      co_return fail(Code::kTooLarge, cat(where, ": more than ", kMaxExecBytes, " bytes"));
  }
  auto result = execResult(output);
  if (!result) co_return fail(result.error().with(where));
  co_return std::move(*result);
}

}  // namespace meshka::cli
