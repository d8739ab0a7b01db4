// What both sides of gRPC share: message frames, status names, header encodings.
#pragma once

#include "net/grpc.h"

namespace meshka::net {

// Five bytes of prefix and the message.
std::string grpcFrame(std::string_view message);

// Cuts messages out of a byte stream.
class GrpcReader {
 public:
  explicit GrpcReader(size_t max_message) : max_message_(max_message) {}
  // Reads from `body` until a message is whole; nullopt at the end. Errors: RESOURCE_EXHAUSTED,
  // UNIMPLEMENTED (compressed), INTERNAL (cut within a message), or the body's.
  io::Task<Result<std::optional<std::string>>> next(BodyReader& body);

 private:
  const size_t max_message_;
  std::string buffer_;
};

std::string encodeGrpcMessage(std::string_view text);  // grpc-message: percent encoding
std::string decodeGrpcMessage(std::string_view text);
std::string encodeGrpcTimeout(Duration d);  // "1500m"
std::optional<Duration> parseGrpcTimeout(std::string_view text);
// The status of trailers (or of a trailers-only head); nullopt when there is none.
std::optional<Result<void>> grpcStatusIn(const Headers& headers);

}  // namespace meshka::net
