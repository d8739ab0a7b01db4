#include "net/grpc_wire.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::net {
namespace {

constexpr std::string_view kNames[] = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

Code codeOf(GrpcStatus status) {
  switch (status) {
    case GrpcStatus::kCancelled:
      return Code::kCancelled;
    case GrpcStatus::kInvalidArgument:
    case GrpcStatus::kOutOfRange:
      return Code::kInvalid;
    case GrpcStatus::kDeadlineExceeded:
      return Code::kTimeout;
    case GrpcStatus::kNotFound:
      return Code::kNotFound;
    case GrpcStatus::kAlreadyExists:
      return Code::kAlreadyExists;
    case GrpcStatus::kPermissionDenied:
      return Code::kForbidden;
    case GrpcStatus::kResourceExhausted:
      return Code::kTooMany;
    case GrpcStatus::kFailedPrecondition:
    case GrpcStatus::kAborted:
      return Code::kConflict;
    case GrpcStatus::kUnimplemented:
      return Code::kUnsupported;
    case GrpcStatus::kUnavailable:
      return Code::kUnavailable;
    case GrpcStatus::kUnauthenticated:
      return Code::kUnauthenticated;
    default:
      return Code::kInternal;
  }
}

}  // namespace

std::string_view toString(GrpcStatus status) {
  const auto i = static_cast<size_t>(status);
  return i < std::size(kNames) ? kNames[i] : "UNKNOWN";
}

Error grpcError(GrpcStatus status, std::string message) {
  return Error(codeOf(status), std::string(toString(status)), std::move(message));
}

GrpcStatus grpcStatusOf(const Error& error) {
  for (size_t i = 1; i < std::size(kNames); ++i) {
    if (error.reason() == kNames[i]) return static_cast<GrpcStatus>(i);
  }
  switch (error.code()) {
    case Code::kInvalid:
      return GrpcStatus::kInvalidArgument;
    case Code::kUnauthenticated:
      return GrpcStatus::kUnauthenticated;
    case Code::kForbidden:
      return GrpcStatus::kPermissionDenied;
    case Code::kNotFound:
      return GrpcStatus::kNotFound;
    case Code::kAlreadyExists:
      return GrpcStatus::kAlreadyExists;
    case Code::kConflict:
      return GrpcStatus::kAborted;
    case Code::kExpired:
      return GrpcStatus::kOutOfRange;
    case Code::kTooLarge:
    case Code::kTooMany:
      return GrpcStatus::kResourceExhausted;
    case Code::kUnsupported:
      return GrpcStatus::kUnimplemented;
    case Code::kUnavailable:
      return GrpcStatus::kUnavailable;
    case Code::kTimeout:
      return GrpcStatus::kDeadlineExceeded;
    case Code::kCancelled:
      return GrpcStatus::kCancelled;
    case Code::kInternal:
      return GrpcStatus::kInternal;
  }
  return GrpcStatus::kUnknown;
}

std::string grpcFrame(std::string_view message) {
  std::string out(5, '\0');
  const auto n = static_cast<uint32_t>(message.size());
  for (int i = 0; i < 4; ++i)
    out[static_cast<size_t>(1 + i)] = static_cast<char>(n >> (24 - 8 * i));
  return out.append(message);
}

io::Task<Result<std::optional<std::string>>> GrpcReader::next(BodyReader& body) {
  for (;;) {
    if (buffer_.size() >= 5) {
      size_t n = 0;
      for (size_t i = 1; i < 5; ++i) n = n << 8 | static_cast<unsigned char>(buffer_[i]);
      if (buffer_[0] != 0) {
        co_return fail(
            grpcError(GrpcStatus::kUnimplemented, "compressed messages are not supported"));
      }
      if (n > max_message_) {
        co_return fail(grpcError(GrpcStatus::kResourceExhausted,
                                 cat("message of ", n, " bytes is larger than ", max_message_)));
      }
      if (buffer_.size() - 5 >= n) {
        std::string message = buffer_.substr(5, n);
        buffer_.erase(0, 5 + n);
        co_return std::optional(std::move(message));
      }
    }
    char chunk[16 << 10];
    MESHKA_CO_TRY(const size_t n, co_await body.read(chunk));
    if (n == 0) {
      if (buffer_.empty()) co_return std::optional<std::string>();
      co_return fail(grpcError(GrpcStatus::kInternal, "stream ended within a message"));
    }
    buffer_.append(chunk, n);
  }
}

std::string encodeGrpcMessage(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      out.push_back(c);
    } else {
      const auto b = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back("0123456789ABCDEF"[b >> 4]);
      out.push_back("0123456789ABCDEF"[b & 15]);
    }
  }
  return out;
}

std::string decodeGrpcMessage(std::string_view text) {
  return urlDecode(text).value_or(std::string(text));
}

std::string encodeGrpcTimeout(Duration d) {
  const int64_t ms = std::max<int64_t>(d.ms(), 1);
  if (ms <= 99'999'999) return cat(ms, "m");
  return cat(std::min<int64_t>(ms / 1000, 99'999'999), "S");
}

std::optional<Duration> parseGrpcTimeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  const auto n = parseInt(text.substr(0, text.size() - 1));
  if (!n || *n < 0) return std::nullopt;
  switch (text.back()) {
    case 'H':
      return hours(std::min<int64_t>(*n, 24 * 365));
    case 'M':
      return minutes(std::min<int64_t>(*n, 60 * 24 * 365));
    case 'S':
      return seconds(*n);
    case 'm':
      return millis(*n);
    case 'u':
      return micros(*n);
    case 'n':
      return Duration{*n};
    default:
      return std::nullopt;
  }
}

std::optional<Result<void>> grpcStatusIn(const Headers& headers) {
  const auto text = headers.get("grpc-status");
  if (!text) return std::nullopt;
  const auto n = parseInt(*text);
  if (n == 0) return Result<void>();
  const GrpcStatus status =
      n && *n > 0 && *n <= 16 ? static_cast<GrpcStatus>(*n) : GrpcStatus::kUnknown;
  return Result<void>(
      fail(grpcError(status, decodeGrpcMessage(headers.get("grpc-message").value_or("")))));
}

}  // namespace meshka::net
