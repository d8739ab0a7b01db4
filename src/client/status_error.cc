#include "client/status_error.h"

#include "base/strings.h"

namespace meshka::client {

Code codeFor(std::string_view reason, int http_status) {
  struct Row {
    std::string_view reason;
    Code code;
  };
  constexpr Row kRows[] = {
      {"BadRequest", Code::kInvalid},
      {"Invalid", Code::kInvalid},
      {"Unauthorized", Code::kUnauthenticated},
      {"Forbidden", Code::kForbidden},
      {"NotFound", Code::kNotFound},
      {"AlreadyExists", Code::kAlreadyExists},
      {"Conflict", Code::kConflict},
      {"Expired", Code::kExpired},
      {"Gone", Code::kExpired},
      {"RequestEntityTooLarge", Code::kTooLarge},
      {"UnsupportedMediaType", Code::kUnsupported},
      {"MethodNotAllowed", Code::kUnsupported},
      {"NotAcceptable", Code::kUnsupported},
      {"TooManyRequests", Code::kTooMany},
      {"ServiceUnavailable", Code::kUnavailable},
      {"Timeout", Code::kTimeout},
      {"ServerTimeout", Code::kTimeout},
  };
  for (const Row& row : kRows) {
    if (row.reason == reason) return row.code;
  }
  switch (http_status) {
    case 400:
    case 422:
      return Code::kInvalid;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kForbidden;
    case 404:
      return Code::kNotFound;
    case 405:
    case 406:
    case 415:
      return Code::kUnsupported;
    case 409:
      return Code::kConflict;
    case 410:
      return Code::kExpired;
    case 413:
      return Code::kTooLarge;
    case 429:
      return Code::kTooMany;
    case 502:
    case 503:
      return Code::kUnavailable;
    case 504:
      return Code::kTimeout;
    default:
      return Code::kInternal;
  }
}

Error errorFromStatus(doc::Value status, int http_status) {
  const std::string reason(status["reason"].text());
  std::string message(status["message"].text());
  if (message.empty()) message = cat("the server answered with status ", http_status);
  Error error(codeFor(reason, http_status), reason, std::move(message));
  const doc::Value details = status["details"];
  if (!details.isObject()) return error;
  ErrorDetails out;
  out.group = details["group"].text();
  out.kind = details["kind"].text();
  out.name = details["name"].text();
  out.uid = details["uid"].text();
  out.retry_after_s = static_cast<int32_t>(details["retryAfterSeconds"].integer());
  for (const doc::Value cause : details["causes"].elements()) {
    out.causes.push_back({std::string(cause["field"].text()), std::string(cause["reason"].text()),
                          std::string(cause["message"].text())});
  }
  return error.withDetails(std::move(out));
}

}  // namespace meshka::client
