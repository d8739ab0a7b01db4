// CRC-32C (Castagnoli, RFC 3720 appendix B.4): the checksum of log and snapshot frames.
#pragma once

#include <cstdint>
#include <string_view>

namespace meshka::store {

uint32_t crc32c(std::string_view bytes);

namespace detail {
uint32_t crc32cPortable(std::string_view bytes);  // what processors without SSE 4.2 use
}

}  // namespace meshka::store
