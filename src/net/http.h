// HTTP messages and the two roles, independent of version and transport. A Handler can be served by
// net's HTTP/1.1 and HTTP/2 server, or called in process (net/in_process.h), so that a local client
// takes the path of a remote one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "io/network.h"
#include "io/task.h"

namespace meshka::net {

class Headers {
 public:
  struct Entry {
    std::string name;
    std::string value;
    bool operator==(const Entry&) const = default;
  };
  // Names compare without case.
  std::optional<std::string_view> get(std::string_view name) const;  // the first one
  std::vector<std::string_view> getAll(std::string_view name) const;
  void add(std::string name, std::string value);
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  const std::vector<Entry>& entries() const { return entries_; }
  bool operator==(const Headers&) const = default;

 private:
  std::vector<Entry> entries_;
};

class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Waits for at least one byte; 0 at the end. Errors: kUnavailable (connection lost), kTooLarge.
  virtual io::Task<Result<size_t>> read(std::span<char> into) = 0;
  // After the end: what followed the body. Null: nothing did.
  virtual const Headers* trailers() const { return nullptr; }
};
// The whole body. Errors: kTooLarge over `max_bytes`.
io::Task<Result<std::string>> readAll(BodyReader& body, size_t max_bytes);

// Who is at the other end of a connection.
struct Peer {
  io::Endpoint address;
  std::vector<std::string>
      certificates;  // DER, leaf first, verified against the listener's client CA; empty: none
  // A certificate was shown that the client CA does not vouch for: bad credentials, not "no
  // credentials".
  bool certificate_rejected = false;
  bool tls = false;
  bool in_process = false;
};

struct ServerRequest {
  std::string method;
  std::string path;   // as sent, still percent-encoded, without the query
  std::string query;  // without '?'
  std::string authority;
  Headers headers;
  Peer peer;
  int version = 11;            // 10, 11 or 20
  BodyReader* body = nullptr;  // never null while a handler runs
};

class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  // Once. Body length unknown (chunked, DATA frames) unless a Content-Length header is given.
  virtual void start(int status, Headers headers) = 0;
  // Waits until the transport has taken enough to stay under its buffer limit. Errors:
  // kUnavailable, peer is gone.
  virtual io::Task<Result<void>> write(std::string_view bytes) = 0;
  // Appends to the buffer without waiting: fan-out. The caller looks at buffered() and cuts slow
  // readers off.
  virtual void writeNow(std::string_view bytes) = 0;
  virtual size_t buffered() const = 0;
  virtual bool started() const = 0;
  // Sent after the body (HTTP/2, or HTTP/1.1 when chunked); before the task ends. gRPC's status
  // travels so.
  virtual void setTrailers(Headers trailers) = 0;
  // Ends the response early so that the peer sees an error (reset or cut connection), not a
  // complete body.
  virtual void abort() = 0;
  // HTTP/1.1 only, instead of start(): sends 101 with these headers and hands the connection over.
  // Errors: kUnsupported.
  virtual Result<std::unique_ptr<io::Stream>> upgrade(Headers headers) = 0;
};
// Whole response at once, with Content-Length.
void respond(ResponseWriter& to, int status, std::string_view content_type, std::string_view body);
std::string_view reasonPhrase(int status);
// True when one of the comma-separated elements of the header `name` is `token` (no case):
// Connection: a, Upgrade.
bool headerHasToken(const Headers& headers, std::string_view name, std::string_view token);

class Handler {
 public:
  virtual ~Handler() = default;
  // The response ends when the task ends. The task is destroyed when the peer goes away or the
  // server stops.
  virtual io::Task<void> serve(ServerRequest& request, ResponseWriter& response) = 0;
};

struct ClientRequest {
  std::string method = "GET";
  std::string target;  // path and query
  Headers headers;
  std::string body;
  // Ask for an upgrade (websocket, SPDY/3.1): HTTP/1.1 on a connection of its own.
  bool upgrade = false;
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::unique_ptr<BodyReader> body;      // destroyed: the rest of the response is cancelled
  std::unique_ptr<io::Stream> upgraded;  // with status 101
};

// Speaks to one server; keeps connections alive and shares them (HTTP/2) as it sees fit.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Ends when the response's header is there; reading the body is not bound by the deadline.
  // Errors: kUnavailable, kTimeout, kUnauthenticated (TLS).
  virtual io::Task<Result<ClientResponse>> send(ClientRequest request, Instant deadline) = 0;
};

}  // namespace meshka::net
