// Named bounds of the certificate authority.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace meshka::mesh {

inline constexpr Duration kDefaultCertificateLife = hours(24);
inline constexpr Duration kMaxCertificateLife = hours(90 * 24);  // more is refused
inline constexpr Duration kSelfSignedLife = hours(10 * 365 * 24);
inline constexpr Duration kServingLife = hours(24 * 365);  // of istiod's own certificate
inline constexpr size_t kMaxCsrBytes = 64 << 10;
// How long a new root is only trusted before certificates are signed under it, when some agent does
// not acknowledge it.
inline constexpr Duration kRootSpreadTimeout = seconds(10);
inline constexpr size_t kMaxRoots = 16;  // of a bundle; the oldest retired ones are dropped
inline constexpr Duration kSecretCallTimeout = seconds(10);
inline constexpr Duration kTokenReviewTimeout = seconds(10);

}  // namespace meshka::mesh
