#include "base/result.h"

namespace meshka {

namespace {
struct CodeName {
  Code code;
  std::string_view name;
  std::string_view reason;
};
constexpr CodeName kNames[] = {
    {Code::kInvalid, "invalid", "BadRequest"},
    {Code::kUnauthenticated, "unauthenticated", "Unauthorized"},
    {Code::kForbidden, "forbidden", "Forbidden"},
    {Code::kNotFound, "not found", "NotFound"},
    {Code::kAlreadyExists, "already exists", "AlreadyExists"},
    {Code::kConflict, "conflict", "Conflict"},
    {Code::kExpired, "expired", "Expired"},
    {Code::kTooLarge, "too large", "RequestEntityTooLarge"},
    {Code::kUnsupported, "unsupported", "UnsupportedMediaType"},
    {Code::kTooMany, "too many", "TooManyRequests"},
    {Code::kUnavailable, "unavailable", "ServiceUnavailable"},
    {Code::kTimeout, "timeout", "Timeout"},
    {Code::kCancelled, "cancelled", "Cancelled"},
    {Code::kInternal, "internal", "InternalError"},
};
const CodeName& find(Code code) {
  for (const CodeName& entry : kNames) {
    if (entry.code == code) return entry;
  }
  return kNames[std::size(kNames) - 1];
}
}  // namespace

std::string_view toString(Code code) { return find(code).name; }

std::string_view Error::reason() const {
  return reason_.empty() ? find(code_).reason : std::string_view(reason_);
}

Error Error::with(std::string_view context) const {
  Error copy = *this;
  copy.message_ = std::string(context) + ": " + message_;
  return copy;
}

Error Error::withDetails(ErrorDetails details) const {
  Error copy = *this;
  copy.details_ = std::make_shared<const ErrorDetails>(std::move(details));
  return copy;
}

}  // namespace meshka
