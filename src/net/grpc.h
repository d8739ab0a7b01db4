// gRPC over HTTP/2 (github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), client and server.
// Messages are byte strings: who calls encodes and decodes protobuf. A status other than OK is an
// Error whose reason is gRPC's name
// ("NOT_FOUND") and whose message is the peer's text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/loop.h"
#include "io/network.h"
#include "net/client.h"
#include "net/http.h"

namespace meshka::net {

enum class GrpcStatus : uint8_t {
  kOk = 0,
  kCancelled,
  kUnknown,
  kInvalidArgument,
  kDeadlineExceeded,
  kNotFound,
  kAlreadyExists,
  kPermissionDenied,
  kResourceExhausted,
  kFailedPrecondition,
  kAborted,
  kOutOfRange,
  kUnimplemented,
  kInternal,
  kUnavailable,
  kDataLoss,
  kUnauthenticated
};
std::string_view toString(GrpcStatus status);  // "NOT_FOUND"
Error grpcError(GrpcStatus status, std::string message);
// By the reason where it is a gRPC name, else by the code.
GrpcStatus grpcStatusOf(const Error& error);

// One call of a client. Destroying it cancels the call.
class GrpcCall {
 public:
  virtual ~GrpcCall() = default;
  // Waits for flow control, not for the peer to read. Errors: kUnavailable, or the call's final
  // status.
  virtual io::Task<Result<void>> write(std::string message) = 0;
  virtual void closeWrite() = 0;
  // The next message; nullopt when the call ended with OK; otherwise its status. kTimeout at the
  // call's deadline.
  virtual io::Task<Result<std::optional<std::string>>> read() = 0;
  // The response's initial metadata, once something was read.
  virtual const Headers& headers() const = 0;
};

// Calls to one server over shared HTTP/2 connections; connects on demand and again after a loss.
class GrpcChannel {
 public:
  virtual ~GrpcChannel() = default;
  // `method` is "/package.Service/Method". Errors: kTimeout, kUnavailable, or the status.
  virtual io::Task<Result<std::string>> unary(std::string method, std::string request,
                                              Instant deadline, Headers metadata = {}) = 0;
  // `deadline` bounds the whole call (kNever for streams that live on).
  virtual io::Task<Result<std::unique_ptr<GrpcCall>>> open(std::string method, Instant deadline,
                                                           Headers metadata = {}) = 0;
};

// `options` as for HTTP; without TLS, HTTP/2 is spoken by prior knowledge. `max_message` bounds
// what is received.
std::unique_ptr<GrpcChannel> newGrpcChannel(io::Loop& loop, io::Network& network,
                                            ClientOptions options,
                                            size_t max_message = kMaxGrpcMessage);

// One call as its server sees it.
class GrpcServerCall {
 public:
  virtual ~GrpcServerCall() = default;
  virtual std::string_view method() const = 0;  // "/package.Service/Method"
  virtual const Headers& metadata() const = 0;
  virtual const Peer& peer() const = 0;
  virtual Instant deadline() const = 0;  // from grpc-timeout; kNever
  // nullopt: the client closed its side.
  virtual io::Task<Result<std::optional<std::string>>> read() = 0;
  virtual io::Task<Result<void>> write(std::string message) = 0;
  // Appends without waiting; look at buffered().
  virtual void writeNow(std::string_view message) = 0;
  virtual size_t buffered() const = 0;
};

class GrpcService {
 public:
  virtual ~GrpcService() = default;
  // The result is the call's status: an Error becomes grpcStatusOf(error) and its message. Unknown
  // methods answer grpcError(kUnimplemented, ...). Destroyed when the client goes away or the
  // deadline passes.
  virtual io::Task<Result<void>> serve(GrpcServerCall& call) = 0;
};

// A Handler that serves gRPC requests (Content-Type application/grpc...) to `service`, others to
// `fallback` (null: 415).
std::unique_ptr<Handler> newGrpcHandler(io::Loop& loop, GrpcService& service,
                                        Handler* fallback = nullptr,
                                        size_t max_message = kMaxGrpcMessage);

}  // namespace meshka::net
