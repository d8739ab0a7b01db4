#include "schema/pattern.h"

#include <re2/re2.h>

#include "base/strings.h"
#include "schema/limits.h"

namespace meshka::schema {

struct Pattern::Impl {
  explicit Impl(const re2::StringPiece& text, const RE2::Options& options) : re(text, options) {}
  RE2 re;
};

Pattern::Pattern(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(std::string_view text) {
  if (text.size() > kMaxPatternBytes) return fail(Code::kInvalid, "pattern is too long");
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternMemory);
  auto impl = std::make_unique<Impl>(re2::StringPiece(text.data(), text.size()), options);
  if (!impl->re.ok()) return fail(Code::kInvalid, cat("error parsing regexp: ", impl->re.error()));
  return Pattern(std::move(impl));
}

bool Pattern::search(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), impl_->re);
}

}  // namespace meshka::schema
