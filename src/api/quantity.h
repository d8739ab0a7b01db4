// resource.Quantity of Kubernetes: a fixed-point number with a suffix ("500m", "1Gi", "2e3") and
// one canonical text.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::api {

// Exact to a billionth, in a range of 10^27; what is finer is rounded up (away from zero), what is
// larger saturates.
class Quantity {
 public:
  enum class Format : uint8_t { kDecimal, kBinary, kExponent };

  Quantity() = default;
  static Quantity ofValue(int64_t value, Format format = Format::kDecimal);
  static Quantity ofMilli(int64_t milli, Format format = Format::kDecimal);
  // Errors: kInvalid, worded as Kubernetes does.
  static Result<Quantity> parse(std::string_view text);
  // Text or a JSON number; anything else, and what cannot be parsed, is zero.
  static Quantity of(doc::Value value);

  bool isZero() const { return nano_ == 0; }
  int sign() const { return nano_ < 0 ? -1 : nano_ > 0 ? 1 : 0; }
  // Rounded away from zero, saturating.
  int64_t value() const;
  int64_t milliValue() const;
  double number() const { return static_cast<double>(nano_) / 1e9; }

  // The result has the format of the left side, or of the right one when the left is zero.
  Quantity operator+(const Quantity& o) const;
  Quantity operator-(const Quantity& o) const;
  Quantity operator-() const;
  std::strong_ordering operator<=>(const Quantity& o) const { return nano_ <=> o.nano_; }
  bool operator==(const Quantity& o) const { return nano_ == o.nano_; }

  // "1536Mi", "1500m", "2k": no fraction, the largest suffix that needs none; a binary
  // quantity with a fraction has a decimal suffix.
  std::string toString() const;

 private:
  __int128 nano_ = 0;
  Format format_ = Format::kDecimal;
};

}  // namespace meshka::api
