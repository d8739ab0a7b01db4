// What an API server asks of a node for the streaming subresources of a pod: logs, exec and attach.
// The node agent implements it (node/connector.h); the API server holds one per node name and calls
// it in process.
//
// Sessions speak in channels, as the WebSocket protocols v4.channel.k8s.io and v5.channel.k8s.io
// do: 0 stdin, 1 stdout, 2 stderr, 3 error (one Status object as JSON at the end), 4 resize
// ({"Width":80,"Height":24}). The API server passes messages between the user's WebSocket (or SPDY
// streams) and a session without looking inside.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "doc/doc.h"
#include "io/task.h"
#include "net/http.h"

namespace meshka::client {

struct LogOptions {
  std::string container;  // empty: the pod's only container
  bool follow = false;
  bool previous = false;  // the instance before the current one
  bool timestamps = false;
  std::optional<int64_t> since_seconds;
  std::optional<WallTime> since_time;
  std::optional<int64_t> tail_lines;
  std::optional<int64_t> limit_bytes;
};

struct ExecOptions {
  std::string container;             // empty: the pod's only container
  std::vector<std::string> command;  // empty: attach to the running process
  bool use_stdin = false;
  bool use_stdout = false;
  bool use_stderr = false;
  bool tty = false;
};

enum class Channel : uint8_t { kStdin = 0, kStdout = 1, kStderr = 2, kError = 3, kResize = 4 };

struct ChannelMessage {
  Channel channel = Channel::kStdout;
  std::string bytes;
};

class ChannelSession {
 public:
  virtual ~ChannelSession() = default;  // ends the session
  // The next message from the container's side; nullopt after the last one. Errors: kUnavailable.
  virtual io::Task<Result<std::optional<ChannelMessage>>> receive() = 0;
  // Errors: kUnavailable, kInvalid (a channel that the user may not write).
  virtual io::Task<Result<void>> send(Channel channel, std::string bytes) = 0;
};

class NodeConnector {
 public:
  virtual ~NodeConnector() = default;
  // Bytes as the user sees them. With `follow` the reader waits for more until the container ends
  // or the reader is destroyed. `pod` is the object as stored. Errors: kInvalid ("container x is
  // not valid for pod y"; "container "x" in pod "y" is waiting to start: ContainerCreating"),
  // kNotFound.
  virtual io::Task<Result<std::unique_ptr<net::BodyReader>>> logs(doc::Doc pod, LogOptions options,
                                                                  Instant deadline) = 0;
  // exec, or attach when the command is empty. Errors: kInvalid, kNotFound (container not found),
  // kUnavailable.
  virtual io::Task<Result<std::unique_ptr<ChannelSession>>> exec(doc::Doc pod, ExecOptions options,
                                                                 Instant deadline) = 0;
};

}  // namespace meshka::client
