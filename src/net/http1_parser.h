// HTTP/1.0 and 1.1 messages from bytes (RFC 9112), for both roles. http_parser does the parsing;
// because its Debian build is not strict, every head and every chunk frame first passes our own
// check, and what both saw must agree. Where the RFC lets a recipient be lenient we refuse:
// leniency is how smuggling works.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace meshka::net {

struct Http1Head {
  std::string method;
  std::string target;
  int status = 0;
  int version = 11;
  Headers headers;
  bool keep_alive = true;
  bool chunked = false;
  bool upgrade = false;  // Connection: upgrade with an Upgrade header
  bool expect_continue = false;
  std::optional<uint64_t> content_length;
};

class Http1Events {
 public:
  virtual ~Http1Events() = default;
  virtual void onHead(Http1Head head) = 0;
  virtual void onBody(std::string_view bytes) = 0;
  virtual void onMessageEnd(Headers trailers) = 0;
};

class Http1Parser {
 public:
  enum class Role : uint8_t { kRequests, kResponses };
  Http1Parser(Role role, size_t max_head_bytes, size_t max_headers, Http1Events& events);
  ~Http1Parser();

  // Takes bytes up to the end of the current message and says how many. Errors end the connection:
  // kInvalid (400), kTooLarge (431), kUnsupported (501: a transfer coding or method that we do not
  // speak).
  Result<size_t> feed(std::string_view bytes);
  // The peer will send nothing more. Ends a response of unknown length; kUnavailable in the middle
  // of a message.
  Result<void> eof();
  // Responses: the next one answers HEAD.
  void expectNoBody(bool yes);
  // Nothing of a message has been seen.
  bool idle() const;
  bool inBody() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace meshka::net
