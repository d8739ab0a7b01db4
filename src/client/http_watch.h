// A watch over HTTP: a body of JSON lines, one event each.
#pragma once

#include <memory>
#include <string>

#include "client/api_client.h"
#include "net/http.h"

namespace meshka::client {

class HttpWatch final : public WatchStream {
 public:
  explicit HttpWatch(std::unique_ptr<net::BodyReader> body) : body_(std::move(body)) {}
  // Safe to cancel: bytes that were read stay.
  io::Task<Result<WatchEvent>> next() override;

 private:
  std::unique_ptr<net::BodyReader> body_;
  std::string buffer_;
  size_t scanned_ = 0;  // no newline before this index
};

// One line of a watch. Errors: kInvalid; kExpired and others for an ERROR event.
Result<WatchEvent> parseWatchEvent(std::string_view line);

}  // namespace meshka::client
