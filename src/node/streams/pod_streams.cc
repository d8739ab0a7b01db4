#include "node/streams/pod_streams.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/strings.h"
#include "doc/json.h"
#include "io/running.h"
#include "io/runtime.h"
#include "io/stream_tasks.h"
#include "net/client.h"
#include "node/limits.h"
#include "node/spec/container.h"
#include "node/streams/cri_log.h"

namespace meshka::node {
namespace {

constexpr Duration kFollowPause = millis(200);  // only while somebody follows
constexpr size_t kPumpBytes = 32 * 1024;
constexpr std::string_view kSpoken = "v4.channel.k8s.io";  // the newest that containerd 1.6 speaks

bool flag(std::string_view query, std::string_view key) {
  const auto v = queryValues(query, key);
  return !v.empty() && (v[0] == "true" || v[0] == "1");
}

std::string first(std::string_view query, std::string_view key) {
  auto v = queryValues(query, key);
  return v.empty() ? std::string() : std::move(v[0]);
}

// The container that a request means. Errors: kInvalid with the API's sentences.
Result<std::string> containerOf(doc::Value pod, const std::string& asked) {
  const std::string_view name = pod["metadata"]["name"].text();
  if (!asked.empty()) {
    if (findContainer(pod, asked).exists()) return asked;
    return fail(Code::kInvalid, cat("container ", asked, " is not valid for pod ", name));
  }
  const doc::Value containers = pod["spec"]["containers"];
  if (containers.size() == 1) return std::string(containers[size_t{0}]["name"].text());
  std::string names;
  for (const doc::Value c : containers.elements())
    names += cat(names.empty() ? "" : " ", c["name"].text());
  return fail(Code::kInvalid, cat("a container name must be specified for pod ", name,
                                  ", choose one of: [", names, "]"));
}

std::string waitingReason(doc::Value pod, std::string_view container) {
  for (const std::string_view list : {"containerStatuses", "initContainerStatuses"}) {
    for (const doc::Value s : pod["status"][list].elements()) {
      if (s["name"].text() == container)
        return std::string(s["state"]["waiting"]["reason"].text("ContainerCreating"));
    }
  }
  return "ContainerCreating";
}

struct Chunk {
  std::string bytes;
  bool ok = false;
};

Chunk readAt(const std::string& path, uint64_t offset, size_t most) {
  Chunk out;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return out;
  out.bytes.resize(most);
  const ssize_t n = pread(fd, out.bytes.data(), most, static_cast<off_t>(offset));
  close(fd);
  out.ok = n >= 0;
  out.bytes.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return out;
}

// Offset of the last `lines` lines, reading backwards in chunks that double.
uint64_t findTail(const std::string& path, int64_t lines) {
  struct stat st;
  if (stat(path.c_str(), &st) != 0) return 0;
  const auto size = static_cast<uint64_t>(st.st_size);
  for (uint64_t window = kLogChunkBytes;; window *= 2) {
    const uint64_t begin = window >= size ? 0 : size - window;
    const Chunk chunk = readAt(path, begin, static_cast<size_t>(size - begin));
    // The first line of a window may be cut: one more line than asked must be there, or the whole
    // file.
    std::string_view text = chunk.bytes;
    size_t skip = 0;
    if (begin > 0) skip = std::min(text.find('\n'), text.size() - 1) + 1;
    const size_t at = tailOffset(text.substr(skip), lines);
    if (begin == 0 || at > 0) return begin + skip + at;
  }
}

io::Task<Chunk> readOnPool(io::Runtime& runtime, std::string path, uint64_t offset) {
  auto out = std::make_shared<Chunk>();
  co_await runtime.offload(
      [out, path = std::move(path), offset] { *out = readAt(path, offset, kLogChunkBytes); });
  co_return std::move(*out);
}

io::Task<void> pump(io::StreamIo& from, io::StreamIo& to, io::Stream& to_stream) {
  std::string buffer(kPumpBytes, '\0');
  while (true) {
    const auto n = co_await from.readSome(buffer, kNever);
    if (!n || *n == 0) break;
    if (!co_await to.writeAll(std::string_view(buffer).substr(0, *n), kNever)) break;
  }
  to_stream.shutdownWrite();
}

bool offers(const net::Headers& headers, std::string_view name, std::string_view value) {
  for (const std::string_view line : headers.getAll(name)) {
    for (const std::string_view part : split(line, ',')) {
      if (equalsIgnoreCase(trim(part), value)) return true;
    }
  }
  return false;
}

}  // namespace

void respondStatus(net::ResponseWriter& to, int code, std::string_view reason,
                   const std::string& message) {
  doc::Draft s = doc::Draft::object();
  s["apiVersion"] = "v1";
  s["kind"] = "Status";
  s["metadata"] = doc::Draft::object();
  s["status"] = "Failure";
  s["message"] = message;
  s["reason"] = reason;
  s["code"] = code;
  net::respond(to, code, "application/json", doc::toJson(s.finish()));
}

std::vector<std::string> queryValues(std::string_view query, std::string_view key) {
  std::vector<std::string> out;
  for (const std::string_view part : split(query, '&')) {
    const size_t equal = part.find('=');
    const auto name = urlDecode(part.substr(0, equal), true);
    if (!name || *name != key) continue;
    auto value = urlDecode(
        equal == std::string_view::npos ? std::string_view() : part.substr(equal + 1), true);
    if (value) out.push_back(std::move(*value));
  }
  return out;
}

io::Task<void> PodStreams::serve(std::string subresource, doc::Doc pod, net::ServerRequest& request,
                                 net::ResponseWriter& response) {
  if (subresource == "log") {
    co_await log(std::move(pod), request, response);
  } else if (subresource == "exec" || subresource == "attach") {
    co_await exec(std::move(pod), subresource == "attach", request, response);
  } else {
    respondStatus(response, 501, "NotImplemented",
                  cat("pods/", subresource, " is not supported yet"));
  }
}

io::Task<void> PodStreams::log(doc::Doc pod, net::ServerRequest& request,
                               net::ResponseWriter& response) {
  const std::string query = request.query;
  const auto name = containerOf(pod, first(query, "container"));
  if (!name) {
    respondStatus(response, 400, "BadRequest", name.error().message());
    co_return;
  }
  LogOptions options;
  options.timestamps = flag(query, "timestamps");
  if (const auto s = parseInt(first(query, "sinceSeconds")))
    options.since = world_.clock().wall() - Duration{} + seconds(-*s);
  if (const auto t = parseRfc3339(first(query, "sinceTime"))) options.since = *t;
  options.tail_lines = parseInt(first(query, "tailLines"));
  options.limit_bytes = parseInt(first(query, "limitBytes"));
  const bool follow = flag(query, "follow"), previous = flag(query, "previous");
  const std::string pod_name(pod["metadata"]["name"].text());
  auto containers = co_await cri_.listContainers(std::string(pod["metadata"]["uid"].text()),
                                                 world_.clock().now() + kCriListTimeout);
  if (!containers) {
    respondStatus(response, 503, "ServiceUnavailable", containers.error().message());
    co_return;
  }
  std::erase_if(*containers, [&](const cri::Container& c) { return c.name != *name; });
  std::ranges::sort(*containers,
                    [](const auto& a, const auto& b) { return a.attempt > b.attempt; });
  const size_t index = previous ? 1 : 0;
  if (containers->size() <= index) {
    respondStatus(response, 400, "BadRequest",
                  previous ? cat("previous terminated container \"", *name, "\" in pod \"",
                                 pod_name, "\" not found")
                           : cat("container \"", *name, "\" in pod \"", pod_name,
                                 "\" is waiting to start: ", waitingReason(pod, *name)));
    co_return;
  }
  const std::string id = (*containers)[index].id;
  auto status = co_await cri_.containerStatus(id, world_.clock().now() + kCriListTimeout);
  if (!status) {
    respondStatus(response, 503, "ServiceUnavailable", status.error().message());
    co_return;
  }
  const std::string path = status->log_path;
  auto offset = std::make_shared<uint64_t>(0);
  if (options.tail_lines) {
    const int64_t lines = *options.tail_lines;
    co_await world_.runtime.offload([offset, path, lines] { *offset = findTail(path, lines); });
  }
  net::Headers headers;
  headers.set("Content-Type", "text/plain");
  response.start(200, std::move(headers));
  LogFilter filter(options);
  bool ended = status->container.state == cri::ContainerState::kExited;
  while (!filter.full()) {
    const Chunk chunk = co_await readOnPool(world_.runtime, path, *offset);
    *offset += chunk.bytes.size();
    std::string out;
    filter.feed(chunk.bytes, out);
    if (!out.empty() && !co_await response.write(out)) co_return;
    if (!chunk.bytes.empty()) continue;
    if (!follow || ended) co_return;
    co_await io::sleepFor(world_.loop, kFollowPause);
    // Asked before the next read, so that nothing written before the end is missed.
    auto now = co_await cri_.containerStatus(id, world_.clock().now() + kCriListTimeout);
    ended = !now || now->container.state == cri::ContainerState::kExited;
  }
}

io::Task<void> PodStreams::exec(doc::Doc pod, bool attach, net::ServerRequest& request,
                                net::ResponseWriter& response) {
  const std::string query = request.query;
  const auto name = containerOf(pod, first(query, "container"));
  if (!name) {
    respondStatus(response, 400, "BadRequest", name.error().message());
    co_return;
  }
  const bool websocket = offers(request.headers, "Upgrade", "websocket");
  const bool spdy = offers(request.headers, "Upgrade", "SPDY/3.1");
  const bool use_stdin = flag(query, "stdin"), tty = flag(query, "tty");
  const std::string_view v5 = "v5.channel.k8s.io";
  std::string chosen;
  for (const std::string_view version : {v5, kSpoken}) {
    if (chosen.empty() && offers(request.headers, "Sec-WebSocket-Protocol", version))
      chosen = version;
  }
  // The end of stdin has no sign in v4: a client of v5 that will send one is asked to use SPDY,
  // which has.
  const bool needs_half_close = chosen == v5 && use_stdin && !tty;
  if ((!websocket && !spdy) || (websocket && (chosen.empty() || needs_half_close))) {
    respondStatus(response, 400, "BadRequest",
                  "unable to upgrade: websocket with v4.channel.k8s.io or SPDY/3.1 is needed");
    co_return;
  }
  auto containers = co_await cri_.listContainers(std::string(pod["metadata"]["uid"].text()),
                                                 world_.clock().now() + kCriListTimeout);
  std::string id;
  if (containers) {
    for (const cri::Container& c : *containers) {
      if (c.name == *name && c.state == cri::ContainerState::kRunning) id = c.id;
    }
  }
  if (id.empty()) {
    respondStatus(response, 404, "NotFound", cat("container not found (\"", *name, "\")"));
    co_return;
  }
  const Instant deadline = world_.clock().now() + kCriTimeout;
  const bool use_stdout = flag(query, "stdout"), use_stderr = flag(query, "stderr") && !tty;
  auto url = attach ? co_await cri_.attachUrl(id, use_stdin, use_stdout, use_stderr, tty, deadline)
                    : co_await cri_.execUrl(id, queryValues(query, "command"), use_stdin,
                                            use_stdout, use_stderr, tty, deadline);
  const auto parsed = url ? net::parseUrl(*url) : Result<net::Url>(fail(url.error()));
  if (!parsed) {
    respondStatus(response, 500, "InternalError", parsed.error().message());
    co_return;
  }
  net::ClientOptions options;
  net::setTarget(options, *parsed);
  options.http1_only = true;
  const auto client = net::newHttpClient(world_.loop, world_.network, std::move(options));
  net::ClientRequest upstream;
  upstream.method = spdy ? "POST" : "GET";
  upstream.target = parsed->path;
  upstream.upgrade = true;
  upstream.headers.set("Connection", "Upgrade");
  upstream.headers.set("Upgrade", spdy ? "SPDY/3.1" : "websocket");
  const auto copy = [&](std::string_view header) {
    for (const std::string_view value : request.headers.getAll(header))
      upstream.headers.add(std::string(header), std::string(value));
  };
  if (spdy) {
    copy("X-Stream-Protocol-Version");
  } else {
    copy("Sec-WebSocket-Key");
    copy("Sec-WebSocket-Version");
    upstream.headers.set("Sec-WebSocket-Protocol", std::string(kSpoken));
  }
  auto answer = co_await client->send(std::move(upstream), deadline);
  if (!answer || !answer->upgraded) {
    respondStatus(response, 500, "InternalError",
                  answer ? cat("the container runtime answered ", answer->status, " to an upgrade")
                         : answer.error().message());
    co_return;
  }
  // The same key, so the same proof; frames pass through as they are.
  net::Headers headers;
  for (const auto& h : answer->headers.entries()) {
    if (!equalsIgnoreCase(h.name, "Sec-WebSocket-Protocol")) headers.add(h.name, h.value);
  }
  if (websocket) headers.set("Sec-WebSocket-Protocol", chosen);
  auto user = response.upgrade(std::move(headers));
  if (!user) co_return;
  io::StreamIo user_io(world_.loop, **user), runtime_io(world_.loop, *answer->upgraded);
  io::Running inward(pump(user_io, runtime_io, *answer->upgraded));
  inward.start();
  co_await pump(runtime_io, user_io, **user);
}

}  // namespace meshka::node
