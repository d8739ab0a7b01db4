// A compiled regular expression in RE2 syntax (the syntax of CRD patterns, Envoy and Go): linear
// time, bounded memory.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

namespace meshka::schema {

class Pattern {
 public:
  // Errors: kInvalid, what RE2 says.
  static Result<Pattern> compile(std::string_view text);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();
  // True when some part of the text matches (as JSON schema has it; anchor with ^ and $).
  bool search(std::string_view text) const;

 private:
  struct Impl;
  explicit Pattern(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshka::schema
