// The client's side of one HTTP/2 connection: many calls, each streaming both ways. HttpClient and
// GrpcChannel stand on it.
#pragma once

#include <memory>

#include "net/h2_session.h"
#include "net/limits.h"

namespace meshka::net {

class H2Call;

class H2ClientConnection : public std::enable_shared_from_this<H2ClientConnection> {
 public:
  static std::shared_ptr<H2ClientConnection> create(io::Loop& loop,
                                                    std::unique_ptr<io::Stream> stream,
                                                    const ClientLimits& limits);
  virtual ~H2ClientConnection() = default;
  // May take a new call now.
  virtual bool usable() const = 0;
  virtual size_t calls() const = 0;
  // Errors: kUnavailable.
  virtual Result<std::unique_ptr<H2Call>> open(const H2Head& head, bool end) = 0;
};

// One request and its response. Keeps the connection alive; destroying it cancels what is not
// finished.
class H2Call : public BodyReader {
 public:
  // The response's head. Errors: kUnavailable; `retrySafe()` then tells whether the server never
  // saw the request.
  virtual io::Task<Result<H2Head>> head() = 0;
  virtual io::Task<Result<void>> write(std::string_view bytes) = 0;
  virtual void writeNow(std::string_view bytes) = 0;
  virtual void finish() = 0;
  virtual bool retrySafe() const = 0;
};

}  // namespace meshka::net
