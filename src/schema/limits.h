// Bounds of this library; what happens at each is said beside its use.
#pragma once

#include <cstddef>
#include <cstdint>

namespace meshka::schema {

inline constexpr size_t kMaxCauses = 256;         // of one object; the rest is not listed
inline constexpr size_t kMaxUnknownFields = 100;  // of one object
inline constexpr uint32_t kMaxSchemaDepth = 64;   // nesting of a CRD's schema
inline constexpr size_t kMaxSchemaNodes = 200000;
inline constexpr size_t kMaxPatternBytes = 16 * 1024;
inline constexpr int64_t kMaxPatternMemory = 8 << 20;  // of one compiled pattern
inline constexpr uint32_t kMaxProtoDepth = 100;
inline constexpr uint32_t kMaxWalkDepth =
    128;  // of an object under validation; deeper is kTooLarge
inline constexpr uint32_t kMaxDefaultDepth = 64;  // of defaults inside defaults

}  // namespace meshka::schema
