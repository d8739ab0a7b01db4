// Byte streams and datagrams. Streams speak readiness, like non-blocking sockets: that serves
// callback state machines (HTTP parser, proxies) without an allocation per read, runs under virtual
// time, and stacks (TLS is a Stream over a Stream). Procedures use readSome/writeAll from
// io/stream_tasks.h.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "io/task.h"

namespace meshka::io {

// A numeric address "127.0.0.1:80", "[::1]:80", or a Unix socket "unix:/path". Names are resolved
// above (net/).
struct Endpoint {
  std::string host;   // numeric address, or the path of a Unix socket
  uint16_t port = 0;  // 0 with unix
  bool unix_socket = false;

  static Result<Endpoint> parse(std::string_view text);
  std::string toString() const;
  bool operator==(const Endpoint&) const = default;
};

enum class IoState : uint8_t { kDone, kWouldBlock, kEof, kError };

struct IoResult {
  IoState state = IoState::kDone;
  size_t bytes = 0;  // with kDone: at least 1
};

class StreamEvents {
 public:
  virtual ~StreamEvents() = default;
  // Edge-triggered: read (write) until kWouldBlock before the next call can come.
  virtual void onReadable() = 0;
  virtual void onWritable() = 0;
};

class Stream {
 public:
  virtual ~Stream() = default;  // closes
  // nullptr detaches. Attaching posts one onReadable and one onWritable in a later turn, so no edge
  // is lost.
  virtual void setEvents(StreamEvents* events) = 0;
  virtual IoResult tryRead(std::span<char> into) = 0;
  virtual IoResult tryWrite(std::string_view from) = 0;
  // Half-close: the peer reads EOF after what was written.
  virtual void shutdownWrite() = 0;
  virtual std::string lastError() const = 0;  // after kError
  virtual Endpoint local() const = 0;
  virtual Endpoint peer() const = 0;
};

class AcceptHandler {
 public:
  virtual ~AcceptHandler() = default;
  virtual void onAccept(std::unique_ptr<Stream> stream) = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;       // stops accepting
  virtual Endpoint local() const = 0;  // with the port the system chose for port 0
};

class DatagramHandler {
 public:
  virtual ~DatagramHandler() = default;
  virtual void onDatagram(std::string_view bytes, const Endpoint& from) = 0;
};

class DatagramSocket {
 public:
  virtual ~DatagramSocket() = default;
  virtual void setHandler(DatagramHandler* handler) = 0;
  // Best effort, as UDP is.
  virtual void send(std::string_view bytes, const Endpoint& to) = 0;
  virtual Endpoint local() const = 0;
};

class Network {
 public:
  virtual ~Network() = default;
  // Errors: kUnavailable (refused, unreachable), kTimeout.
  virtual Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to, Instant deadline) = 0;
  // Errors: kAlreadyExists (address in use), kForbidden, kInvalid. `handler` outlives the listener.
  virtual Result<std::unique_ptr<Listener>> listen(const Endpoint& at, AcceptHandler& handler) = 0;
  // Bound to `at` (port 0: any).
  virtual Result<std::unique_ptr<DatagramSocket>> bindDatagram(const Endpoint& at) = 0;
};

}  // namespace meshka::io
