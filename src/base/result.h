// Errors as values. Everything that can fail returns Result<T>; nothing of ours throws.
//
// An Error carries a code for decisions, a machine-readable reason, one sentence for people that names the object
// (lower case, no full stop), and optional details as Kubernetes' Status.details has them.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshka {

enum class Code : uint8_t {
  kInvalid,          // the caller's input is wrong (HTTP 400/422)
  kUnauthenticated,  // 401
  kForbidden,        // 403
  kNotFound,         // 404
  kAlreadyExists,    // 409 AlreadyExists
  kConflict,         // 409 Conflict: expected revision does not match
  kExpired,          // 410: the revision asked for is compacted
  kTooLarge,         // 413
  kUnsupported,      // 415, 405, or "not supported yet"
  kTooMany,          // 429: a named limit is reached; try later
  kUnavailable,      // 503: peer does not answer, connection lost
  kTimeout,          // 504: a deadline passed
  kCancelled,        // the waiting side gave up
  kInternal,         // 500: our own fault
};

std::string_view toString(Code code);

struct Cause {
  std::string field;    // path as kubectl prints it: spec.ports[0].port
  std::string reason;   // FieldValueInvalid, FieldValueRequired, ...
  std::string message;
  bool operator==(const Cause&) const = default;
};

struct ErrorDetails {
  std::string group;
  std::string kind;
  std::string name;
  std::string uid;
  std::vector<Cause> causes;
  int32_t retry_after_s = 0;
};

class [[nodiscard]] Error {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}
  Error(Code code, std::string reason, std::string message)
      : code_(code), reason_(std::move(reason)), message_(std::move(message)) {}

  Code code() const { return code_; }
  // Kubernetes' reason (NotFound, Invalid, ...); derived from the code when none was given.
  std::string_view reason() const;
  const std::string& message() const { return message_; }
  const ErrorDetails* details() const { return details_.get(); }

  // The same error, its message prefixed with what was being done: "CONTEXT: message".
  Error with(std::string_view context) const;
  Error withDetails(ErrorDetails details) const;

 private:
  Code code_;
  std::string reason_;
  std::string message_;
  std::shared_ptr<const ErrorDetails> details_;
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error(code, std::move(message)));
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

}  // namespace meshka

#define MESHKA_CONCAT_(a, b) a##b
#define MESHKA_CONCAT(a, b) MESHKA_CONCAT_(a, b)

// MESHKA_TRY(auto x, f()) returns f()'s error from the enclosing function, or binds its value to x.
#define MESHKA_TRY_(tmp, decl, expr, ret)                           \
  auto tmp = (expr);                                                \
  if (!tmp) [[unlikely]] {                                          \
    ret ::std::unexpected(::std::move(tmp).error());                \
  }                                                                 \
  decl = *::std::move(tmp)
#define MESHKA_TRY(decl, expr) MESHKA_TRY_(MESHKA_CONCAT(try_, __LINE__), decl, expr, return)
// The same inside a coroutine; expr usually is co_await something.
#define MESHKA_CO_TRY(decl, expr) MESHKA_TRY_(MESHKA_CONCAT(try_, __LINE__), decl, expr, co_return)

// For Result<void>.
#define MESHKA_CHECK_(tmp, expr, ret)                \
  if (auto tmp = (expr); !tmp) [[unlikely]] {        \
    ret ::std::unexpected(::std::move(tmp).error()); \
  }
#define MESHKA_CHECK(expr) MESHKA_CHECK_(MESHKA_CONCAT(check_, __LINE__), expr, return)
#define MESHKA_CO_CHECK(expr) MESHKA_CHECK_(MESHKA_CONCAT(check_, __LINE__), expr, co_return)
